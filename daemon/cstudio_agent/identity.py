"""Which incarnation of a root this is: an id planted on the folder itself.

The id is an extended attribute of the root folder: it lies on the volume,
outside the tree, survives a container that is restarted on the same volume,
and is not there when the folder comes anew from an image.
"""

from __future__ import annotations

import errno
import os
from typing import Tuple

from cstudio_agent.contracts import Identity
from cstudio_agent.root import Root

ATTRIBUTE = "user.cstudio.replica"
_ID_BYTES = 16
_UNSUPPORTED = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOSPC)


_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def boot_id() -> str:
    """Return what is another one after each start of this machine; empty where unknown."""
    try:
        with open(_BOOT_ID, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def identity_of(root: Root, plant: bool) -> Identity:
    """Return what identifies the root; an id is planted where asked for and missing."""
    replica, is_new, detail = _replica(root.fd, plant)
    names = _some_names(root.fd)
    return Identity(
        replica=replica,
        is_new=is_new,
        detail=detail,
        device=root.device,
        inode=root.inode,
        root_empty=not names,
        case_insensitive=any(_is_there_in_other_case(name, root.fd) for name in names),
    )


def _replica(descriptor: int, plant: bool) -> Tuple[str, bool, str]:
    if not hasattr(os, "getxattr"):
        return "", False, "this system has no extended attributes"
    try:
        return os.getxattr(descriptor, ATTRIBUTE).decode("ascii", "replace")[:64], False, ""
    except OSError as error:
        if error.errno != errno.ENODATA:
            return "", False, error.strerror or str(error)
    if not plant:
        return "", False, "not planted"
    replica = os.urandom(_ID_BYTES).hex()
    try:
        os.setxattr(descriptor, ATTRIBUTE, replica.encode("ascii"))
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return "", False, error.strerror or str(error)
    return replica, True, ""


def _some_names(descriptor: int) -> list[bytes]:
    names = []
    with os.scandir(descriptor) as listing:
        for item in listing:
            names.append(os.fsencode(item.name))
            if len(names) == 10:
                break
    return names


def _is_there_in_other_case(name: bytes, folder: int) -> bool:
    """Tell whether a name can be reached in another case; nothing is written."""
    other = name.swapcase()
    if other == name:
        return False
    try:
        same = os.stat(name, dir_fd=folder, follow_symlinks=False)
        found = os.stat(other, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return (same.st_dev, same.st_ino) == (found.st_dev, found.st_ino)
