"""A path that is about to be changed: what is there, and whether it still is."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple, Optional, Tuple

from cstudio_sync.entries import FOLDER, LINK, NO_STAMP, Entry

from cstudio_agent import reading, stamps


class Spot(NamedTuple):
    """A path being changed: its open folder, and what is there."""

    folder: int
    name: bytes
    status: Optional[os.stat_result]
    """None: nothing is there."""

    def is_file(self) -> bool:
        """Tell whether a regular file is there."""
        return self.status is not None and stat.S_ISREG(self.status.st_mode)


class New(NamedTuple):
    """A finished temporary, or a file that is to be moved."""

    name: bytes
    folder: int
    fd: int
    """The file, open; -1 for a link or a file that is moved."""

    def status(self) -> os.stat_result:
        """Return what it is before it gets its name."""
        if self.fd >= 0:
            return os.fstat(self.fd)
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def renamed(self, spot: Spot) -> Optional[os.stat_result]:
        """Return what it is afterwards."""
        return os.fstat(self.fd) if self.fd >= 0 else lstat(spot.name, spot.folder)


def lstat(name: bytes, folder: int) -> Optional[os.stat_result]:
    """Return what is under a name; None when nothing is."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def holds(spot: Spot, expected: Optional[Entry], stamp: bytes) -> bool:
    """Tell whether the spot holds `expected`; the content decides where in doubt."""
    status = spot.status
    if status is None or expected is None:
        return status is None and expected is None
    if expected.kind == FOLDER:
        return stat.S_ISDIR(status.st_mode)
    if expected.kind == LINK:
        return stat.S_ISLNK(status.st_mode) and (
            os.readlink(spot.name, dir_fd=spot.folder) == expected.target
        )
    if not stat.S_ISREG(status.st_mode):
        return False
    if stamp and stamps.of(status) == stamp:
        return True
    if status.st_size != expected.size:
        return False
    return reading.read_file(spot.name, spot.folder).entry == expected


def stamp_after(before: os.stat_result, after: Optional[os.stat_result]) -> bytes:
    """Return the stamp of what we renamed or chmod'ed; empty when it was touched since."""
    if after is None or _content_of(before) != _content_of(after):
        return NO_STAMP
    return stamps.of(after)


def _content_of(status: os.stat_result) -> Tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def without_ctime(status: os.stat_result) -> Tuple[int, int, int, int]:
    """Return what stays the same when a file is linked once more."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
