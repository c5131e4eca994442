"""After `101 Switching Protocols`: bytes, both ways, until both ends are done.

Nobody here knows what a frame is: pings, sub-protocols and sizes are between the server
and the browser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cstudiod.gateway.wire import BROKEN, PIECE_BYTES, Client, ClientGone, ServerBroke, Upstream

HALF_OPEN_SECONDS = 30.0
"""How long one side may go on after the other has ended."""


async def relay(client: Client, upstream: Upstream, first: bytes) -> None:
    """Pass everything on; `first` came from the server together with its answer.

    Returns when both sides have ended, one of them broke, or one went on for too long
    after the other's end.
    """
    one_ended = asyncio.Event()

    async def up() -> None:
        await _carry(client.read, upstream.write, upstream.writer)
        one_ended.set()

    async def down() -> None:
        await client.write(first)
        await _carry(lambda: _read(upstream), client.write, client.writer)
        one_ended.set()

    try:
        async with asyncio.TaskGroup() as group:
            ways = [group.create_task(up()), group.create_task(down())]
            await one_ended.wait()
            await asyncio.wait(ways, timeout=HALF_OPEN_SECONDS)
            for way in ways:
                way.cancel()
    except* (ClientGone, ServerBroke):
        pass


async def _carry(
    read: Callable[[], Awaitable[bytes]],
    write: Callable[[bytes], Awaitable[None]],
    writer: asyncio.StreamWriter,
) -> None:
    while data := await read():
        await write(data)
    if not writer.can_write_eof():
        raise ServerBroke("an end cannot be passed on over TLS: both sides end")
    writer.write_eof()


async def _read(upstream: Upstream) -> bytes:
    try:
        return await upstream.reader.read(PIECE_BYTES)
    except BROKEN as error:
        raise ServerBroke(str(error)) from error
