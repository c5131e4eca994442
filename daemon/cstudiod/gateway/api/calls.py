"""Calls of the daemon on its own socket, each in a visitor's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from cstudiod.gateway.api.methods import Method
from cstudiod.services.visitors import TICKET_KEY, Visitor, Visitors

_OPTIONS = (("grpc.max_receive_message_length", 64 * 1024 * 1024),)  # as templates.proto says


class Calls:
    """One connection, made when it is needed first."""

    def __init__(self, socket: Path, visitors: Visitors) -> None:
        """`visitors` is the one that the socket's gate asks."""
        self._socket = socket
        self._visitors = visitors
        self._channel: grpc.aio.Channel | None = None
        self._made: dict[str, Any] = {}

    async def once(
        self, method: Method, request: Message, visitor: Visitor, seconds: float | None
    ) -> Message:
        """Return the only answer; whoever stops waiting for it ends the call.

        Raises:
            grpc.aio.AioRpcError: it failed.
        """
        with self._visitors.ticket(visitor) as ticket:
            call = self._callable(method)(
                request, timeout=seconds, metadata=((TICKET_KEY, ticket),)
            )
            answer: Message = await call
            return answer

    async def often(
        self,
        method: Method,
        request: Message,
        visitor: Visitor,
        seconds: float | None,
        *,
        patience: float,
    ) -> AsyncGenerator[Message | None, None]:
        """Yield answers as they come, and None after each `patience` seconds without one.

        Closing it ends the call.

        Raises:
            grpc.aio.AioRpcError: it failed.
        """
        with self._visitors.ticket(visitor) as ticket:
            call = self._callable(method)(
                request, timeout=seconds, metadata=((TICKET_KEY, ticket),)
            )
            reading = asyncio.ensure_future(call.read())  # noqa: TID251 - is ended below
            try:
                while True:
                    await asyncio.wait({reading}, timeout=patience)
                    if not reading.done():
                        yield None
                    elif (answer := reading.result()) is grpc.aio.EOF:
                        return
                    else:
                        yield answer
                        reading = asyncio.ensure_future(call.read())  # noqa: TID251 - as above
            finally:
                call.cancel()
                reading.cancel()
                await asyncio.wait({reading})

    async def close(self) -> None:
        """End all calls."""
        if self._channel is not None:
            await self._channel.close()

    def _callable(self, method: Method) -> Any:
        if self._channel is None:
            self._channel = grpc.aio.insecure_channel(f"unix:{self._socket}", options=_OPTIONS)
        if method.path not in self._made:
            make = self._channel.unary_stream if method.answers_often else self._channel.unary_unary
            self._made[method.path] = make(
                method.path,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=method.response.FromString,
            )
        return self._made[method.path]
