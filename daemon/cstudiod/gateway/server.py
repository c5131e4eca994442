"""The gateway: listens, reads requests, decides on them, and carries them out."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import h11

from cstudiod.gateway import (
    asking,
    faults,
    headers,
    heads,
    hosts,
    listening,
    routes,
    settings,
    spoken,
)
from cstudiod.gateway.crowd import Crowd
from cstudiod.gateway.exchange import Call, Exchange
from cstudiod.gateway.faults import Fault, Refused
from cstudiod.gateway.headers import Asker
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.remembered import Memory
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.gateway.seam import (
    Admit,
    Found,
    Knock,
    NotRunning,
    Studios,
    Visit,
    Visitor,
    admit_all,
    nobody,
)
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.gateway.site import BODY_BYTES, Ask, Site
from cstudiod.gateway.vigil import Vigil
from cstudiod.gateway.wire import Client, ClientGone, ServerBroke, alongside
from cstudiod.supervise import Tasks

_log = logging.getLogger(__name__)

STRANGERS_BYTES = 64 * 1024
"""The longest body from somebody whom nobody knows: enough to sign in with."""


class Gateway:
    """One address in front of all studios."""

    def __init__(
        self,
        chosen: GatewaySettings,
        studios: Studios,
        *,
        state_dir: Path,
        sites: Mapping[str, Site] | None = None,
        visitor: Callable[[Knock], Visitor | None] = nobody,
        admit: Admit = admit_all,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing runs yet.

        Args:
            chosen: How to listen.
            studios: Where they are.
            state_dir: Remembers the port.
            sites: What answers for our own paths: ``/session``, or ``/api/`` for all
                below it; the longest that fits.
            visitor: Tells who asks.
            admit: Tells why somebody may not enter a studio.
            clock: Monotonic seconds.

        Raises:
            UsageError: the settings would put studios on a network unprotected.
        """
        settings.check(chosen)
        self._settings = chosen
        self._studios = studios
        self._sites = sites or {}
        self._visitor = visitor
        self._admit = admit
        self._memory = Memory(state_dir / "gateway.port")
        self._pool = Pool(chosen.studio_connections, chosen.dial_seconds, clock)
        self._crowd = Crowd(chosen.connections)
        self._vigil = Vigil(studios, self._pool)
        self._tasks = Tasks()
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self.port = 0
        """Where it listens; 0 before `start`."""

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end: ``http://127.0.0.1:8080``."""
        scheme = "https" if self._settings.is_secure else "http"
        host = self._settings.host
        if host in ("0.0.0.0", "::"):
            host = "localhost"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def url_of(self, project: str, studio: str, port: int) -> str:
        """Return the address of a studio's port, for `ports[].url`."""
        return f"{self.url}/code-studios/{project}/{studio}/{port}/"

    async def start(self) -> None:
        """Listen.

        Raises:
            StateError: the address cannot be listened on.
            UsageError: certificate and key cannot be used.
        """
        ports = self._memory.candidates(self._settings.port)
        self._server = await listening.listen(self._settings, ports, self._accept)
        self.port = self._server.sockets[0].getsockname()[1]
        self._memory.remember(self.port)
        self._tasks.start("gateway vigil", self._vigil.run)

    async def close(self) -> None:
        """Refuse new connections and cut the open ones; idempotent."""
        if self._server is not None:
            self._server.close()
        await self._tasks.close()
        self._pool.close()
        if self._server is not None:
            await self._server.wait_closed()

    # ---------------------------------------------------------- a connection

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader, writer)
        self._tasks.start(f"gateway client {next(self._numbers)}", lambda: self._serve(client))

    async def _serve(self, client: Client) -> None:
        try:
            if not self._crowd.enter(client):
                await self._refuse_crowd(client)
                return
            try:
                while await self._next(client):
                    pass
            finally:
                self._crowd.leave(client)
        except ClientGone:
            client.abort()
        except ServerBroke as error:
            _log.info("an answer broke off: %s", error)
            client.abort()
        except BaseException:
            client.abort()
            raise

    async def _refuse_crowd(self, client: Client) -> None:
        server = h11.Connection(h11.SERVER)
        fault = faults.busy(self._settings.connections)
        await client.write(spoken.fault(server, None, fault))
        await client.close(linger=True)

    async def _next(self, client: Client) -> bool:
        """Serve one request; False: the connection is over."""
        server = h11.Connection(h11.SERVER, max_incomplete_event_size=heads.HEAD_BYTES + 4)
        request: h11.Request | None = None
        try:
            with self._crowd.idling(client):
                head = await client.head(self._settings.idle_seconds, self._settings.header_seconds)
            if head is None:
                await client.close()
                return False
            request = heads.parse(head, server)
            await self._answer(client, server, request)
        except Refused as refused:
            await self._say(client, server, request, refused.fault)
        if not spoken.is_over(server):
            client.unread(server.trailing_data[0])
            return True
        await client.close(linger=server.their_state in (h11.IDLE, h11.SEND_BODY, h11.ERROR))
        return False

    async def _answer(self, client: Client, server: h11.Connection, request: h11.Request) -> None:
        asker = Asker(
            host=headers.value_of(request.headers, b"host") or b"",
            peer=client.peer,
            is_secure=self._settings.is_secure,
        )
        route = self._route(request, asker)
        if isinstance(route, Redirect):
            await client.write(spoken.redirect(server, request, route))
        elif isinstance(route, Route):
            await self._enter(client, server, request, asker, route)
        else:
            await self._ask(client, server, request, asker, route)

    async def _say(
        self,
        client: Client,
        server: h11.Connection,
        request: h11.Request | None,
        fault: Fault,
    ) -> None:
        if server.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            raise ServerBroke(fault.message)  # an answer is on its way
        await client.write(spoken.fault(server, request, fault))

    async def _ask(
        self,
        client: Client,
        server: h11.Connection,
        request: h11.Request,
        asker: Asker,
        path: str,
    ) -> None:
        site = asking.chosen(self._sites, path)
        if site is None:
            raise Refused(faults.unknown_path(path))
        visitor = self._visitor(_knock(request, asker, path))
        limit = STRANGERS_BYTES if visitor is None else BODY_BYTES
        body = await asking.read(server, client, limit=limit, seconds=self._settings.body_seconds)
        scheme = "https" if asker.is_secure else "http"
        ask = Ask(
            method=request.method.decode("ascii"),
            path=path,
            query=request.target.decode("ascii").partition("?")[2],
            headers=list(request.headers),
            body=body,
            origin=f"{scheme}://{asker.host.decode('latin-1').lower()}",
            peer=asker.peer,
            visitor=visitor.caller if visitor else None,
            key_id=visitor.key.id if visitor and visitor.key else "",
        )
        asked = asking.Asking(request=request, server=server, client=client, site=site)
        await asked.run(ask)

    async def _enter(
        self,
        client: Client,
        server: h11.Connection,
        request: h11.Request,
        asker: Asker,
        route: Route,
    ) -> None:
        found = self._found(route)
        call = Call(
            request=request,
            server=server,
            client=client,
            asker=asker,
            route=route,
            port=found.ports[route.port],
            key=found.key,
            body_seconds=self._settings.body_seconds,
        )
        exchange = Exchange(call, self._pool)
        try:
            await alongside(exchange.run(), self._vigil.keep(route, found.key))
        except Refused as refused:
            if not exchange.has_answered:
                raise
            raise ServerBroke(refused.fault.message) from refused

    # ------------------------------------------------------------- decisions

    def _route(self, request: h11.Request, asker: Asker) -> Route | Redirect | str:
        """Return whose the request is: a studio's, or ours and at what path.

        Raises:
            Refused: nobody's, or the asker may not.
        """
        host = asker.host.decode("latin-1")
        if not hosts.is_known(host, self._settings.hosts):
            raise Refused(faults.unknown_host(host))
        target = heads.target_of(request, host)
        is_ours = bool(self._sites) and not routes.is_a_studios(target)
        route = routes.own_path(target) if is_ours else routes.find(target)
        if isinstance(route, Fault):
            raise Refused(route)
        self._check_origin(request, host)
        if isinstance(route, Route):
            self._check_admission(request, route, asker)
        return route

    def _check_origin(self, request: h11.Request, host: str) -> None:
        is_change = request.method.decode("ascii") not in hosts.SAFE_METHODS
        if not is_change and not headers.wants_websocket(request.headers):
            return
        value = headers.value_of(request.headers, b"origin")
        origin = None if value is None else value.decode("latin-1")
        if not hosts.may_change(origin, host, self._settings.origins):
            raise Refused(faults.foreign_origin(origin or ""))

    def _check_admission(self, request: h11.Request, route: Route, asker: Asker) -> None:
        visit = Visit(
            project=route.project,
            studio=route.studio,
            port=route.port,
            method=request.method.decode("ascii"),
            path=route.path,
            headers=list(request.headers),
            peer=asker.peer,
            visitor=self._visitor(_knock(request, asker, route.path)),
        )
        fault = self._admit(visit)
        if fault is not None:
            raise Refused(fault)

    def _found(self, route: Route) -> Found:
        """Return the studio.

        Raises:
            Refused: it is not there, does not run, or does not expose the port.
        """
        found = self._studios.find(route.project, route.studio)
        if isinstance(found, NotRunning):
            raise Refused(faults.not_running(route.studio, found.state, found.reason, found.stage))
        if not isinstance(found, Found):
            raise Refused(faults.absent(route.project, route.studio))
        if route.port not in found.ports:
            links = [
                (f"{port} {one.label}".rstrip(), f"{route.base}{port}/")
                for port, one in sorted(found.ports.items())
            ]
            raise Refused(faults.no_port(route.studio, route.port, links))
        return found


def _knock(request: h11.Request, asker: Asker, path: str) -> Knock:
    return Knock(
        method=request.method.decode("ascii"),
        path=path,
        headers=list(request.headers),
        peer=asker.peer,
        is_secure=asker.is_secure,
    )
