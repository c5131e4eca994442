"""Large files on their way in: written beside their target, piece by piece.

A token is the temporary's name. What is staged has been verified: its size and
SHA-256 are those that were announced, whatever pieces it was made of. Runs of
zeros become holes, so that a sparse file stays one.
"""

from __future__ import annotations

import errno
import hashlib
import os
from typing import Dict, List, Optional

from cstudio_sync import paths
from cstudio_sync.blocks import BLOCK_BYTES, LARGE_FILE_BYTES
from cstudio_sync.entries import Entry

from cstudio_agent import reading
from cstudio_agent.contracts import Want
from cstudio_agent.root import Folders
from cstudio_agent.signatures import Blocks, Signatures
from cstudio_agent.temporary import Names
from cstudio_agent.trash import write_all

_HOLE = bytes(4096)
_CHECK_SPACE_BYTES = 1024 * 1024
_SIGN_BYTES = 256 * 1024 * 1024
"""Up to this size blocks are hashed as they come: larger files come as fast as they can."""
CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Staged:
    """One temporary file that is being filled, or is complete."""

    def __init__(
        self, folder: int, name: bytes, entry: Entry, base: int, blocks: Optional[Blocks]
    ) -> None:
        """`folder` and `base` (-1: none) become its own descriptors."""
        self.folder = folder
        self.name = name
        self._entry = entry
        self._base = base
        self.fd = os.open(name, CREATE, 0o600, dir_fd=folder)
        self._state = hashlib.sha256()
        self._size = 0
        self._blocks = blocks
        self.complete = False

    @property
    def digest(self) -> bytes:
        """What the content's SHA-256 is, or must become."""
        return self._entry.digest

    @property
    def block_digests(self) -> List[bytes]:
        """Of the content so far; empty when they are not known."""
        return self._blocks.digests() if self._blocks is not None else []

    def write(self, data: bytes, block: int = -1) -> None:
        """Append bytes; more than was announced is not written."""
        self._size += len(data)
        if self._size > self._entry.size:
            return
        self._state.update(data)
        if self._blocks is not None:
            self._blocks.add(data, block)
        if data[: len(_HOLE)] == _HOLE and data.count(0) == len(data):
            os.lseek(self.fd, len(data), os.SEEK_CUR)
        else:
            write_all(self.fd, data)

    def takes_more(self) -> bool:
        """Tell whether not more than was announced has come so far."""
        return self._size <= self._entry.size

    def copy(self, block: int) -> None:
        """Append a block of the base."""
        if self._base >= 0:
            self.write(os.pread(self._base, BLOCK_BYTES, block * BLOCK_BYTES), block)

    def end(self) -> bool:
        """Return whether the content is what was announced."""
        self._close_base()
        self.complete = (
            self._size == self._entry.size and self._state.digest() == self._entry.digest
        )
        if self.complete:
            os.ftruncate(self.fd, self._size)  # it may end in a hole
            self.fd = for_reading(self.fd, self.name, self.folder)
        return self.complete

    def drop(self) -> None:
        """Remove the file, if it still has its temporary name."""
        self._close_base()
        try:
            os.unlink(self.name, dir_fd=self.folder)
        except OSError:
            pass
        self.close()

    def close(self) -> None:
        """Let the descriptors go."""
        if self.fd >= 0:
            os.close(self.fd)
            os.close(self.folder)
            self.fd = -1

    def _close_base(self) -> None:
        if self._base >= 0:
            os.close(self._base)
            self._base = -1


class Staging:
    """All staged files of one replica."""

    def __init__(self, folders: Folders, names: Names, signatures: Signatures) -> None:
        """`folders` belongs to the thread that stages and applies."""
        self._folders = folders
        self._signatures = signatures
        self._names = names
        self._staged: Dict[str, Staged] = {}

    def begin(self, path: bytes, entry: Entry, base: Optional[Want]) -> str:
        """Open a temporary in the target's folder, or the nearest that exists.

        Raises:
            OSError: it cannot be made there.
        """
        name = self._names.new()
        folder = self._nearest(paths.split(path)[0])
        old = -1
        try:
            _check_space(folder, entry.size)
            old = self._open_base(base)
            staged = Staged(folder, name, entry, old, self._blocks_of(entry, base))
        except BaseException:
            os.close(folder)
            if old >= 0:
                os.close(old)
            raise
        self._staged[name.decode()] = staged
        return name.decode()

    def _blocks_of(self, entry: Entry, base: Optional[Want]) -> Optional[Blocks]:
        if not LARGE_FILE_BYTES <= entry.size <= _SIGN_BYTES:
            return None
        return Blocks(self._signatures.get(base.entry.digest) if base is not None else [])

    def end(self, token: str) -> bool:
        """Return whether the content is what was announced; else it is removed.

        Raises:
            KeyError: there is none of that token.
        """
        staged = self._staged[token]
        if not staged.end():
            self.drop(token)
            return False
        self._signatures.put(staged.digest, staged.block_digests)
        return True

    def get(self, token: str) -> Staged:
        """Return a staged file.

        Raises:
            KeyError: there is none of that token.
        """
        return self._staged[token]

    def take(self, token: str) -> Staged:
        """Return a complete file and forget it; the caller closes it.

        Raises:
            KeyError: there is none of that token, or it is not complete.
        """
        if not self._staged[token].complete:
            raise KeyError(token)
        return self._staged.pop(token)

    def drop(self, token: str) -> None:
        """Remove a staged file; fine when there is none."""
        staged = self._staged.pop(token, None)
        if staged is not None:
            staged.drop()

    def uses(self, name: bytes) -> bool:
        """Tell whether a temporary's name is one of ours, alive."""
        return name.decode("latin-1") in self._staged

    def close(self) -> None:
        """Remove everything that was staged and not used."""
        for token in list(self._staged):
            self.drop(token)

    def _nearest(self, folder: bytes) -> int:
        while True:
            try:
                return self._folders.own(folder)
            except (FileNotFoundError, NotADirectoryError):
                if folder == paths.ROOT:
                    raise
                folder = paths.split(folder)[0]

    def _open_base(self, base: Optional[Want]) -> int:
        if base is None:
            return -1
        parent, name = paths.split(base.path)
        try:
            return reading.open_file(name, self._folders.fd(parent))
        except (OSError, reading.NotAFile):
            return -1


def for_reading(descriptor: int, name: bytes, folder: int) -> int:
    """Trade a descriptor that writes for one that reads, before the file gets its name.

    A file that somebody still has open for writing cannot be executed, and its
    closing is an event under the new name, so that our own file is read again.
    """
    try:
        reader = os.open(name, reading.OPEN_FILE, dir_fd=folder)
    except OSError:
        return descriptor
    if not os.path.sameopenfile(reader, descriptor):
        os.close(reader)
        return descriptor
    os.close(descriptor)
    return reader


def _check_space(folder: int, size: int) -> None:
    """Refuse early what cannot fit, rather than fill the disk first.

    Raises:
        OSError: ENOSPC.
    """
    if size < _CHECK_SPACE_BYTES:
        return
    state = os.fstatvfs(folder)
    if state.f_blocks > 0 and state.f_bavail * state.f_frsize < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
