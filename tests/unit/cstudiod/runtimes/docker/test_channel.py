"""Docker's stream, cut into pieces at every possible place."""

from __future__ import annotations

import asyncio

import pytest
from cstudiod.errors import TargetError
from cstudiod.runtimes.docker.channel import Connection

HEAD = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
)


def piece(stream: int, data: bytes) -> bytes:
    return bytes((stream, 0, 0, 0)) + len(data).to_bytes(4, "big") + data


STREAM = HEAD + piece(1, b"hello ") + piece(2, b"oops") + piece(1, b"") + piece(1, b"world")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 10_000])
async def test_any_chunking(size: int) -> None:
    """However it arrives, stdout is stdout and stderr is stderr."""
    connection = Connection()
    for at in range(0, len(STREAM), size):
        connection.data_received(STREAM[at : at + size])
    assert connection.started.done()
    connection.output.end()
    assert await connection.output.read() == b"hello world"
    assert connection.tail.text() == "oops"


async def test_a_command_that_could_not_start() -> None:
    """Docker writes its obituary on stdout, where it is no output of the command."""
    connection = Connection()
    said = b'OCI runtime exec failed: exec: "x": executable file not found in $PATH\r\n'
    connection.data_received(HEAD + piece(1, said))
    connection.output.end()
    assert await connection.output.read() == b""
    assert "executable file not found" in connection.tail.text()


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        (
            b'HTTP/1.1 409 Conflict\r\nContent-Length: 30\r\n\r\n{"message":"box is paused"}\n',
            "TARGET_NOT_RUNNING",
            "box is paused",
        ),
        (b"HTTP/1.1 500 Oops\r\n\r\n", "AGENT_FAILED", "500"),
        (b"", "CONNECTION_LOST", "closed the connection"),
        (b"x" * 70_000, "CONNECTION_LOST", "no end"),
    ],
)
async def test_refusals(answer: bytes, reason: str, says: str) -> None:
    """Anything but a stream is an error with Docker's words."""
    connection = Connection()
    connection.data_received(answer)
    connection.connection_lost(None)
    with pytest.raises(TargetError, match=says) as caught:
        await asyncio.wait_for(connection.started, 1)
    assert caught.value.reason == reason
