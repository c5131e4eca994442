"""A request's body, piece by piece; a client that asks before it sends is told to go on."""

from __future__ import annotations

import asyncio

import h11

from cstudiod.gateway import faults
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.wire import Client


class Body:
    """What follows the head of one request."""

    def __init__(
        self, server: h11.Connection, client: Client, *, seconds: float, continue_seconds: float
    ) -> None:
        """`server` has read the head.

        Args:
            server: Our side towards the browser.
            client: Where the rest comes from.
            seconds: How long the client may pause.
            continue_seconds: How long a client that asks first waits before we say yes.
        """
        self._server = server
        self._client = client
        self._seconds = seconds
        self._continue_seconds = continue_seconds

    async def next(self) -> h11.Data | h11.EndOfMessage | None:
        """Return the next piece, then the end (without trailers), then None.

        Raises:
            Refused: it is not well-formed, or comes too slowly.
            ClientGone: the connection broke.
        """
        while True:
            try:
                event = self._server.next_event()
            except h11.RemoteProtocolError as error:
                raise Refused(faults.malformed(str(error))) from error
            if isinstance(event, h11.EndOfMessage):
                return h11.EndOfMessage()
            if isinstance(event, h11.Data):
                return event
            if event is not h11.NEED_DATA:
                return None
            self._server.receive_data(await self._more())

    async def whole(self, limit: int) -> bytes:
        """Return all of it.

        Raises:
            Refused: it is longer than `limit` bytes; what was announced is not waited for.
        """
        pieces = bytearray()
        while isinstance(event := await self.next(), h11.Data):
            if len(pieces) + len(event.data) > limit:
                raise Refused(faults.too_long(limit))
            pieces += event.data
        return bytes(pieces)

    async def say_continue(self) -> None:
        """Have a client send that waits for leave; nothing where it does not."""
        if self._server.they_are_waiting_for_100_continue:
            said = self._server.send(h11.InformationalResponse(status_code=100, headers=[]))
            await self._client.write(said or b"")

    async def _more(self) -> bytes:
        if self._server.they_are_waiting_for_100_continue:
            try:
                async with asyncio.timeout(self._continue_seconds):
                    return await self._client.read()
            except TimeoutError:
                await self.say_continue()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._client.read()
        except TimeoutError as error:
            raise Refused(faults.malformed("the body came too slowly", 408)) from error
