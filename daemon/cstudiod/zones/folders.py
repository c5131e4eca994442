"""The folders of zones on the disk: made, measured, removed.

Below a place's base every step opens one folder from its parent's descriptor
and refuses a symbolic link, so that a link which somebody put into a zone
leads nowhere.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from cstudiod.errors import LocalRootError
from cstudiod.zones.layout import Place

FOLDER_MODE = 0o700
"""As DSS has it: what is in a zone is its owner's."""
OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How much a zone holds; links count as files, what they point to does not."""

    exists: bool = False
    files: int = 0
    bytes: int = 0


def make(place: Place) -> None:
    """Make the folder, and what is missing above it, for its owner alone; idempotent.

    Raises:
        LocalRootError: it cannot be made, or a link is on the way.
    """
    with opened(place, create=True):
        pass


def measure(place: Place) -> Measure:
    """Count what is in the folder; takes as long as walking it does.

    Raises:
        LocalRootError: a link is on the way, or it may not be read.
    """
    try:
        with opened(place) as folder:
            files, size = _count(folder)
            return Measure(exists=True, files=files, bytes=size)
    except LocalRootError as error:
        if error.reason == "LOCAL_ROOT_MISSING":
            return Measure()
        raise


def remove(place: Place) -> None:
    """Delete the folder and everything in it; nothing when it is not there.

    Raises:
        LocalRootError: it cannot be deleted, a link is on the way, or the place is
            a base, which is the administrator's.
    """
    above, _, name = place.inside.rpartition("/")
    if not name:
        raise LocalRootError(
            f"`{place.path}` is a configured folder: it is not deleted with a studio",
            reason="LOCAL_ROOT_NOT_A_FOLDER",
            next=f"delete what is in {place.path} yourself",
        )
    try:
        with opened(Place(base=place.base, inside=above)) as parent:
            if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            shutil.rmtree(name, dir_fd=parent)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _trouble(place, error) from error
    except LocalRootError as error:
        if error.reason != "LOCAL_ROOT_MISSING":
            raise


@contextlib.contextmanager
def opened(place: Place, *, create: bool = False) -> Iterator[int]:
    """Open the folder and give its descriptor.

    Raises:
        LocalRootError: it is missing (and `create` is false), no folder, may not be
            entered, or a link is on the way.
    """
    try:
        descriptor = _open(place, create)
    except OSError as error:
        raise _trouble(place, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open(place: Place, create: bool) -> int:
    base = os.path.realpath(place.base)
    if create:
        os.makedirs(base, mode=FOLDER_MODE, exist_ok=True)
    descriptor = os.open(base, OPEN_FOLDER)
    for name in place.inside.split("/") if place.inside else ():
        try:
            below = step(descriptor, name, create=create)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def step(parent: int, name: str, *, create: bool) -> int:
    """Open the folder `name` in `parent`, making it first when asked to.

    Raises:
        OSError: as `open` does; a link is ELOOP or ENOTDIR.
    """
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=parent)
    return os.open(name, OPEN_FOLDER, dir_fd=parent)


def _count(folder: int) -> tuple[int, int]:
    files = size = 0
    for _, _, names, at in os.fwalk(".", dir_fd=folder, follow_symlinks=False):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += os.stat(name, dir_fd=at, follow_symlinks=False).st_size
                files += 1
    return files, size


def _trouble(place: Place, error: OSError) -> LocalRootError:
    usual = ("LOCAL_ROOT_NOT_A_FOLDER", error.strerror or "it cannot be used")
    reason, why = _REASONS.get(error.errno or 0, usual)
    return LocalRootError(
        f"`{place.path}`: {why}", reason=reason, next=f"look at `ls -ld {place.path}`"
    )


_NOT_A_FOLDER = ("LOCAL_ROOT_NOT_A_FOLDER", "a file or a link stands where a folder must be")
_FORBIDDEN = ("FORBIDDEN", "this account may not use the folder")
_REASONS = {
    errno.ENOENT: ("LOCAL_ROOT_MISSING", "the folder is missing"),
    errno.ENOTDIR: _NOT_A_FOLDER,
    errno.EEXIST: _NOT_A_FOLDER,
    errno.ELOOP: _NOT_A_FOLDER,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOSPC: ("DISK_FULL", "the disk is full"),
    errno.EDQUOT: ("DISK_FULL", "the quota is used up"),
    errno.EROFS: ("READ_ONLY", "the file system is mounted read-only"),
}
