"""A command's stdio over SPDY/3.1, which every API server speaks so far.

Servers before 1.30 know WebSockets only in a form that cannot close stdin and
that containerd reads slowly: for them this is the way that `kubectl` takes.
Measured on 1.20, uploading: 150 to 170 MB/s, where the WebSocket carried 90.

Of SPDY only what exec needs is here. We open four streams; frames have a
header of eight bytes: for data the stream and a length, for the rest a type and
a length. There are no windows: Kubernetes' library does not know them, so TCP
alone holds back who is too fast. Header blocks are compressed; ours are plain
zlib without the dictionary, which is optional, and the server's replies say
nothing that we need.
"""

from __future__ import annotations

import asyncio
import json
import struct
import urllib.parse
import zlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from cstudiod.errors import TargetError
from cstudiod.ports import ExitStatus
from cstudiod.runtimes import output
from cstudiod.runtimes.kubernetes import config, faults, keepalive
from cstudiod.supervise import Tasks

HEADER_BYTES = 8
FRAME_BYTES = 128 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
STATUS_LIMIT_BYTES = 256 * 1024
CLOSE_SECONDS = 1.0
STATUS_SECONDS = 1.0
"""How long after the end of its stdout a command's status may take."""
ERROR, STDIN, STDOUT, STDERR = 1, 3, 5, 7
STREAMS = {ERROR: "error", STDIN: "stdin", STDOUT: "stdout", STDERR: "stderr"}
EXEC = "v4.channel.k8s.io"
SYN_STREAM, RST_STREAM, PING = 1, 3, 6
FIN = 1
CONTROL = 0x80
_PROTOCOL = "X-Stream-Protocol-Version"


class Refused(Exception):  # an answer, which the caller explains
    """The server did not upgrade the connection."""

    def __init__(self, code: int, body: bytes) -> None:
        super().__init__(code)
        self.code = code
        self.body = body


class Connection(asyncio.Protocol):
    """One request that becomes SPDY; callbacks only, no task."""

    def __init__(self) -> None:
        self.output = output.Output(self._pause, self._resume)
        self.tail = output.Tail()
        self.status: ExitStatus | None = None
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.can_write = asyncio.Event()
        self.can_write.set()
        self.takes_input = True
        self.transport: asyncio.Transport | None = None
        self._received = b""
        self._said = b""
        self._stream = 0
        self._left = 0
        self._is_last = False
        self._pings = 1
        self._stdout_has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, and let the system watch it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        keepalive.watch(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Read the answer's head first, then frames."""
        if self.upgraded.done():
            self._split(data)
        else:
            self._received += data
            self._read_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go whoever waits; without a status the stream was cut."""
        if not self.upgraded.done():
            self._read_head(is_complete=True)
        if not self.upgraded.done():
            self.upgraded.set_exception(ConnectionResetError("closed without an answer"))
        self.lost.set()
        self.can_write.set()
        self.output.end(None if self.status is not None else _cut())

    def pause_writing(self) -> None:
        """Let writers wait."""
        self.can_write.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self.can_write.set()

    def open_streams(self) -> None:
        """Ask for the four streams of a command."""
        compress = zlib.compressobj()
        for number, kind in STREAMS.items():
            self._send(open_stream(number, compress, {"streamtype": kind}))

    def ping(self) -> None:
        """Send something that the server has to answer."""
        self._send(_control(PING, struct.pack(">I", self._pings)))
        self._pings += 2  # ours are odd

    def _send(self, frame: bytes) -> None:
        if self.transport is not None and not self.lost.is_set():
            self.transport.write(frame)

    def _read_head(self, *, is_complete: bool = False) -> None:
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            if len(head) > HEAD_LIMIT_BYTES:
                self.upgraded.set_exception(ConnectionResetError("the answer has no end"))
            return
        word = head.split(b" ", 2)[1] if head.startswith(b"HTTP/") else b""
        code = int(word) if word.isdigit() else 0
        if code == 101:
            self._received = b""
            self.upgraded.set_result(None)
            self._split(body)
        elif is_complete or _is_complete(head, body):
            start, stop = body.find(b"{"), body.rfind(b"}") + 1  # without chunks' sizes
            self.upgraded.set_exception(Refused(code, body[start:stop] or body))

    def _split(self, data: bytes) -> None:
        """Sort what came into the streams it belongs to."""
        if self._received:
            data, self._received = self._received + data, b""
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                self._sort(self._stream, piece)
                if self._is_last and not self._left:
                    self._end(self._stream)
                continue
            if len(data) - at < HEADER_BYTES:
                break
            size = int.from_bytes(data[at + 5 : at + HEADER_BYTES], "big")
            if data[at] & CONTROL:
                if size > HEAD_LIMIT_BYTES:  # no honest server says so much here
                    assert self.transport is not None
                    self.transport.abort()
                    return
                end = at + HEADER_BYTES + size
                if len(data) < end:
                    break
                self._obey(data[at + 3], data[at + HEADER_BYTES : end])
                at = end
                continue
            self._stream = int.from_bytes(data[at : at + 4], "big")
            self._left = size
            self._is_last = bool(data[at + 4] & FIN)
            if self._is_last and not size:
                self._end(self._stream)
            at += HEADER_BYTES
        self._received = data[at:]

    def _sort(self, stream: int, piece: bytes) -> None:
        if stream == STDOUT:
            self.output.feed(piece)
        elif stream == STDERR:
            self.tail.feed(piece)
        elif stream == ERROR and len(self._said) < STATUS_LIMIT_BYTES:
            self._said += piece
            if _is_whole(self._said):
                self._end(ERROR)

    def _obey(self, kind: int, body: bytes) -> None:
        if kind == RST_STREAM:
            self._end(int.from_bytes(body[:4], "big"))
        elif kind == PING and len(body) == 4 and not int.from_bytes(body, "big") % 2:
            self._send(_control(PING, body))

    def _end(self, stream: int) -> None:
        if stream == ERROR and self.status is None and self._said:
            self.status = faults.exit_status(self._said)
        elif stream == STDIN:
            self.takes_input = False
        elif stream == STDOUT:
            self._stdout_has_ended = True
        if not self._stdout_has_ended:
            return
        if self.status is not None:
            self.output.end()
        elif stream == STDOUT and not self.lost.is_set():
            # Killed while it was sent a lot, the command's status may never come:
            # the server still waits for somebody to read the rest of its stdin.
            asyncio.get_running_loop().call_later(STATUS_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.status is None and self.transport is not None:
            self.transport.abort()

    def _pause(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def _resume(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()


class SpdyChannel:
    """The stdio of one command in a container of a pod."""

    can_half_close = True

    def __init__(self, connection: Connection) -> None:
        """`connection` has been upgraded."""
        self._connection = connection
        self._tasks = Tasks()
        connection.open_streams()
        self._tasks.start("ping", self._ping)

    async def read(self) -> bytes:
        """Return the next piece of stdout; ``b""`` at the end."""
        return await self._connection.output.read()

    async def write(self, data: bytes) -> None:
        """Send to stdin; waits while the network or the command is slow."""
        view = memoryview(data)
        for start in range(0, len(view), FRAME_BYTES):
            await self._send(view[start : start + FRAME_BYTES], 0)

    async def end_input(self) -> bool:
        """Close stdin, after what was written."""
        if self._connection.takes_input and not self._has_ended():
            await self._send(memoryview(b""), FIN)
            self._connection.takes_input = False
        return True

    async def wait(self) -> ExitStatus:
        """Wait for the command's end."""
        self._connection.output.discard()
        error = await self._connection.output.ended()
        if self._connection.status is not None:
            return self._connection.status
        return ExitStatus(code=None, reason=error.message if error else "the connection broke")

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr."""
        return self._connection.tail.text()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr."""
        self._connection.tail.listen(listener)

    async def close(self) -> None:
        """Close the connection, and with it the command's stdin."""
        self._connection.output.discard()
        self._connection.output.end(_cut("the channel was closed"))
        await self._tasks.close()
        await drop(self._connection)

    async def _send(self, piece: memoryview, flags: int) -> None:
        if self._has_ended() or not self._connection.takes_input:
            raise TargetError("the command has ended", reason="CONNECTION_LOST")
        assert self._connection.transport is not None
        head = struct.pack(">I", STDIN) + bytes((flags,)) + len(piece).to_bytes(3, "big")
        self._connection.transport.write(b"".join((head, piece)))
        if len(piece) == FRAME_BYTES:
            await asyncio.sleep(0)  # what tells us of a broken connection has its turn
        await self._connection.can_write.wait()

    def _has_ended(self) -> bool:
        return self._connection.output.has_ended or self._connection.lost.is_set()

    async def _ping(self) -> None:
        while not self._has_ended():
            await asyncio.sleep(keepalive.PING_SECONDS)
            self._connection.ping()


Upgraded = TypeVar("Upgraded", bound=Connection)


async def upgrade(
    access: config.Access,
    headers: Mapping[str, str],
    target: str,
    made: Callable[[], Upgraded],
    protocol: str,
) -> Upgraded:
    """Have `target` (path and query) become SPDY with `protocol`. The caller has a deadline.

    Raises:
        Refused: the server answered, but did not upgrade.
        OSError: it could not be reached.
    """
    url = urllib.parse.urlsplit(access.server)
    name = access.server_name or url.hostname
    _, connection = await asyncio.get_running_loop().create_connection(
        made,
        url.hostname or "",
        url.port or (443 if access.tls else 80),
        ssl=access.tls,
        server_hostname=name if access.tls else None,
    )
    try:
        assert connection.transport is not None
        request = _request(url.netloc, url.path + target, {**headers, _PROTOCOL: protocol})
        connection.transport.write(request)
        await connection.upgraded
        return connection
    except BaseException:
        connection.upgraded.cancel()
        await drop(connection)
        raise


async def drop(connection: Connection) -> None:
    """End the connection without a word."""
    if connection.transport is not None:
        connection.transport.abort()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.lost.wait()
    except TimeoutError:
        pass


def _request(host: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: SPDY/3.1",
        "Content-Length: 0",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ConnectionError("a header with a line break in it")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _control(kind: int, body: bytes, flags: int = 0) -> bytes:
    return struct.pack(">HHI", 0x8003, kind, flags << 24 | len(body)) + body


def open_stream(number: int, compress: zlib._Compress, said: Mapping[str, str]) -> bytes:
    """Return the frame that opens a stream; `compress` is the connection's, for all of them."""
    pairs = [struct.pack(">I", len(said))]
    for pair in said.items():
        pairs += [struct.pack(">I", len(word)) + word.encode("ascii") for word in pair]
    block = compress.compress(b"".join(pairs)) + compress.flush(zlib.Z_SYNC_FLUSH)
    return _control(SYN_STREAM, struct.pack(">II", number, 0) + b"\0\0" + block)


def _is_complete(head: bytes, body: bytes) -> bool:
    """Tell whether a refusal is all there, as far as we want to read it."""
    size = HEAD_LIMIT_BYTES
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length" and value.strip().isdigit():
            size = min(size, int(value))
        elif name == b"transfer-encoding" and body.endswith(b"0\r\n\r\n"):
            return True
    return len(body) >= size


def _is_whole(status: bytes) -> bool:
    try:
        json.loads(status)
    except ValueError:
        return False
    return True


def _cut(message: str = "the stream broke before the command's end was known") -> TargetError:
    return TargetError(message, reason="CONNECTION_LOST")
