"""One command in a target, with the stdin and stdout of this process: `cstudiod exec`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from cstudiod.ports import Channel, Resolver

_PIECE_BYTES = 65536
_UNKNOWN = 1


async def attach(resolver: Resolver, argv: Sequence[str]) -> int:
    """Run `argv` where `resolver` finds it; return its exit status, 1 when that is unknown.

    When stdin ends the command's stdin ends; where that cannot be told, the command does.

    Raises:
        TargetError: it cannot be found, reached or started.
    """
    try:
        channel = await resolver.open(await resolver.resolve(), argv)
        try:
            return await _connect(channel)
        finally:
            await channel.close()
    finally:
        await resolver.close()


async def _connect(channel: Channel) -> int:
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(_send(channel))
        while data := await channel.read():
            _write(sys.stdout.fileno(), data)
        status = await channel.wait()
        sending.cancel()
    _write(sys.stderr.fileno(), channel.stderr_tail().encode("utf-8", "replace"))
    return _UNKNOWN if status.code is None else status.code


async def _send(channel: Channel) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while data := await reader.read(_PIECE_BYTES):
        await channel.write(data)
    if not await channel.end_input():
        await channel.close()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
