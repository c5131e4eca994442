"""SPDY's frames, cut at every possible place, and answers that are no upgrade."""

from __future__ import annotations

import asyncio
import struct

import pytest
from cstudiod.errors import TargetError
from cstudiod.ports import ExitStatus
from cstudiod.runtimes.kubernetes import spdy
from cstudiod.runtimes.kubernetes.spdy import ERROR, FIN, STDERR, STDIN, STDOUT, Connection

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\n\r\n"
SUCCESS = b'{"metadata":{},"status":"Success"}'


class Sent(asyncio.Transport):
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    def abort(self) -> None:
        self.is_aborted = True


def data(stream: int, piece: bytes, flags: int = 0) -> bytes:
    return struct.pack(">I", stream) + bytes((flags,)) + len(piece).to_bytes(3, "big") + piece


def control(kind: int, body: bytes) -> bytes:
    return struct.pack(">HHI", 0x8003, kind, len(body)) + body


def connected() -> tuple[Connection, Sent]:
    connection, sent = Connection(), Sent()
    connection.connection_made(sent)
    return connection, sent


STREAM = (
    HEAD
    + control(2, bytes(20))
    + data(STDOUT, b"hello ")
    + control(spdy.PING, struct.pack(">I", 4))
    + data(STDERR, b"oops")
    + data(STDERR, b"", FIN)
    + data(STDOUT, b"world", FIN)
    + data(ERROR, SUCCESS)
    + control(spdy.RST_STREAM, struct.pack(">II", STDIN, 5))
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 10_000])
async def test_any_chunking(size: int) -> None:
    """However it arrives, streams are kept apart, and the server's ping is answered."""
    connection, sent = connected()
    for at in range(0, len(STREAM), size):
        connection.data_received(STREAM[at : at + size])
    assert await connection.output.read() == b"hello world"
    assert await connection.output.read() == b""
    assert connection.tail.text() == "oops"
    assert connection.status == ExitStatus(code=0)
    assert not connection.takes_input
    assert sent.data == control(spdy.PING, struct.pack(">I", 4))


async def test_a_status_in_pieces() -> None:
    """The end is known when all of it is there."""
    connection, _ = connected()
    connection.data_received(HEAD + data(STDOUT, b"", FIN) + data(ERROR, SUCCESS[:10]))
    assert connection.status is None
    connection.data_received(data(ERROR, SUCCESS[10:]))
    assert connection.status == ExitStatus(code=0)


async def test_no_status_is_a_cut() -> None:
    """The connection's end is not the command's."""
    connection, _ = connected()
    connection.data_received(HEAD + data(STDOUT, b"half", FIN))
    connection.connection_lost(None)
    assert await connection.output.read() == b"half"
    with pytest.raises(TargetError, match="before the command's end was known"):
        await connection.output.read()


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\n{"message": "no"}',
        b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'11\r\n{"message": "no"}\r\n0\r\n\r\n',
    ],
)
async def test_a_refusal(answer: bytes) -> None:
    """What is no upgrade is a refusal with its text."""
    connection, _ = connected()
    for at in range(len(answer)):
        connection.data_received(answer[at : at + 1])
    with pytest.raises(spdy.Refused) as caught:
        await asyncio.wait_for(connection.upgraded, 1)
    assert caught.value.code == 403
    assert caught.value.body == b'{"message": "no"}'


async def test_no_answer() -> None:
    """A connection that ends before an answer is a broken one."""
    connection, _ = connected()
    connection.connection_lost(None)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(connection.upgraded, 1)


async def test_a_huge_control_frame_ends_it() -> None:
    """Nothing is collected for a server that announces 16 MB of control."""
    connection, sent = connected()
    connection.data_received(HEAD + struct.pack(">HHI", 0x8003, 2, 0xFFFFFF))
    assert sent.is_aborted


async def test_streams_are_opened() -> None:
    """Four streams, each with its type, in the order that servers expect."""
    connection, sent = connected()
    connection.data_received(HEAD)
    connection.open_streams()
    numbers = []
    rest = sent.data
    while rest:
        size = int.from_bytes(rest[5:8], "big")
        assert rest[:4] == b"\x80\x03\x00\x01"
        numbers.append(int.from_bytes(rest[8:12], "big"))
        rest = rest[8 + size :]
    assert numbers == [1, 3, 5, 7]
