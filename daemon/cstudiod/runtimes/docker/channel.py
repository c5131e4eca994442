"""A command's stdio over a connection that Docker hands over.

`POST /exec/ID/start` turns the connection into the command's stdio: what we
send is its stdin, what comes is cut into pieces with a header of eight bytes
(stream, three zeros, length). The end of the stream says nothing: the exit
status is asked for afterwards. Where Docker says that the command still runs,
or the connection was reset, the stream was cut. (A cut that looks like an end,
and makes a command end well because its stdin did, cannot be told from one; so
whoever needs every byte says in the stream where it ends.)

Docker cannot be asked to kill a command. Closing the connection ends its
stdin: a command that reads its stdin ends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from cstudiod.errors import TargetError
from cstudiod.ports import ExitStatus
from cstudiod.runtimes import output
from cstudiod.supervise import Tasks

HEADER_BYTES = 8
HEAD_LIMIT_BYTES = 64 * 1024
WRITE_BYTES = 256 * 1024
START_SECONDS = 30.0
CLOSE_SECONDS = 1.0
STDERR_STREAMS = (2, 3)
"""Three is what newer daemons have to say themselves."""
_NOT_STARTED = b"OCI runtime exec failed"


class Connection(asyncio.Protocol):
    """One request that becomes a stream; callbacks only, no task."""

    def __init__(self) -> None:
        self.output = output.Output(self._pause, self._resume)
        self.tail = output.Tail()
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.can_write = asyncio.Event()
        self.can_write.set()
        self.was_reset = False
        self.transport: asyncio.Transport | None = None
        self.on_lost: Callable[[], None] = lambda: None
        self._rest = b""
        self._stream = 0
        self._left = 0
        self._has_printed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Read the answer's head first, then the stream."""
        if self.started.done():
            self._split(data)
        else:
            self._rest += data
            self._read_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go whoever waits."""
        if not self.started.done():
            self._read_head(is_complete=True)
        if not self.started.done():
            self.started.set_exception(_broken("Docker closed the connection"))
        self.was_reset = exc is not None
        self.lost.set()
        self.can_write.set()
        self.on_lost()

    def pause_writing(self) -> None:
        """Let writers wait."""
        self.can_write.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self.can_write.set()

    def _read_head(self, *, is_complete: bool = False) -> None:
        head, end, body = self._rest.partition(b"\r\n\r\n")
        if not end:
            if len(head) > HEAD_LIMIT_BYTES:
                self.started.set_exception(_broken("Docker's answer has no end"))
            return
        status = head.split(b" ", 2)[1] if head.startswith(b"HTTP/") else b""
        if status == b"101" or (status == b"200" and b"docker.raw-stream" in head):
            self._rest = b""
            self.started.set_result(None)
            self._split(body)
        elif is_complete or b"}" in body:
            self.started.set_exception(_refused(status.decode("ascii", "replace"), body))

    def _split(self, data: bytes) -> None:
        """Sort what came into the streams it belongs to."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at = 0
        while at < len(data):
            if not self._left:
                if len(data) - at < HEADER_BYTES:
                    self._rest = data[at:]
                    return
                self._stream = data[at]
                self._left = int.from_bytes(data[at + 4 : at + HEADER_BYTES], "big")
                at += HEADER_BYTES
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            self._sort(piece)

    def _sort(self, piece: bytes) -> None:
        # A command that could not be started has its obituary on stdout.
        is_obituary = not self._has_printed and piece.startswith(_NOT_STARTED)
        self._has_printed = True
        if self._stream in STDERR_STREAMS or is_obituary:
            self.tail.feed(piece)
        else:
            self.output.feed(piece)

    def _pause(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def _resume(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()


class ExecChannel:
    """The stdio of one command in a container."""

    def __init__(self, connection: Connection, ask: Callable[[], Awaitable[ExitStatus]]) -> None:
        """`ask` tells how the command ended, once the stream has."""
        self._connection = connection
        self._ask = ask
        self._status: ExitStatus | None = None
        self._tasks = Tasks()
        self._is_closed = False
        if connection.lost.is_set():
            self._find_out()
        else:
            connection.on_lost = self._find_out

    async def read(self) -> bytes:
        """Return the next piece of stdout; ``b""`` at the end."""
        return await self._connection.output.read()

    async def write(self, data: bytes) -> None:
        """Send to stdin; waits while the command is slow."""
        transport = self._connection.transport
        assert transport is not None
        view = memoryview(data)
        for start in range(0, len(view), WRITE_BYTES):
            await self._connection.can_write.wait()
            if transport.is_closing():
                raise TargetError("the command has ended", reason="CONNECTION_LOST")
            transport.write(view[start : start + WRITE_BYTES])
        await self._connection.can_write.wait()

    async def end_input(self) -> bool:
        """Close stdin; a TLS connection cannot be closed by half."""
        transport = self._connection.transport
        assert transport is not None
        if not transport.can_write_eof():
            return False
        if not transport.is_closing():
            transport.write_eof()
        return True

    async def wait(self) -> ExitStatus:
        """Wait for the command's end."""
        self._connection.output.discard()
        error = await self._connection.output.ended()
        if self._status is not None:
            return self._status
        return ExitStatus(code=None, reason=error.message if error else "the connection broke")

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr."""
        return self._connection.tail.text()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr."""
        self._connection.tail.listen(listener)

    async def close(self) -> None:
        """Close the connection, and with it the command's stdin."""
        self._is_closed = True
        self._connection.output.discard()
        self._connection.output.end(_broken("the channel was closed"))
        await self._tasks.close()
        if self._connection.transport is not None:
            self._connection.transport.abort()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.lost.wait()
        except TimeoutError:
            pass

    def _find_out(self) -> None:
        if not self._is_closed:
            self._tasks.start("ask", self._ask_for_status)

    async def _ask_for_status(self) -> None:
        error: TargetError | None = _broken("the stream broke before the command's end was known")
        try:
            status = await self._ask()
            # After a reset what was printed may be incomplete, and a good end
            # may be the reset's own doing; a bad one is worth knowing.
            if status.code is not None and not (self._connection.was_reset and status.code == 0):
                self._status = status
                error = error if self._connection.was_reset else None
        except TargetError as trouble:
            error = trouble
        finally:
            self._connection.output.end(error)


async def start(connection: Connection, path: str) -> None:
    """Send the request that starts an exec and wait until the stream is there.

    Raises:
        TargetError: Docker refused, or did not answer in time.
    """
    assert connection.transport is not None
    body = json.dumps({"Detach": False, "Tty": False}).encode()
    connection.transport.write(request(path, body, "Connection: Upgrade\r\nUpgrade: tcp\r\n"))
    try:
        async with asyncio.timeout(START_SECONDS):
            await connection.started
    except TimeoutError as error:
        raise _broken("Docker did not start the command in time") from error


def request(path: str, body: bytes = b"", headers: str = "") -> bytes:
    """Return a POST as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _refused(status: str, body: bytes) -> TargetError:
    text = body.decode("utf-8", "replace")
    said = text[text.find("{") :] or text
    try:
        said = str(json.loads(said[: said.rfind("}") + 1])["message"])
    except (ValueError, KeyError, TypeError):
        pass
    reason = "TARGET_NOT_RUNNING" if status == "409" else "AGENT_FAILED"
    return TargetError(f"Docker refused ({status}): {output.printable(said)}", reason=reason)


def _broken(message: str) -> TargetError:
    return TargetError(message, reason="CONNECTION_LOST")
