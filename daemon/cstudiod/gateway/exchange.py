"""One request, through to a studio and back.

The body goes up while the answer comes down: a server may answer before it has read
all, and some never stop doing both. Nothing is held but what is on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import h11

from cstudiod.errors import TargetError
from cstudiod.gateway import faults, headers, hosts, routes, tunnel
from cstudiod.gateway.bodies import Body
from cstudiod.gateway.faults import Fault, Refused
from cstudiod.gateway.headers import Asker
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.routes import Route
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.wire import Client, ServerBroke, Upstream, alongside, passed

CONTINUE_SECONDS = 1.0
"""How long a client that asks first may wait for the server before we say yes."""
_LARGE_BYTES = 64 * 1024
_MANY_PIECES = 256
_SWITCHING = 101
_PROVISIONAL = (100, 102, 103)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request and where it goes."""

    request: h11.Request
    server: h11.Connection
    """Our side towards the browser, its request read."""
    client: Client
    asker: Asker
    route: Route
    port: StudioPort
    key: str
    """Of the studio, for the pool."""
    body_seconds: float
    framers: Sequence[str] | None = None
    """Origins, besides the studio's own, whose pages may show it; None: as it says itself."""
    told: Callable[[headers.Fields], headers.Fields] = lambda fields: fields
    """Changes an answer's fields once more before the browser gets to read them."""


class Exchange:
    """Carries one call out."""

    def __init__(self, call: Call, pool: Pool) -> None:
        self._call = call
        self._pool = pool
        self._place = (call.key, call.route.port)
        names = {name for name, _ in call.request.headers}
        self._has_body = bool(names & {b"content-length", b"transfer-encoding"})
        self._body = Body(
            call.server,
            call.client,
            seconds=call.body_seconds,
            continue_seconds=CONTINUE_SECONDS,
        )
        self._wants_websocket = headers.wants_websocket(call.request.headers)
        self.has_answered = False
        """Something of the studio's answer is on its way: no other can be given."""

    async def run(self) -> None:
        """Carry it out to the end of the answer, or of the WebSocket.

        Raises:
            Refused: there is no answer from the studio; say this instead.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        is_repeatable = self._call.request.method.decode() in hosts.SAFE_METHODS
        is_repeatable = is_repeatable and not self._has_body and not self._wants_websocket
        if not self._has_body:
            self._call.server.next_event()  # the end of the request
        while True:
            upstream = await self._pool.take(
                self._place, self._call.route, self._call.port, reuse=is_repeatable
            )
            try:
                await self._over(upstream)
                return
            except ServerBroke as error:
                if self.has_answered:
                    raise
                if not upstream.is_reused:
                    raise Refused(self._fault(error)) from error
                is_repeatable = False  # the next one is fresh, and so the last
            finally:
                self._pool.give(self._place, upstream)

    def _fault(self, error: ServerBroke) -> Fault:
        route = self._call.route
        if isinstance(error.__cause__, TargetError):
            return faults.undialled(route.studio, route.port, error.__cause__)
        return faults.broken(route.studio, route.port, str(error))

    async def _over(self, upstream: Upstream) -> None:
        call = self._call
        target = routes.target(call.route, call.port.subpath, has_nginx=call.port.has_nginx)
        fields = headers.outward(call.request.headers.raw_items(), call.asker, call.port.headers)
        await upstream.send(h11.Request(method=call.request.method, target=target, headers=fields))
        switched = await alongside(self._answer(upstream), self._send(upstream))
        if switched:
            call.client.unread(call.server.trailing_data[0])
            await tunnel.relay(call.client, upstream, upstream.http.trailing_data[0])

    # -------------------------------------------------------------------- up

    async def _send(self, upstream: Upstream) -> None:
        """Pass the body on; then wait for the client to hang up."""
        call = self._call
        try:
            while self._has_body and (event := await self._body.next()) is not None:
                await upstream.send(event)
            if not self._has_body:
                await upstream.send(h11.EndOfMessage())
        except ServerBroke:
            pass  # it may have answered all the same: whoever reads the answer finds out
        await call.client.hung_up()

    # ------------------------------------------------------------------ down

    async def _answer(self, upstream: Upstream) -> bool:
        """Pass the answer on; True when it is `101 Switching Protocols`."""
        while isinstance(event := await upstream.next(), h11.InformationalResponse):
            if event.status_code == _SWITCHING:
                await self._tell(event)
                return True
            if event.status_code == 100:
                await self._body.say_continue()
            elif self._call.request.http_version >= b"1.1":
                await self._tell(event)
        if not isinstance(event, h11.Response):
            raise ServerBroke("it did not answer")
        route = self._call.route
        if headers.value_of(event.headers, headers.FAULT) == b"not-listening":
            raise Refused(faults.not_listening(route.studio, route.port))
        await self._tell(event)
        await self._pass_body(upstream)
        return False

    async def _tell(self, event: h11.InformationalResponse | h11.Response) -> None:
        call = self._call
        is_stripped = call.port.subpath == "/"
        is_framed = bool(call.framers) and headers.keeps_cookies_in_frames(
            call.request.headers, call.asker
        )
        fields = headers.inward(
            event.headers.raw_items(),
            call.route,
            call.asker.host,
            strips=is_stripped,
            framers=call.framers,
            is_framed=is_framed,
        )
        fields = call.told(fields)
        if event.status_code == _SWITCHING:
            fields += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
        said = type(event)(status_code=event.status_code, headers=fields, reason=event.reason)
        try:
            sent = call.server.send(said) or b""
        except h11.LocalProtocolError as error:
            raise ServerBroke(f"its answer cannot be passed on: {error}") from error
        self.has_answered = self.has_answered or event.status_code not in _PROVISIONAL
        await call.client.write(sent)

    async def _pass_body(self, upstream: Upstream) -> None:
        """Pass on whatever has come, whenever nothing more has: events are not kept waiting."""
        server, client = self._call.server, self._call.client
        pieces: list[bytes] = []
        while True:
            event = upstream.ready()
            if event is h11.NEED_DATA:
                if pieces:
                    await client.write(*pieces)
                    pieces = []
                await upstream.more()
            elif isinstance(event, h11.Data):
                pieces += passed(server, event)
                if len(event.data) >= _LARGE_BYTES or len(pieces) >= _MANY_PIECES:
                    await client.write(*pieces)
                    pieces = []
            else:
                await client.write(*pieces, *passed(server, h11.EndOfMessage()))
                return
