"""Connections to servers on a studio's loopback, all over one exec stream.

The other end is `cstudio_runner.relay`, started in the container by the first
`dial`. Each connection is an asyncio transport of our own, so that its users see
an ordinary reader and writer with their flow control. When the stream breaks all
connections break, and the next `dial` starts another relay.
"""

from __future__ import annotations

import asyncio
import collections
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cstudio_runner.relay import (
    CLOSE,
    CREDIT,
    DATA,
    END,
    FAILED,
    HELLO,
    NUMBER,
    OPEN,
    OPENED,
    PIECE_BYTES,
    PING,
    PING_SECONDS,
    SILENCE_SECONDS,
    WINDOW_BYTES,
    Frames,
    Malformed,
    frame,
)

from cstudiod.errors import TargetError
from cstudiod.model.studios import RUNNER_PYTHON
from cstudiod.ports import Channel
from cstudiod.supervise import Tasks

COMMAND = (*RUNNER_PYTHON, "-m", "cstudio_runner.relay")
OPEN_SECONDS = 30.0
LOW_BYTES, HIGH_BYTES = 64 * 1024, 256 * 1024
"""A writer waits above the second, and goes on below the first."""


class Line(asyncio.Transport):
    """One connection."""

    def __init__(self, stream: Stream, number: int, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stream = stream
        self._number = number
        self._protocol = protocol
        self._buffer = bytearray()
        self._credit = WINDOW_BYTES
        self._owed = 0
        self._is_reading_paused = False
        self._is_writing_paused = False
        self._wants_end = self._has_sent_end = False
        self._is_closing = False
        self._is_lost = False

    # ------------------------------------------------- what its user calls

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what comes to `protocol`."""
        assert isinstance(protocol, asyncio.Protocol)
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return who gets what comes."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known of the other end."""
        return default

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Send, as soon as the other side takes it."""
        if self._is_lost or self._is_closing or self._wants_end:
            return
        self._buffer += data
        self._stream.wake()
        if len(self._buffer) > HIGH_BYTES and not self._is_writing_paused:
            self._is_writing_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """A connection can be closed by half."""
        return True

    def write_eof(self) -> None:
        """Send nothing more."""
        self._wants_end = True
        self._stream.wake()

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self._is_closing or self._is_lost

    def close(self) -> None:
        """Send what is left, then close."""
        if not self._is_closing:
            self._is_closing = True
            self._stream.wake()

    def abort(self) -> None:
        """Close, and forget what is left."""
        self._buffer.clear()
        self.close()

    def is_reading(self) -> bool:
        """Whether what comes is handed on."""
        return not self._is_reading_paused

    def pause_reading(self) -> None:
        """Let the other side wait, once the window is full."""
        self._is_reading_paused = True

    def resume_reading(self) -> None:
        """Let it go on."""
        self._is_reading_paused = False
        self._pay()

    # ---------------------------------------------------- what its stream calls

    def next_frame(self) -> bytes:
        """Return what is to be sent now; empty: nothing."""
        if self._is_lost:
            return b""
        if self._buffer:
            if not self._credit or not self.opened.done():
                return b""
            piece = bytes(self._buffer[: min(PIECE_BYTES, self._credit)])
            del self._buffer[: len(piece)]
            self._credit -= len(piece)
            self._go_on()
            return frame(DATA, self._number, piece)
        if self._is_closing:
            self.lose(None)
            return frame(CLOSE, self._number)
        if self._wants_end and not self._has_sent_end:
            self._has_sent_end = True
            return frame(END, self._number)
        return b""

    def take(self, kind: int, body: bytes) -> None:
        """Take a frame of this connection."""
        if kind == OPENED and not self.opened.done():
            self.opened.set_result(None)
            self._stream.wake()
        elif kind == FAILED and not self.opened.done():
            self.opened.set_exception(_refused(body))
        elif kind == DATA and not self._is_lost:
            self._owed += len(body)
            self._protocol.data_received(body)
            self._pay()
        elif kind == END and not self._is_lost:
            self._protocol.eof_received()
        elif kind == CREDIT:
            self._credit += NUMBER.unpack(body)[0]
            self._stream.wake()
        elif kind == CLOSE:
            self.lose(None)

    def lose(self, error: Exception | None) -> None:
        """The connection is over."""
        if self._is_lost:
            return
        self._is_lost = True
        self._buffer.clear()
        if not self.opened.done():
            self.opened.set_exception(error or _broken("the connection was closed"))
        else:
            self._protocol.connection_lost(error)
        self._stream.forget(self._number)

    def _pay(self) -> None:
        if self._owed and not self._is_reading_paused and not self._is_lost:
            owed, self._owed = self._owed, 0
            self._stream.tell(frame(CREDIT, self._number, NUMBER.pack(owed)))

    def _go_on(self) -> None:
        if self._is_writing_paused and len(self._buffer) < LOW_BYTES:
            self._is_writing_paused = False
            self._protocol.resume_writing()


class Stream:
    """All connections over one exec stream."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lines: dict[int, Line] = {}
        self._numbers = itertools.count(1)
        self._outgoing: collections.deque[bytes] = collections.deque()
        self._wake = asyncio.Event()
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard = time.monotonic()
        self._tasks = Tasks()
        self.is_broken = False
        for name, run in (("read", self._read), ("send", self._send), ("ping", self._ping)):
            self._tasks.start(name, run)

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port of loopback on the other side.

        Raises:
            TargetError: nobody listens there, or the stream broke.
        """
        async with asyncio.timeout(OPEN_SECONDS):
            await asyncio.shield(self._greeted)
            number = next(self._numbers)
            reader = asyncio.StreamReader(limit=WINDOW_BYTES)
            protocol = asyncio.StreamReaderProtocol(reader)
            line = self._lines[number] = Line(self, number, protocol)
            protocol.connection_made(line)
            self.tell(frame(OPEN, number, NUMBER.pack(port)))
            try:
                await line.opened
            except BaseException:
                self.forget(number)
                self.tell(frame(CLOSE, number))
                raise
        return reader, asyncio.StreamWriter(line, protocol, reader, asyncio.get_running_loop())

    async def close(self) -> None:
        """End the relay and all connections."""
        self._break(_broken("the connection was closed"))
        await self._tasks.close()
        await self._channel.close()

    def tell(self, data: bytes) -> None:
        """Send a frame before any data."""
        self._outgoing.append(data)
        self._wake.set()

    def wake(self) -> None:
        """Look again for what is to be sent."""
        self._wake.set()

    def forget(self, number: int) -> None:
        """A connection is over."""
        self._lines.pop(number, None)

    async def _read(self) -> None:
        frames = Frames()
        try:
            while data := await self._channel.read():
                self._heard = time.monotonic()
                for kind, number, body in frames.feed(data):
                    self._take(kind, number, body)
            said = self._channel.stderr_tail().strip().rpartition("\n")[2]
            self._break(_broken(f"the relay in the studio ended: {said or 'it said nothing'}"))
        except Malformed as error:
            self._break(_broken(str(error)))
        except TargetError as error:
            self._break(error)

    def _take(self, kind: int, number: int, body: bytes) -> None:
        if kind == HELLO and not self._greeted.done():
            self._greeted.set_result(None)
        elif (line := self._lines.get(number)) is not None:
            line.take(kind, body)

    async def _send(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while batch := self._batch():
                    await self._channel.write(batch)
        except TargetError as error:
            self._break(error)

    def _batch(self) -> bytes:
        """Return what is to be sent next: each connection gets its turn."""
        taken = list(self._outgoing)
        self._outgoing.clear()
        taken += [line.next_frame() for line in list(self._lines.values())]
        return b"".join(taken)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            if time.monotonic() - self._heard > SILENCE_SECONDS:
                self._break(_broken("the relay in the studio has not answered for a minute"))
                return
            self.tell(frame(PING, 0))

    def _break(self, error: TargetError) -> None:
        self.is_broken = True
        if not self._greeted.done():
            self._greeted.set_exception(error)
            self._greeted.exception()  # nobody may be waiting
        for line in list(self._lines.values()):
            line.lose(error)


class Relay:
    """The relay of one studio: started when it is needed, again when it broke."""

    def __init__(self, open_channel: Callable[[], Awaitable[Channel]]) -> None:
        """`open_channel` runs `COMMAND` in the studio."""
        self._open_channel = open_channel
        self._stream: Stream | None = None
        self._lock = asyncio.Lock()

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port on the studio's loopback.

        Raises:
            TargetError: the studio cannot be reached, or nobody listens there.
        """
        async with self._lock:
            if self._stream is not None and self._stream.is_broken:
                await self.close()
            if self._stream is None:
                self._stream = Stream(await self._open_channel())
            stream = self._stream
        try:
            return await stream.dial(port)
        except TimeoutError as error:
            raise _broken("the relay in the studio did not answer in time") from error

    async def close(self) -> None:
        """End it, and all its connections."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()


def named(error: TargetError, studio: str, port: int) -> TargetError:
    """Return the same error with the studio and the port in its message."""
    return TargetError(
        f"port {port} of studio {studio}: {error.message}",
        reason=error.reason,
        next=error.next,
        permanent=error.permanent,
        **{**error.metadata, "port": str(port), "uid": studio},
    )


def _refused(body: bytes) -> TargetError:
    said = body.decode("utf-8", "replace")
    return TargetError(f"nobody listens there: {said}", reason="UNREACHABLE")


def _broken(message: str) -> TargetError:
    return TargetError(message, reason="CONNECTION_LOST")
