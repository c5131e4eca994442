"""Reads files whole and unchanged, or says that it could not.

A file is opened without following a link and without waiting (``O_NONBLOCK``:
a FIFO that took the file's place must not hang us), and what was opened is
looked at before anything is read from it. Content counts only when the bytes
read are as many as the file has, and the file is the same before and after.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import NamedTuple, Optional

from cstudio_sync.entries import FILE, Entry

from cstudio_agent import stamps
from cstudio_agent.contracts import Cancelled, Stopped, never

OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
PIECE_BYTES = 1024 * 1024
_ATTEMPTS = 3
_SMALL_BYTES = 128 * 1024


class NotAFile(Exception):
    """Something else than a regular file was found under the name."""


class Busy(Exception):
    """The file changed while it was read, again and again."""


class Content(NamedTuple):
    """What a file held."""

    entry: Entry
    stamp: bytes
    """Unmatchable when the file may change unseen: see `stamps.settled`."""
    true_stamp: bytes
    data: Optional[bytes]
    """The content itself, when the file was small enough for the caller."""


def open_file(name: bytes, folder: int) -> int:
    """Open a regular file for reading.

    Raises:
        OSError: as ``open`` does; ELOOP for a link.
        NotAFile: it is a folder, FIFO, socket or device.
    """
    descriptor = os.open(name, OPEN_FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFile()
    return descriptor


def read_file(
    name: bytes, folder: int, inline_bytes: int = 0, cancelled: Cancelled = never
) -> Content:
    """Read and hash the file `name` in the open folder.

    Raises:
        OSError, NotAFile: as `open_file` does.
        Busy: it would not hold still.
        Stopped: the caller cancelled.
    """
    for _ in range(_ATTEMPTS):
        content = _attempt(name, folder, inline_bytes, cancelled)
        if content is not None:
            return content
    raise Busy()


def _attempt(
    name: bytes, folder: int, inline_bytes: int, cancelled: Cancelled
) -> Optional[Content]:
    now_ns = time.time_ns()
    descriptor = os.open(name, OPEN_FILE, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise NotAFile()
        size = before.st_size
        if size <= _SMALL_BYTES:
            data = os.read(descriptor, size + 1)
            read_bytes, digest = len(data), hashlib.sha256(data).digest()
        else:
            data = b""
            read_bytes, digest = digest_of(descriptor, size, cancelled)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    true_stamp = stamps.of(after)
    if read_bytes != size or true_stamp != stamps.of(before):
        return None
    return Content(
        Entry(FILE, digest, size, stamps.is_executable(after.st_mode)),
        stamps.settled(after, now_ns),
        true_stamp,
        data if size <= min(inline_bytes, _SMALL_BYTES) else None,
    )


def digest_of(descriptor: int, size: int, cancelled: Cancelled = never) -> tuple[int, bytes]:
    """Read to the end, or one byte past `size`; return (bytes read, SHA-256)."""
    state = hashlib.sha256()
    buffer = bytearray(PIECE_BYTES)
    view = memoryview(buffer)
    total = 0
    while total <= size:
        if cancelled():
            raise Stopped()
        count = os.readv(descriptor, [view])
        if not count:
            break
        state.update(view[:count])
        total += count
    return total, state.digest()
