"""Streams of bytes: stdin read beside the calls, output written as it comes."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable
from typing import IO, Any, TextIO

CHUNK = 65536
AHEAD = 4
"""How many pieces of stdin may wait; whoever writes them waits then."""


def writer(stream: TextIO) -> Callable[[bytes], None]:
    """Return what writes bytes to a text stream's own, at once."""
    raw = stream.buffer

    def write(data: bytes) -> None:
        raw.write(data)
        raw.flush()

    return write


async def read(stream: IO[Any]) -> AsyncIterator[bytes]:
    """Yield what comes from a stream, as it comes, until it ends.

    A thread of its own waits for it: a terminal, a pipe and a file can all be read
    so, and it holds up nothing, not even the end of the process.
    """
    import asyncio  # not for help, which must be there at once

    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)

    def pump() -> None:
        while True:
            data = _next(stream.fileno())
            room.acquire()
            try:
                loop.call_soon_threadsafe(queue.put_nowait, data)
            except RuntimeError:  # the loop has ended: nobody wants it any more
                return
            if not data:
                return

    threading.Thread(target=pump, name="stdin", daemon=True).start()
    while data := await queue.get():
        room.release()
        yield data


def _next(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:  # closed, or a terminal that we may not read from
        return b""
