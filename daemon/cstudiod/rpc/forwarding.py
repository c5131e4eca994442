"""A connection into a studio, joined with a caller's stream: convert both ways, at their pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from cstudio_api.v1 import studios_pb2 as pb

from cstudiod.errors import CstudioError, TargetError, UsageError

_PIECE_BYTES = 256 * 1024
_HIGHEST_PORT = 65535

Requests = AsyncIterator[pb.ForwardStudioPortRequest]


async def start(requests: Requests) -> pb.ForwardStudioPortRequest.Start:
    """Return what the first message says.

    Raises:
        UsageError: it does not say where to.
    """
    async for request in requests:
        if request.HasField("start"):
            if not 0 < request.start.port <= _HIGHEST_PORT:
                raise UsageError(f"{request.start.port} is no port", field="port")
            return request.start
        break
    raise UsageError("the first message must say where to")


async def joined(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Requests
) -> AsyncGenerator[pb.ForwardStudioPortResponse, None]:
    """Yield what comes from a connection while what the caller sends goes there.

    Ends when both sides have said that they send no more; closes the connection.

    Raises:
        TargetError: the connection broke.
    """
    feeding = asyncio.ensure_future(_feed(writer, requests))  # noqa: TID251 - ended below
    try:
        yield pb.ForwardStudioPortResponse(connected=True)
        while data := await reader.read(_PIECE_BYTES):
            yield pb.ForwardStudioPortResponse(data=data)
        yield pb.ForwardStudioPortResponse(end=True)
        await feeding
    except OSError as error:
        raise TargetError(f"the connection broke: {error}", reason="CONNECTION_LOST") from error
    finally:
        feeding.cancel()
        await asyncio.wait([feeding])
        writer.transport.abort() if feeding.cancelled() else writer.close()


async def _feed(writer: asyncio.StreamWriter, requests: Requests) -> None:
    """Pass on what the caller sends; a server that reads no more has the last word elsewhere."""
    try:
        async for request in requests:
            if request.HasField("end"):
                break
            writer.write(request.data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (OSError, CstudioError):
        return
