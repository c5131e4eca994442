"""Files that are being received, beside the place where they belong.

A staged file lies in its target's folder, or the nearest one above that
exists, under a temporary name, readable by its owner alone. It is complete
only when the bytes written have the announced digest. Runs of zeros become
holes, so a sparse file stays one.
"""

from __future__ import annotations

import hashlib
import os
from typing import Callable, Dict, Optional

from cstudio_agent import faults, reading, stamps
from cstudio_agent.contracts import Want
from cstudio_agent.root import Folders
from cstudio_agent.temporary import Names
from cstudio_agent.trash import write_all
from cstudio_sync import operations, paths
from cstudio_sync.blocks import BLOCK_BYTES
from cstudio_sync.entries import Entry

CREATE_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLE = bytes(4096)
_CHECK_SPACE_BYTES = 1024 * 1024

Checkpoint = Callable[[str], None]
"""Called between steps, by name: tests kill, raise or swap there."""


def pass_checkpoint(label: str) -> None:
    """Nothing happens between the steps of a real run."""


class StageTrouble(Exception):
    """A staged file could not be written; it is gone."""

    def __init__(self, status: str, detail: str) -> None:
        """`status` is one of `cstudio_sync.operations`."""
        super().__init__("%s: %s" % (status, detail))
        self.status = status
        self.detail = detail


class Staged:
    """One file on its way."""

    def __init__(self, folder: bytes, name: bytes, entry: Entry, fd: int) -> None:
        """The descriptors belong to this object."""
        self.folder = folder
        self.name = name
        self.entry = entry
        self.fd = fd
        self.base_fd = -1
        self.size = 0
        self.state = hashlib.sha256()
        self.stamp = b""
        """Set when the file is complete."""

    def write(self, data: bytes) -> None:
        """Append; whole blocks of zeros are left out of the disk."""
        self.state.update(data)
        self.size += len(data)
        if data[: len(_HOLE)] == _HOLE and not any(data):
            os.lseek(self.fd, len(data), os.SEEK_CUR)
        else:
            write_all(self.fd, data)

    def close(self) -> None:
        """Close both descriptors; idempotent."""
        for descriptor in (self.fd, self.base_fd):
            if descriptor >= 0:
                os.close(descriptor)
        self.fd = self.base_fd = -1


class Stage:
    """All staged files of a replica; for one thread at a time."""

    def __init__(self, folders: Folders, names: Names, checkpoint: Checkpoint) -> None:
        """`folders` is shared with whoever applies, in the same thread."""
        self._folders = folders
        self._names = names
        self._checkpoint = checkpoint
        self._staged: Dict[str, Staged] = {}

    def begin(self, path: bytes, entry: Entry, base: Optional[Want]) -> str:
        """Start a file for `path`; `base` is what `copy` takes blocks from.

        Raises:
            StageTrouble: it cannot be written here.
        """
        folder = self._nearest_folder(path)
        name = self._names.new()
        descriptor = self._folders.fd(folder)
        self._check_space(descriptor, entry.size)
        try:
            created = os.open(name, CREATE_FILE, 0o600, dir_fd=descriptor)
        except OSError as error:
            raise self._trouble(error, folder, entry.size) from error
        token = name.decode()
        staged = self._staged[token] = Staged(folder, name, entry, created)
        if base is not None:
            staged.base_fd = self._open_base(base)
        return token

    def write(self, token: str, data: bytes) -> None:
        """Append bytes.

        Raises:
            KeyError: no such file, or it was dropped.
            StageTrouble: the disk is full, or more came than was announced.
        """
        staged = self._staged[token]
        if staged.size + len(data) > staged.entry.size:
            self.drop(token)
            raise StageTrouble(operations.CONTENT_MISMATCH, "more bytes came than were announced")
        try:
            staged.write(data)
        except OSError as error:
            trouble = self._trouble(error, staged.folder, staged.entry.size)
            self.drop(token)
            raise trouble from error

    def copy(self, token: str, block: int) -> None:
        """Append one block of the base; raises as `write` does."""
        staged = self._staged[token]
        if staged.base_fd < 0 or block < 0:
            self.drop(token)
            raise StageTrouble(operations.CHANGED, "the older copy is not there any more")
        self.write(token, os.pread(staged.base_fd, BLOCK_BYTES, block * BLOCK_BYTES))

    def end(self, token: str) -> bool:
        """Return whether the content is what was announced; else it is dropped."""
        staged = self._staged[token]
        self._checkpoint("before-stage-end")
        entry = staged.entry
        if staged.size != entry.size or staged.state.digest() != entry.digest:
            self.drop(token)
            return False
        os.ftruncate(staged.fd, entry.size)  # it may end with a hole
        staged.stamp = stamps.of(os.fstat(staged.fd))
        staged.close()
        return True

    def take(self, token: str) -> Optional[Staged]:
        """Hand a complete file over to the caller, who renames it."""
        staged = self._staged.get(token)
        if staged is None or not staged.stamp:
            return None
        return self._staged.pop(token)

    def drop(self, token: str) -> None:
        """Remove a staged file, if there is such."""
        staged = self._staged.pop(token, None)
        if staged is not None:
            staged.close()
            self.remove(staged)

    def remove(self, staged: Staged) -> None:
        """Unlink a file that was taken and not used."""
        try:
            os.unlink(staged.name, dir_fd=self._folders.fd(staged.folder))
        except OSError:
            pass  # swept later

    def close(self) -> None:
        """Drop everything."""
        for token in list(self._staged):
            self.drop(token)

    def is_in_use(self, name: bytes) -> bool:
        """Tell whether a temporary name is a file on its way."""
        return name.decode("ascii", "replace") in self._staged

    def _nearest_folder(self, path: bytes) -> bytes:
        for folder in list(paths.parents(path)) + [paths.ROOT]:
            try:
                self._folders.fd(folder)
            except OSError:
                continue
            return folder
        return paths.ROOT

    def _open_base(self, base: Want) -> int:
        folder, name = paths.split(base.path)
        try:
            return reading.open_file(name, self._folders.fd(folder))
        except (OSError, reading.NotAFile):
            return -1  # `copy` says so

    def _check_space(self, folder: int, size: int) -> None:
        """Refuse early what cannot fit, rather than fill the disk first."""
        if size < _CHECK_SPACE_BYTES:
            return
        state = os.fstatvfs(folder)
        if 0 < state.f_blocks and state.f_bavail * state.f_frsize < size:
            detail = "No space left on device: " + faults.space(
                folder, self._folders.root.path, size
            )
            raise StageTrouble(operations.DISK_FULL, detail)

    def _trouble(self, error: OSError, folder: bytes, size: int) -> StageTrouble:
        root = self._folders.root
        detail = faults.detail_of(error, root.fd, root.path, size)
        return StageTrouble(faults.status_of(error), detail)
