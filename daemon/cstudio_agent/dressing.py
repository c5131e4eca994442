"""Modes and owners of what the engine writes.

What is replaced hands on its mode and owner; what is new follows the umask,
and its folder's owner where we are root. The executable bit is content, the
rest is not: where it cannot be set, that is no trouble.
"""

from __future__ import annotations

import os
import stat

from cstudio_sync.entries import Entry

from cstudio_agent.spots import Spot
from cstudio_agent.staging import Staged

OURSELVES = (os.geteuid(), os.getegid())
IS_ROOT = os.geteuid() == 0


def first_mode(spot: Spot, entry: Entry) -> int:
    """Return the mode a temporary is made with; a replacement stays closed till dressed."""
    if spot.status is not None:
        return 0o600
    return 0o777 if entry.executable else 0o666


def dress(descriptor: int, spot: Spot, entry: Entry) -> None:
    """Give a temporary the mode and owner of what it replaces, or of its folder."""
    if spot.status is not None and stat.S_ISREG(spot.status.st_mode):
        chown(descriptor, spot.status)
        _chmod(descriptor, with_bit(spot.status.st_mode & 0o777, entry.executable))
        return
    if spot.status is not None:
        _chmod(descriptor, (0o777 if entry.executable else 0o666) & ~_umask())
    if IS_ROOT:
        chown(descriptor, os.fstat(spot.folder))


def dress_staged(staged: Staged, spot: Spot, entry: Entry) -> None:
    """The same for a staged file, which was made for its owner alone."""
    if spot.status is None:
        _chmod(staged.fd, (0o777 if entry.executable else 0o666) & ~_umask())
    dress(staged.fd, spot, entry)


def _chmod(descriptor: int, mode: int) -> None:
    """Set a mode where the file system has modes."""
    try:
        os.fchmod(descriptor, mode)
    except OSError:
        pass


def chown(descriptor: int, like: os.stat_result) -> None:
    """Follow an owner where that is allowed; it is no trouble where it is not."""
    if (like.st_uid, like.st_gid) == OURSELVES:
        return
    for owner, group in ((like.st_uid, like.st_gid), (-1, like.st_gid)):
        try:
            os.fchown(descriptor, owner, group)
            return
        except OSError:
            continue


def give_link_to_owner(name: bytes, spot: Spot) -> None:
    """Give a symbolic link to the owner of what it replaces, or of its folder."""
    if not IS_ROOT:
        return
    like = spot.status or os.fstat(spot.folder)
    try:
        os.chown(name, like.st_uid, like.st_gid, dir_fd=spot.folder, follow_symlinks=False)
    except OSError:
        pass


def with_bit(mode: int, executable: bool) -> int:
    """Set or clear the executable bit wherever the file may be read."""
    mode = stat.S_IMODE(mode)
    if not executable:
        return mode & ~0o111
    return mode | stat.S_IXUSR | ((mode & 0o444) >> 2)


def _umask() -> int:
    """Return the mask without setting it, where the kernel tells: threads share it."""
    try:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
