"""What a failed system call means for the path it was for."""

from __future__ import annotations

import errno
import os

from cstudio_sync import operations, paths

from cstudio_agent.root import CrossedFileSystem

_STATUSES = {
    errno.ENOSPC: operations.DISK_FULL,
    errno.EDQUOT: operations.DISK_FULL,
    errno.EROFS: operations.READ_ONLY,
    errno.EACCES: operations.FORBIDDEN,
    errno.EPERM: operations.FORBIDDEN,
    errno.EBUSY: operations.BUSY,
    errno.ETXTBSY: operations.BUSY,
    errno.ENAMETOOLONG: operations.NAME_REFUSED,
    errno.EILSEQ: operations.NAME_REFUSED,
    errno.EINVAL: operations.NAME_REFUSED,
    errno.ENOTEMPTY: operations.NOT_EMPTY,
    # What was expected is not there, or something else is.
    errno.ENOENT: operations.CHANGED,
    errno.ENOTDIR: operations.CHANGED,
    errno.EISDIR: operations.CHANGED,
    errno.ELOOP: operations.CHANGED,
    errno.EEXIST: operations.CHANGED,
}


def status_of(error: OSError) -> str:
    """Return the `Outcome.status` for a failed call."""
    return _STATUSES.get(error.errno or 0, operations.FAILED)


def detail_of(error: OSError, folder: int, root_path: bytes, needed_bytes: int) -> str:
    """Return what to tell people; a full disk is named with its numbers."""
    if isinstance(error, CrossedFileSystem) or status_of(error) != operations.DISK_FULL:
        return error.strerror or str(error)
    return "%s: %s" % (error.strerror, space(folder, root_path, needed_bytes))


def space(folder: int, root_path: bytes, needed_bytes: int) -> str:
    """Return the mount of a folder with its free and the needed bytes."""
    try:
        state = os.fstatvfs(folder)
    except OSError:
        return "needed %d bytes" % needed_bytes
    return "%s has %d bytes and %d inodes free, needed %d bytes" % (
        paths.display(mount_of(root_path)),
        state.f_bavail * state.f_frsize,
        state.f_favail,
        needed_bytes,
    )


def mount_of(path: bytes) -> bytes:
    """Return the mount point that `path` lies on."""
    device = os.lstat(path).st_dev
    while path != b"/":
        above = os.path.dirname(path) or b"/"
        if os.lstat(above).st_dev != device:
            break
        path = above
    return path
