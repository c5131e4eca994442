"""Connections over one stdio: a real relay process, real servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from cstudiod.errors import TargetError
from cstudiod.ports import Channel
from cstudiod.runtimes import local
from cstudiod.runtimes.relay import Relay

SECONDS = 30.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def open_relay() -> Channel:
    return await local.run([sys.executable, "-m", "cstudio_runner.relay"])


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    made = Relay(open_relay)
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def server(handle: Handler) -> AsyncIterator[int]:
    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        finally:
            writer.close()

    made = await asyncio.start_server(run, "127.0.0.1", 0)
    yield made.sockets[0].getsockname()[1]
    made.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def test_a_slow_reader_holds_up_nobody(relay: Relay) -> None:
    """One connection is not read at all; another one is as quick as ever."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()

    async with asyncio.timeout(SECONDS), server(flood) as noisy, server(echo) as quick:
        _, ignored = await relay.dial(noisy)
        await asyncio.sleep(0.3)
        reader, writer = await relay.dial(quick)
        for _ in range(50):
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"ping"
        ignored.close()
        writer.close()


async def test_a_slow_server_makes_its_writer_wait(relay: Relay) -> None:
    """Memory stays bounded: what the server does not take, the writer keeps."""
    go_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        count = 0
        while data := await reader.read(65536):
            count += len(data)
        writer.write(str(count).encode())
        await writer.drain()

    async with asyncio.timeout(SECONDS), server(slow) as port:
        reader, writer = await relay.dial(port)
        sent = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while True:
                    writer.write(b"y" * 65536)
                    sent += 65536
                    await writer.drain()
        assert sent < 30_000_000
        go_on.set()
        await writer.drain()
        writer.write_eof()
        assert int(await reader.read()) == sent
        writer.close()


async def test_what_was_written_before_a_close_arrives(relay: Relay) -> None:
    """As with any other connection."""
    came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set_result(await reader.read(-1))

    async with asyncio.timeout(SECONDS), server(take) as port:
        _, writer = await relay.dial(port)
        writer.write(b"z" * 2_000_000)
        writer.close()
        assert len(await came) == 2_000_000
        await writer.wait_closed()


async def test_a_server_that_greets_first_is_heard(relay: Relay) -> None:
    """And its end is an end."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await writer.drain()

    async with asyncio.timeout(SECONDS), server(greet) as port:
        for _ in range(20):
            reader, writer = await relay.dial(port)
            assert await reader.read(-1) == b"hello"
            writer.close()


async def test_nobody_listens(relay: Relay) -> None:
    """Also a number that is no port is refused, and nothing else suffers."""
    async with asyncio.timeout(SECONDS), server(echo) as port:
        reader, writer = await relay.dial(port)
        for wrong in (1, 99999):
            with pytest.raises(TargetError, match="nobody listens"):
                await relay.dial(wrong)
        writer.write(b"still here")
        assert await reader.readexactly(10) == b"still here"
        writer.close()


async def test_a_lost_stream_ends_all_and_the_next_dial_starts_anew() -> None:
    """A killed relay: readers see an error or the end, and it comes back."""
    channels: list[Channel] = []

    async def open_one() -> Channel:
        channels.append(await open_relay())
        return channels[-1]

    relay = Relay(open_one)
    async with asyncio.timeout(SECONDS), server(echo) as port:
        reader, writer = await relay.dial(port)
        await channels[0].close()
        with contextlib.suppress(TargetError):
            assert await reader.read(10) == b""
        writer.close()
        reader, writer = await relay.dial(port)
        writer.write(b"again")
        assert await reader.readexactly(5) == b"again"
        writer.close()
        assert len(channels) == 2
    await relay.close()


async def test_a_relay_that_cannot_start_says_why() -> None:
    """An image without the runner, say."""
    relay = Relay(
        lambda: local.run([sys.executable, "-c", "import sys; sys.exit('no such module')"])
    )
    with pytest.raises(TargetError, match="no such module"):
        await relay.dial(80)
    await relay.close()
