"""What a folder holds, and the walk over all folders, without reading files.

This is the hot loop of every full check (100,000 files in half a second), so
it keeps to tuples and one ``fstatat`` a name.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Iterator, List, NamedTuple, Optional, Tuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, NO_STAMP

from cstudio_agent import stamps
from cstudio_agent.contracts import Cancelled, Matcher, Stopped
from cstudio_agent.root import Folders, open_child

SPECIAL = "s"
MOUNT = "m"
UNKNOWN = "?"
"""Kinds beside `FILE`, `FOLDER` and `LINK`: FIFOs and such, a folder on another
device, a name whose stat failed."""

Child = Tuple[bytes, str, bytes]
"""(name, kind, stamp)"""

LONGEST_FOLDER = paths.MAX_PATH_BYTES - paths.MAX_NAME_BYTES - 1
_OPEN_LEVELS = 64
_MOST_LEFTOVERS = 1000
_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}


def kind_of(status: os.stat_result, device: int) -> str:
    """Return the kind of what was stat'ed, in a tree on `device`.

    Files are not asked for their device: an overlay shows those of its lower
    layers with the devices of the layers.
    """
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), SPECIAL)
    if kind is FOLDER and status.st_dev != device:
        return MOUNT
    return kind


def child_of(name: bytes, status: os.stat_result, device: int) -> Child:
    """Return a stat'ed name as a `Child`."""
    kind = kind_of(status, device)
    if kind is FOLDER or kind is MOUNT:
        return name, kind, stamps.of_folder(status)
    return name, kind, stamps.of(status)


def children(
    folder: int, path: bytes, matcher: Matcher, device: int, leftovers: List[bytes]
) -> List[Child]:
    """Return what takes part in the folder at `path`, in byte order.

    `folder` must not be shared with another thread: see `Folders.own`.
    Temporaries that are seen on the way are added to `leftovers`.

    Raises:
        OSError: the folder cannot be listed; then all of it is unknown.
    """
    found: List[Child] = []
    excludes = matcher.excludes_child
    prefix = path + b"/" if path else b""
    temporary = paths.TEMPORARY_PREFIX
    encode = os.fsencode
    with os.scandir(folder) as listing:
        for item in listing:
            name = encode(item.name)
            if name.startswith(temporary):
                if len(leftovers) < _MOST_LEFTOVERS:
                    leftovers.append(prefix + name)
                continue
            if excludes(prefix + name, item.is_dir(follow_symlinks=False)):
                continue
            try:
                found.append(child_of(name, item.stat(follow_symlinks=False), device))
            except FileNotFoundError:
                continue  # gone since it was listed: it was never there
            except OSError:
                found.append((name, UNKNOWN, NO_STAMP))
    found.sort()
    return found


class Visit(NamedTuple):
    """One folder of a walk."""

    path: bytes
    fd: int
    """Valid until the walk goes on; -1 when there is trouble."""
    children: List[Child]
    trouble: Optional[OSError]
    """Why the folder could not be opened or listed."""
    stamp: bytes


class _Level:
    """A folder whose sub-folders are being walked."""

    def __init__(self, path: bytes, descriptor: int, names: List[bytes]) -> None:
        self.path = path
        self.fd = descriptor
        self.names = iter(names)

    def suspend(self) -> None:
        """Close the descriptor: a very deep tree must not use them all."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def resume(self, folders: Folders) -> int:
        """Return the descriptor, reached anew when it was closed."""
        if self.fd < 0:
            self.fd = folders.own(self.path)
        return self.fd


class Walk:
    """Visits a folder and all below it, each before what is in it."""

    def __init__(self, folders: Folders, matcher: Matcher, cancelled: Cancelled) -> None:
        """`folders` is this thread's own."""
        self._folders = folders
        self._matcher = matcher
        self._cancelled = cancelled
        self._device = folders.root.device
        self._levels: List[_Level] = []
        self.leftovers: List[bytes] = []
        """Temporaries that were met, whoever made them."""

    def visits(self, start: bytes) -> Iterator[Visit]:
        """Walk from `start`; a folder that is gone is left out.

        Raises:
            Stopped: the caller cancelled.
        """
        try:
            yield from self._entered(start, None)
            while self._levels:
                level = self._levels[-1]
                name = next(level.names, None)
                if name is None:
                    self._levels.pop().suspend()
                else:
                    yield from self._entered(paths.join(level.path, name), level)
        finally:
            while self._levels:
                self._levels.pop().suspend()

    def _entered(self, path: bytes, above: Optional[_Level]) -> Iterator[Visit]:
        if self._cancelled():
            raise Stopped()
        try:
            visit = self._visit(path, above)
        except OSError as error:
            if error.errno not in GONE:
                yield Visit(path, -1, [], error, NO_STAMP)
            return
        folders = [name for name, kind, _ in visit.children if kind is FOLDER]
        self._levels.append(_Level(path, visit.fd, folders))
        if len(self._levels) > _OPEN_LEVELS:
            self._levels[-_OPEN_LEVELS].suspend()
        yield visit

    def _visit(self, path: bytes, above: Optional[_Level]) -> Visit:
        if len(path) > LONGEST_FOLDER:
            raise OSError(errno.ENAMETOOLONG, "what is inside has paths that are too long")
        if above is None:
            descriptor = self._folders.own(path)
        else:
            name = paths.split(path)[1]
            descriptor = open_child(name, above.resume(self._folders), self._device)
        try:
            listed = children(descriptor, path, self._matcher, self._device, self.leftovers)
            return Visit(path, descriptor, listed, None, stamps.of_folder(os.fstat(descriptor)))
        except BaseException:
            os.close(descriptor)
            raise


GONE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))
"""What the way to a path fails with when the path is not there; a link on the
way counts: nothing is followed."""
