"""Which way leads to a command's stdio: the best that the server speaks.

    v5    a WebSocket that can half-close; API servers from 1.30 on
    SPDY  half-closes and is fast; every server so far, but not every proxy
    v4    a WebSocket that cannot half-close; every server so far

The order is kubectl's, with v4 at the end. A server that does not know v5
refuses it before anything runs, so trying costs one round trip, and once: the
way that worked is remembered.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TypeAlias

from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import api, faults
from cstudiod.runtimes.kubernetes.channel import ExecChannel
from cstudiod.runtimes.kubernetes.spdy import Refused, SpdyChannel


class Transport(enum.Enum):
    """A way to a command's stdio."""

    V5 = "v5.channel.k8s.io"
    SPDY = "spdy"
    V4 = "v4.channel.k8s.io"


KNOWN = (Transport.V5, Transport.SPDY, Transport.V4)
FINAL = (404, 429)
"""Refusals that another way cannot change. (A 403 it can: SPDY needs the right
to create, WebSockets on older servers the right to get.)"""
TELLING = ("FORBIDDEN", "TARGET_NOT_FOUND", "TARGET_NOT_RUNNING", "UNAUTHENTICATED")
ExecStream: TypeAlias = ExecChannel | SpdyChannel


class Streams:
    """Runs commands in pods of one cluster."""

    def __init__(self, cluster: api.Api, transports: Sequence[Transport] = KNOWN) -> None:
        self._api = cluster
        self._transports = tuple(transports)
        self._proven: Transport | None = None

    async def open(
        self, request: faults.Request, container: str, argv: Sequence[str]
    ) -> ExecStream:
        """Run `argv` in a container.

        Raises:
            TargetError: whatever went wrong, by reason.
        """
        path = f"/api/v1/namespaces/{request.namespace}/pods/{request.name}/exec"
        query = [("container", container), *(("command", word) for word in argv)]
        query += [("stdin", "true"), ("stdout", "true"), ("stderr", "true"), ("tty", "false")]
        refusals: list[Refused] = []
        for transport in self._order():
            try:
                stream = await self._try(transport, request, path, query)
            except Refused as refusal:
                refusals.append(refusal)
                if refusal.code in FINAL:
                    break
            else:
                self._proven = transport
                return stream
        self._proven = None
        raise await self._explain(request, path, query, refusals)

    def _order(self) -> Sequence[Transport]:
        rest = [item for item in self._transports if item is not self._proven]
        return rest if self._proven is None else [self._proven, *rest]

    async def _try(
        self,
        transport: Transport,
        request: faults.Request,
        path: str,
        query: Sequence[tuple[str, str]],
    ) -> ExecStream:
        try:
            return await self._open(transport, request, path, query)
        except Refused as refusal:
            if refusal.code != 401:
                raise
        await self._api.sign_in_again()
        return await self._open(transport, request, path, query)

    async def _open(
        self,
        transport: Transport,
        request: faults.Request,
        path: str,
        query: Sequence[tuple[str, str]],
    ) -> ExecStream:
        if transport is Transport.SPDY:
            return await self._api.spdy(request, path, query)
        websocket = await self._api.websocket(request, path, query, [transport.value])
        if websocket.protocol != transport.value:
            await websocket.close()
            raise Refused(0, f"the server chose {websocket.protocol}".encode())
        return ExecChannel(websocket, request.server)

    async def _explain(
        self,
        request: faults.Request,
        path: str,
        query: Sequence[tuple[str, str]],
        refusals: Sequence[Refused],
    ) -> TargetError:
        """Return the refusal that says most.

        A WebSocket's refusal has no text; asked for without an upgrade, the
        same thing is refused with one, and runs nothing.
        """
        errors = [
            faults.refused(request, item.code, faults.message_of(item.body)) for item in refusals
        ]
        telling = [item for item in errors if item.reason in TELLING and item.metadata.get("user")]
        if telling:
            return telling[0]
        try:
            await self._api.get(request, path, dict(query))
        except TargetError as error:
            if error.metadata.get("status") != "400":
                return error
        return next((item for item in errors if item.reason in TELLING), errors[-1])
