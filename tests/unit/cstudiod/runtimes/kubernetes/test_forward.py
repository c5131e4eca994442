"""A forwarded connection as frames: what is said to the server, and what comes of its answers."""

from __future__ import annotations

import asyncio
import struct
import zlib

import pytest
from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import forward
from cstudiod.runtimes.kubernetes.forward import DATA, ERROR, Forward
from cstudiod.runtimes.kubernetes.spdy import FIN, FRAME_BYTES

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\n\r\n"


class Sent(asyncio.Transport):
    """A transport that keeps what was written; lost when aborted, as a socket is."""

    def __init__(self, connection: Forward) -> None:
        super().__init__()
        self.data = b""
        self.is_reading_paused = False
        self._connection = connection
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False


def _data(stream: int, piece: bytes, flags: int = 0) -> bytes:
    return struct.pack(">I", stream) + bytes((flags,)) + len(piece).to_bytes(3, "big") + piece


def _opened() -> tuple[Forward, Sent, asyncio.StreamReader, asyncio.StreamWriter]:
    connection = Forward()
    sent = Sent(connection)
    connection.connection_made(sent)
    connection.data_received(HEAD)
    return connection, sent, *forward.streams_of(connection, 8888)


async def test_two_streams_of_one_request_are_opened() -> None:
    """`error`, which we close at once, and `data`, with the port."""
    _, sent, _, writer = _opened()
    blocks, rest = [], sent.data
    while rest[:1] == b"\x80":
        size = int.from_bytes(rest[5:8], "big")
        blocks.append(rest[18 : 8 + size])
        rest = rest[8 + size :]
    unzip = zlib.decompressobj()
    said = [unzip.decompress(block) for block in blocks]
    for kind, found in zip((b"error", b"data"), said, strict=True):
        assert found.startswith(struct.pack(">I", 3))
        assert all(word in found for word in (kind, b"port", b"8888", b"requestid"))
    assert rest == _data(ERROR, b"", FIN)
    writer.close()


async def test_bytes_both_ways() -> None:
    """Whatever way the frames are cut; large pieces are sent as several."""
    connection, sent, reader, writer = _opened()
    sent.data = b""
    writer.write(b"x" * (FRAME_BYTES + 1))
    assert not writer.can_write_eof()
    writer.close()
    assert sent.data == (
        _data(DATA, b"x" * FRAME_BYTES) + _data(DATA, b"x") + _data(DATA, b"", FIN)
    )
    connection, sent, reader, writer = _opened()
    for byte in _data(DATA, b"hel") + _data(DATA, b"lo", FIN):
        connection.data_received(bytes((byte,)))
    assert await reader.read() == b"hello"
    writer.close()
    await writer.wait_closed()


async def test_a_slow_reader_holds_the_server_back() -> None:
    """The connection is its own, so that nobody else waits."""
    connection, sent, reader, writer = _opened()
    while not sent.is_reading_paused:
        connection.data_received(_data(DATA, b"x" * 65536))
    await reader.read(16 * 1024 * 1024)
    assert not sent.is_reading_paused
    writer.close()


@pytest.mark.parametrize("is_late", [False, True])
async def test_that_nobody_listens_is_raised_by_the_reader(is_late: bool) -> None:
    """The server tells it as a sentence, before or after the end."""
    connection, _, reader, _ = _opened()
    frames = [_data(ERROR, b"connection refused", FIN), _data(DATA, b"", FIN)]
    for frame in reversed(frames) if is_late else frames:
        connection.data_received(frame)
    with pytest.raises(TargetError, match="connection refused") as raised:
        await reader.read()
    assert raised.value.reason == "UNREACHABLE"
