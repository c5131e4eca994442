"""Where the versions go that the engine overwrites or removes.

A folder outside the tree, on the same device where possible: then keeping a
version is one hard link. A token is a time and some random digits and names
nothing else; the daemon knows which path it was. Old versions are pruned by
age, and by bytes once they are older than `SAFE_SECONDS`.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from typing import Iterator, List, NamedTuple

from cstudio_sync import paths

from cstudio_agent import reading

MAX_BYTES = 2 * 1024 * 1024 * 1024
MAX_SECONDS = 14 * 24 * 3600
SAFE_SECONDS = 3600
"""Nothing younger is pruned: what a running cycle put aside must stay."""
_PRUNE_EVERY_BYTES = 64 * 1024 * 1024
_PRUNE_EVERY_FILES = 1000
_TOKEN = re.compile(r"[0-9a-f]{10}-[0-9a-f]{16}\Z")
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Version(NamedTuple):
    made_at: int
    token: str
    size: int


class Trash:
    """One side's trash for one session; made on first use."""

    def __init__(self, folder: bytes) -> None:
        """`folder` need not exist; its parent must."""
        self.folder = folder
        self._fd = -1
        self._since_prune_bytes = 0
        self._since_prune_files = 0

    def keep(self, folder: int, name: bytes) -> str:
        """Keep what is under `name` in the open folder; return its token.

        Raises:
            OSError: it could not be kept.
        """
        token = "%010x-%s" % (int(time.time()), os.urandom(8).hex())
        trash = self._open()
        try:
            os.link(
                name, token.encode(), src_dir_fd=folder, dst_dir_fd=trash, follow_symlinks=False
            )
        except OSError:
            # Another device, no hard links, or not ours: a copy does.
            _copy(name, folder, token.encode(), trash)
        self._count(os.stat(token, dir_fd=trash, follow_symlinks=False).st_size)
        return token

    def read(self, token: str) -> Iterator[bytes]:
        """Yield a kept version's content (a link's target).

        Raises:
            KeyError: no such version, or it was pruned.
        """
        if not _TOKEN.match(token):
            raise KeyError(token)
        try:
            folder = self._open(make=False)
            status = os.stat(token, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                yield os.readlink(token.encode(), dir_fd=folder)
                return
            descriptor = reading.open_file(token.encode(), folder)
        except (OSError, reading.NotAFile) as error:
            raise KeyError(token) from error
        yield from _content(descriptor)

    def drop(self) -> None:
        """Remove every version, and the folder.

        Raises:
            OSError: something could not be removed.
        """
        try:
            self._open(make=False)
        except FileNotFoundError:
            return
        for version in self._versions():
            os.unlink(version.token, dir_fd=self._fd)
        os.close(self._fd)
        self._fd = -1
        os.rmdir(self.folder)

    def prune(self) -> None:
        """Remove what is too old, and the oldest while there is too much."""
        now = int(time.time())
        versions = self._versions()
        total = sum(version.size for version in versions)
        for version in versions:
            age = now - version.made_at
            if age <= MAX_SECONDS and (total <= MAX_BYTES or age <= SAFE_SECONDS):
                break
            try:
                os.unlink(version.token, dir_fd=self._fd)
            except OSError:
                continue
            total -= version.size

    def close(self) -> None:
        """Close the folder; an unused trash leaves nothing behind."""
        if self._fd >= 0:
            self.prune()
            os.close(self._fd)
            self._fd = -1
            try:
                os.rmdir(self.folder)
            except OSError:
                pass  # it has something in it

    def _open(self, make: bool = True) -> int:
        if self._fd < 0:
            try:
                if make:
                    os.mkdir(self.folder, 0o700)
            except FileExistsError:
                pass
            self._fd = os.open(self.folder, _OPEN)
            self.prune()
        return self._fd

    def _count(self, size: int) -> None:
        self._since_prune_files += 1
        self._since_prune_bytes += size
        if (
            self._since_prune_files >= _PRUNE_EVERY_FILES
            or self._since_prune_bytes >= _PRUNE_EVERY_BYTES
        ):
            self._since_prune_files = self._since_prune_bytes = 0
            self.prune()

    def _versions(self) -> List[_Version]:
        """Oldest first."""
        found = []
        for token in os.listdir(self._fd):
            if _TOKEN.match(token):
                try:
                    status = os.stat(token, dir_fd=self._fd, follow_symlinks=False)
                except OSError:
                    continue
                found.append(_Version(int(token[:10], 16), token, status.st_size))
        return sorted(found)


def place_for(root_path: bytes, device: int, session: str) -> bytes:
    """Choose a trash folder: beside the root on its device, else the temporary folder.

    The name starts as temporaries do, so that no session takes it for content.
    """
    name = paths.TEMPORARY_PREFIX + b"trash-" + session.encode()
    above = os.path.dirname(root_path)
    try:
        fits = os.stat(above).st_dev == device and os.access(above, os.W_OK | os.X_OK)
    except OSError:
        fits = False
    if fits and root_path != b"/":
        return os.path.join(above, name)
    try:
        return os.path.join(os.fsencode(tempfile.gettempdir()), name)
    except OSError:  # a read-only container: nothing will be written anyway
        return os.path.join(b"/tmp", name)


def _content(descriptor: int) -> Iterator[bytes]:
    try:
        data = os.read(descriptor, reading.PIECE_BYTES)
        while data:
            yield data
            data = os.read(descriptor, reading.PIECE_BYTES)
    finally:
        os.close(descriptor)


def _copy(name: bytes, folder: int, token: bytes, trash: int) -> None:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        os.symlink(os.readlink(name, dir_fd=folder), token, dir_fd=trash)
        return
    source = reading.open_file(name, folder)
    copy = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=trash)
    try:
        for data in _content(source):
            write_all(copy, data)
    except BaseException:
        os.unlink(token, dir_fd=trash)
        raise
    finally:
        os.close(copy)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte."""
    count = os.write(descriptor, data)
    while count < len(data):
        data = data[count:]
        count = os.write(descriptor, data)
