"""What a command says: a bounded buffer of its stdout, and the end of its stderr.

Every runtime's channel fills one `Output` from its transport's callbacks and
lets one reader empty it. When the reader is slow the transport is told to
pause, so that memory stays bounded whatever the command prints.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable

from cstudiod.errors import TargetError

PAUSE_BYTES = 1024 * 1024
"""Above this the transport is paused."""
RESUME_BYTES = 256 * 1024
"""Below this it goes on."""
PIECE_BYTES = 1024 * 1024
"""`read` gathers what has arrived up to about this size."""
TAIL_BYTES = 4096


def _nothing() -> None:
    """Stand in for a transport that cannot be paused."""


class Output:
    """Stdout between a transport and its one reader."""

    def __init__(
        self, pause: Callable[[], None] = _nothing, resume: Callable[[], None] = _nothing
    ) -> None:
        """`pause` and `resume` stop and restart the transport's reading."""
        self._pieces: collections.deque[bytes] = collections.deque()
        self._size = 0
        self._pause, self._resume = pause, resume
        self._is_paused = False
        self._is_discarding = False
        self._error: TargetError | None = None
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """Take what the transport received."""
        if not data or self._is_discarding or self._ended.is_set():
            return
        self._pieces.append(data)
        self._size += len(data)
        self._arrived.set()
        if self._size > PAUSE_BYTES and not self._is_paused:
            self._is_paused = True
            self._room.clear()
            self._pause()

    def end(self, error: TargetError | None = None) -> None:
        """Say that nothing more comes, and why if it broke; the first call counts."""
        if not self._ended.is_set():
            self._error = error
            self._ended.set()
            self._arrived.set()
            self._room.set()

    async def read(self) -> bytes:
        """Return what has arrived; ``b""`` at the end.

        Raises:
            TargetError: the connection broke; all that came before was returned.
        """
        while not self._pieces:
            if self._ended.is_set():
                if self._error is not None:
                    raise self._error.with_traceback(None)
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        return self._take()

    async def room(self) -> None:
        """Wait until the reader has made room; for transports that are pulled."""
        await self._room.wait()

    @property
    def has_ended(self) -> bool:
        """Nothing more comes."""
        return self._ended.is_set()

    async def ended(self) -> TargetError | None:
        """Wait for the end and return why it broke, if it did."""
        await self._ended.wait()
        return self._error

    def discard(self) -> None:
        """Drop what is there and what still comes; the transport goes on."""
        self._is_discarding = True
        self._pieces.clear()
        self._size = 0
        self._go_on()

    def _take(self) -> bytes:
        taken = [self._pieces.popleft()]
        size = len(taken[0])
        while self._pieces and size + len(self._pieces[0]) <= PIECE_BYTES:
            taken.append(self._pieces.popleft())
            size += len(taken[-1])
        self._size -= size
        if self._size <= RESUME_BYTES:
            self._go_on()
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def _go_on(self) -> None:
        self._room.set()
        if self._is_paused:
            self._is_paused = False
            self._resume()


class Tail:
    """The last few KiB of stderr, fit to be shown."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._listener: Callable[[bytes], None] | None = None

    def listen(self, listener: Callable[[bytes], None]) -> None:
        """Pass on what is there and what still comes."""
        self._listener = listener
        if self._bytes:
            listener(bytes(self._bytes))

    def feed(self, data: bytes) -> None:
        """Take what the transport received and forget what is too old."""
        if self._listener is not None:
            self._listener(data)
        self._bytes += data[-TAIL_BYTES:]
        del self._bytes[:-TAIL_BYTES]

    def text(self) -> str:
        """Return it without control characters other than newlines and tabs."""
        text = self._bytes.decode("utf-8", "replace")
        return "".join(c for c in text if c.isprintable() or c in "\n\t").strip()


def printable(text: str, limit: int = 300) -> str:
    """Return foreign text on one line, short, without control characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
