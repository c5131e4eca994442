"""A log file that is renamed when it is full: its last lines, and what is added to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

POLL_SECONDS = 0.2
TAIL_BYTES = 64 * 1024
READ_BYTES = 256 * 1024
LINE_BYTES = 64 * 1024
"""A longer line is given in pieces."""


def tail(path: Path) -> str:
    """Return the end of the log, for evidence."""
    return b"".join(last_lines((path.with_name(path.name + ".1"), path), 20)).decode(
        "utf-8", "replace"
    )


def last_lines(paths: Sequence[Path], count: int) -> Sequence[bytes]:
    """Return the last lines of files that belong together, oldest first."""
    if count <= 0:
        return ()
    found: list[bytes] = []
    for path in reversed(paths):
        try:
            lines = _end_of(path, count)
        except OSError:
            continue
        found = lines + found
        if len(found) >= count:
            break
    return found[-count:]


def _end_of(path: Path, count: int) -> list[bytes]:
    """Read backwards until there are enough lines."""
    with open(path, "rb") as file:
        at = file.seek(0, os.SEEK_END)
        data = b""
        while at > 0 and data.count(b"\n") <= count:
            step = min(at, TAIL_BYTES)
            at -= step
            file.seek(at)
            data = file.read(step) + data
    return data.splitlines(keepends=True)[-count:]


async def lines(
    path: Path, count: int, goes_on: Callable[[], Awaitable[bool]] | None
) -> AsyncIterator[bytes]:
    """Yield the last lines, then, with `goes_on`, what is added until that says no."""
    old = path.with_name(path.name + ".1")
    follower = Follower(path)
    if goes_on is not None:
        follower.open()
    for line in await asyncio.to_thread(last_lines, (old, path), count):
        yield line
    if goes_on is None:
        return
    try:
        is_last = False
        while True:
            fresh = await asyncio.to_thread(follower.read)
            for line in fresh:
                yield line
            if not fresh:
                if is_last:
                    return
                # One more look after the end: it may have said something in between.
                is_last = not await goes_on()
                await asyncio.sleep(0 if is_last else POLL_SECONDS)
    finally:
        follower.close()


class Follower:
    """Reads what is added to a file, also when it is renamed and begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._rest = b""

    def open(self) -> None:
        """Begin at the end of what is there."""
        self._open()
        if self._file >= 0:
            os.lseek(self._file, 0, os.SEEK_END)

    def read(self) -> Sequence[bytes]:
        """Return whole lines that were added since; none when there are none."""
        if self._file < 0:
            self._open()
        data = os.read(self._file, READ_BYTES) if self._file >= 0 else b""
        if not data and self._was_replaced():
            self.close()
            self._open()
            data = os.read(self._file, READ_BYTES) if self._file >= 0 else b""
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > LINE_BYTES:
            whole, newline, self._rest = whole + newline + self._rest, b"", b""
        return (whole + newline).splitlines(keepends=True)

    def close(self) -> None:
        """Free the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def _was_replaced(self) -> bool:
        if self._file < 0:
            return False
        try:
            there = os.stat(self._path)
        except OSError:
            return False
        here = os.fstat(self._file)
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)
