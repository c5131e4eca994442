"""Many connections to servers on loopback over one stdio: `python3 -m cstudio_runner.relay`.

The daemon starts it in the container through an exec stream, so that nothing has to
listen anywhere but on loopback, and a new connection costs one message instead of a
new exec. It ends with its stdin, and when it has heard nothing for `SILENCE_SECONDS`:
an exec stream that broke may leave its command behind.

A frame is a kind (1 byte), the number of a connection (4), a length (4) and so many
bytes. Each side may have `WINDOW_BYTES` of a connection's data on the way; CREDIT says
how many more bytes were passed on. So one slow reader never holds up the others.
"""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from typing import Dict, List, Tuple

HEADER = struct.Struct(">BII")
HELLO, OPEN, OPENED, FAILED, DATA, END, CLOSE, CREDIT, PING = range(1, 10)
VERSION = b"1"
WINDOW_BYTES = 1024 * 1024
PIECE_BYTES = 256 * 1024
CONNECT_SECONDS = 5.0
PING_SECONDS = 15.0
SILENCE_SECONDS = 60.0
NUMBER = struct.Struct(">I")


class Malformed(Exception):
    """What came is no frame."""


def frame(kind: int, number: int, body: bytes = b"") -> bytes:
    """Return a frame."""
    return HEADER.pack(kind, number, len(body)) + body


class Frames:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> List[Tuple[int, int, bytes]]:
        """Take what came; return the frames that are whole: (kind, number, body).

        Raises:
            Malformed: the stream is none of ours.
        """
        self._rest += data
        at, found = 0, []
        while len(self._rest) - at >= HEADER.size:
            kind, number, length = HEADER.unpack_from(self._rest, at)
            if not HELLO <= kind <= PING or length > WINDOW_BYTES:
                raise Malformed("no frame of the relay: %r" % bytes(self._rest[at : at + 40]))
            end = at + HEADER.size + length
            if len(self._rest) < end:
                break
            found.append((kind, number, bytes(self._rest[at + HEADER.size : end])))
            at = end
        del self._rest[:at]
        return found


class _Line:
    """One connection to a server."""

    def __init__(self, relay: _Relay, number: int) -> None:
        self._relay = relay
        self._number = number
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._credit = WINDOW_BYTES
        self._has_credit = asyncio.Event()
        self._has_credit.set()
        self._is_half_closed = False
        self._is_closing = False
        self._up: asyncio.Future[None]
        self._down: asyncio.Future[None]

    def give(self, data: bytes) -> None:
        """Take data for the server; empty: no more comes."""
        self._incoming.put_nowait(data)

    def credit(self, count: int) -> None:
        """The other side has passed on so many bytes."""
        self._credit += count
        self._has_credit.set()

    def close(self) -> None:
        """Pass on what was given, then end."""
        self._is_closing = True
        self.give(b"")

    async def run(self, port: int) -> None:
        """Connect, and carry both ways until both have ended."""
        try:
            opening = asyncio.open_connection("127.0.0.1", port)
            reader, writer = await asyncio.wait_for(opening, CONNECT_SECONDS)
        except (OSError, OverflowError, asyncio.TimeoutError) as error:
            await self._tell(FAILED, (str(error) or "no answer in time").encode())
            return
        await self._tell(OPENED)
        self._up = asyncio.ensure_future(self._carry_up(writer))  # noqa: TID251 - awaited below
        self._down = asyncio.ensure_future(self._carry_down(reader))  # noqa: TID251
        try:
            await asyncio.wait({self._up, self._down})
        finally:
            self._up.cancel()
            self._down.cancel()
            await self._tell(CLOSE)
            writer.close()

    async def _carry_down(self, reader: asyncio.StreamReader) -> None:
        data = b"x"
        while data:
            await self._has_credit.wait()
            try:
                data = await reader.read(min(PIECE_BYTES, self._credit))
            except OSError:
                data = b""  # reset: to the other side it has ended
            self._credit -= len(data)
            if self._credit <= 0:
                self._has_credit.clear()
            await self._tell(DATA if data else END, data)
        if self._is_half_closed:
            self._up.cancel()

    async def _carry_up(self, writer: asyncio.StreamWriter) -> None:
        while True:
            data = await self._incoming.get()
            try:
                if data:
                    writer.write(data)
                    await writer.drain()
                    await self._tell(CREDIT, NUMBER.pack(len(data)))
                elif not self._is_closing:
                    writer.write_eof()
            except OSError:
                self._down.cancel()
                return
            if not data and (self._is_closing or self._down.done()):
                self._down.cancel()
                return
            self._is_half_closed = self._is_half_closed or not data

    async def _tell(self, kind: int, body: bytes = b"") -> None:
        await self._relay.tell(frame(kind, self._number, body))


class _Relay:
    """All connections of one stdio."""

    def __init__(self, out: asyncio.StreamWriter) -> None:
        self._out = out
        self._draining = asyncio.Lock()
        """Before Python 3.10 only one at a time may wait for a stream to drain."""
        self._lines: Dict[int, _Line] = {}
        self._tasks: Dict[int, asyncio.Future[None]] = {}

    async def tell(self, data: bytes) -> None:
        """Send a frame; waits while the daemon is slow."""
        self._out.write(data)
        async with self._draining:
            await self._out.drain()

    async def run(self, stdin: asyncio.StreamReader) -> None:
        """Serve until stdin ends or is silent for too long."""
        frames = Frames()
        await self.tell(frame(HELLO, 0, VERSION))
        while True:
            data = await asyncio.wait_for(stdin.read(WINDOW_BYTES), SILENCE_SECONDS)
            if not data:
                return
            for kind, number, body in frames.feed(data):
                await self._take(kind, number, body)

    async def _take(self, kind: int, number: int, body: bytes) -> None:
        if kind == PING:
            await self.tell(frame(PING, 0))
        elif kind == OPEN:
            self._open(number, NUMBER.unpack(body)[0])
        elif number not in self._lines:
            return  # it has ended meanwhile
        elif kind == DATA:
            self._lines[number].give(body)
        elif kind == END:
            self._lines[number].give(b"")
        elif kind == CREDIT:
            self._lines[number].credit(NUMBER.unpack(body)[0])
        elif kind == CLOSE:
            self._lines[number].close()

    def _open(self, number: int, port: int) -> None:
        line = self._lines[number] = _Line(self, number)
        task = asyncio.ensure_future(line.run(port))  # noqa: TID251 - kept until it ends
        self._tasks[number] = task

        def forget(done: asyncio.Future[None]) -> None:
            del self._lines[number], self._tasks[number]
            if not done.cancelled() and done.exception():
                sys.stderr.write("cstudio relay: %r\n" % done.exception())

        task.add_done_callback(forget)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader(limit=WINDOW_BYTES)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdin), os.fdopen(os.dup(0), "rb", 0)
    )
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(os.dup(1), "wb", 0)
    )
    await _Relay(asyncio.StreamWriter(transport, protocol, None, loop)).run(stdin)


def main() -> None:
    """Serve, and end without a word when the daemon has gone."""
    try:
        asyncio.run(_serve())
    except (asyncio.TimeoutError, OSError, Malformed, KeyboardInterrupt):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
