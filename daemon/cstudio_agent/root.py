"""The root, pinned by a descriptor, and the way down from it.

Nothing outside the root is ever opened: every folder is reached from the
pinned descriptor, one component at a time, and a symbolic link on the way is
refused (``O_NOFOLLOW``), so a folder that was swapped for a link leads
nowhere. A folder on another device is not entered either.

`Folders` keeps a few descriptors so that neighbouring files cost little.
Before a kept descriptor is used, each component is compared with what its
parent holds *now*: one ``fstatat`` a component. What remains is a folder that
is moved out of the root in the microseconds between that look and the call
that uses it; the call then lands in the folder where it went, never in a place
a link points to.
"""

from __future__ import annotations

import errno
import os
from collections import OrderedDict
from typing import NamedTuple

from cstudio_sync import paths

from cstudio_agent.contracts import RootTrouble

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
KEPT_FOLDERS = 32


class CrossedFileSystem(OSError):
    """A folder on the way is on another device than the root."""

    def __init__(self) -> None:
        super().__init__(errno.EXDEV, "another file system is mounted here")


class Root:
    """One folder, pinned: what it is does not depend on its path any more."""

    def __init__(self, path: bytes, descriptor: int) -> None:
        """Use `open_root`. The descriptor becomes the root's own."""
        status = os.fstat(descriptor)
        self.path = path
        self.fd = descriptor
        self.device = status.st_dev
        self.inode = status.st_ino

    def check(self) -> None:
        """Verify that the root's path still names the pinned folder.

        Raises:
            RootTrouble: it is gone, or another folder took its place.
        """
        shown = paths.display(self.path)
        try:
            status = os.lstat(self.path)
        except OSError as error:
            raise RootTrouble(RootTrouble.MISSING, "%s: %s" % (shown, error.strerror)) from error
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            raise RootTrouble(RootTrouble.REPLACED, "%s is another folder now" % shown)

    def close(self) -> None:
        """Let the folder go; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def open_root(path: bytes, create: bool) -> Root:
    """Pin the folder at `path`; links above it and at it are resolved once.

    Raises:
        RootTrouble: it is missing, no folder, or may not be read.
    """
    shown = paths.display(path)
    real = os.path.realpath(path)
    try:
        if create:
            os.makedirs(real, exist_ok=True)
        return Root(real, os.open(real, OPEN_FOLDER))
    except OSError as error:
        raise RootTrouble(
            _REASONS.get(error.errno or 0, RootTrouble.FAILED), "%s: %s" % (shown, error.strerror)
        ) from error


_REASONS = {
    errno.ENOENT: RootTrouble.MISSING,
    errno.ENOTDIR: RootTrouble.NOT_A_FOLDER,
    errno.EEXIST: RootTrouble.NOT_A_FOLDER,
    errno.ELOOP: RootTrouble.NOT_A_FOLDER,
    errno.EACCES: RootTrouble.FORBIDDEN,
    errno.EPERM: RootTrouble.FORBIDDEN,
}


class _Kept(NamedTuple):
    fd: int
    device: int
    inode: int


class Folders:
    """Descriptors of folders below a root; for one thread at a time."""

    def __init__(self, root: Root, capacity: int = KEPT_FOLDERS) -> None:
        """`capacity` bounds the open descriptors; two is the least."""
        self.root = root
        self._capacity = capacity
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def fd(self, path: bytes) -> int:
        """Return the descriptor of the folder at `path`, valid until the next call.

        Raises:
            OSError: a component is missing, no folder, a link, not readable.
            CrossedFileSystem: a component is a mount.
        """
        parent = self.root.fd
        end = -1
        while end < len(path):
            start = end + 1
            end = path.find(b"/", start)
            if end < 0:
                end = len(path)
            if path:
                parent = self._step(path[:end], path[start:end], parent)
        return parent

    def own(self, path: bytes) -> int:
        """Return a descriptor of the folder that the caller closes.

        It is opened afresh, not duplicated: duplicates share one reading
        position, and two threads listing one folder would each see half.
        """
        return os.open(b".", OPEN_FOLDER, dir_fd=self.fd(path))

    def is_still(self, path: bytes, descriptor: int) -> bool:
        """Tell whether `path` leads to the open folder now; nothing is closed."""
        parent, end = self.root.fd, -1
        while path and end < len(path):
            start = end + 1
            end = path.find(b"/", start)
            end = len(path) if end < 0 else end
            kept = self._kept.get(path[:end])
            if kept is None:
                return self._leads_to(path, descriptor)
            if not _is_still(kept, path[start:end], parent):
                return False
            parent = kept.fd
        return parent == descriptor or os.path.sameopenfile(parent, descriptor)

    def _leads_to(self, path: bytes, descriptor: int) -> bool:
        other = Folders(self.root, 2)
        try:
            return os.path.sameopenfile(other.fd(path), descriptor)
        except OSError:
            return False
        finally:
            other.close()

    def close(self) -> None:
        """Close every kept descriptor; the object stays usable."""
        while self._kept:
            os.close(self._kept.popitem()[1].fd)

    def _step(self, prefix: bytes, name: bytes, parent: int) -> int:
        kept = self._kept.get(prefix)
        if kept is None:
            return self._keep(prefix, open_child(name, parent, self.root.device))
        if _is_still(kept, name, parent):
            self._kept.move_to_end(prefix)
            return kept.fd
        del self._kept[prefix]
        os.close(kept.fd)
        return self._keep(prefix, open_child(name, parent, self.root.device))

    def _keep(self, prefix: bytes, descriptor: int) -> int:
        status = os.fstat(descriptor)
        self._kept[prefix] = _Kept(descriptor, status.st_dev, status.st_ino)
        if len(self._kept) > self._capacity:
            os.close(self._kept.popitem(last=False)[1].fd)
        return descriptor


def _is_still(kept: _Kept, name: bytes, parent: int) -> bool:
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except OSError:
        return False
    return status.st_ino == kept.inode and status.st_dev == kept.device


def open_child(name: bytes, parent: int, device: int) -> int:
    """Open the folder `name` in `parent`; a link or a mount is refused."""
    descriptor = os.open(name, OPEN_FOLDER, dir_fd=parent)
    if os.fstat(descriptor).st_dev != device:
        os.close(descriptor)
        raise CrossedFileSystem()
    return descriptor
