"""A port of this machine that leads into a studio: each connection to it is a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import studios_pb2 as pb

from cstudio import errors

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2_grpc import StudiosAsyncStub

HOST = "127.0.0.1"
_PIECE_BYTES = 256 * 1024

Trouble = Callable[[errors.CstudioError], object]


async def listen(
    stub: StudiosAsyncStub,
    start: pb.ForwardStudioPortRequest.Start,
    local_port: int | None,
    on_ready: Callable[[int], object],
    on_trouble: Trouble,
) -> None:
    """Listen until cancelled, and carry each connection into the studio.

    Args:
        stub: To call with.
        start: Where to.
        local_port: Where to listen; 0: anywhere; None: at the same number if that is free.
        on_ready: Is told where.
        on_trouble: Is told why a connection was not carried, or broke.

    Raises:
        StateError: the local port is taken (`WRONG_STATE`).
    """
    open_now: set[asyncio.StreamWriter] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            await _carry(stub, start, reader, writer, on_trouble)
        finally:
            open_now.discard(writer)

    server = await _bound(carry, start.port, local_port)
    try:
        await _try(stub, start, on_trouble)
        on_ready(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()
    finally:
        server.close()
        for writer in open_now:
            writer.transport.abort()


Carry = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


async def _bound(carry: Carry, port: int, local_port: int | None) -> asyncio.Server:
    choices = (port, 0) if local_port is None else (local_port,)
    for choice in choices:
        try:
            return await asyncio.start_server(carry, HOST, choice)  # type: ignore[arg-type] # a coroutine
        except OSError as error:
            if choice == choices[-1]:
                raise errors.StateError(
                    f"nothing can listen at port {choice} of this machine: {error.strerror}",
                    reason="WRONG_STATE",
                    hint="--local-port 0 takes one that is free",
                ) from error
    raise AssertionError("there is a last choice")


async def _try(
    stub: StudiosAsyncStub, start: pb.ForwardStudioPortRequest.Start, on_trouble: Trouble
) -> None:
    """Tell at once what every connection would meet.

    Raises:
        CstudioError: the studio is not there, or not to be entered.
    """

    async def said() -> AsyncGenerator[pb.ForwardStudioPortRequest, None]:
        yield pb.ForwardStudioPortRequest(start=start)
        await asyncio.Event().wait()

    call = stub.ForwardStudioPort(said())
    try:
        await anext(aiter(call))
    except grpc.aio.AioRpcError as error:
        known = errors.from_call(error)
        if known.reason != "UNREACHABLE":
            raise known from error
        on_trouble(known)
    finally:
        call.cancel()


async def _carry(
    stub: StudiosAsyncStub,
    start: pb.ForwardStudioPortRequest.Start,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    on_trouble: Trouble,
) -> None:
    connected = asyncio.Event()
    call = stub.ForwardStudioPort(_sent(start, connected, reader))
    try:
        async for answer in call:
            match answer.WhichOneof("message"):
                case "connected":
                    connected.set()
                case "data":
                    writer.write(answer.data)
                    await writer.drain()
                case "end":
                    writer.write_eof()
        writer.close()
    except grpc.aio.AioRpcError as error:
        on_trouble(errors.from_call(error))
        writer.transport.abort()
    except OSError:
        writer.transport.abort()  # the program here went away: so does what it asked for
    finally:
        call.cancel()


async def _sent(
    start: pb.ForwardStudioPortRequest.Start,
    connected: asyncio.Event,
    reader: asyncio.StreamReader,
) -> AsyncGenerator[pb.ForwardStudioPortRequest, None]:
    """Yield where to; once somebody listens there, what the program here sends, then its end."""
    yield pb.ForwardStudioPortRequest(start=start)
    await connected.wait()
    try:
        while data := await reader.read(_PIECE_BYTES):
            yield pb.ForwardStudioPortRequest(data=data)
    except OSError:
        pass
    yield pb.ForwardStudioPortRequest(end=True)
