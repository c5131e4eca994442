"""The gateway: listens, reads requests, decides on them, and carries them out."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import h11

from cstudiod.gateway import (
    faults,
    headers,
    heads,
    hosts,
    listening,
    origins,
    routes,
    settings,
    spoken,
    webapp_routes,
)
from cstudiod.gateway.asking import Asking
from cstudiod.gateway.carrying import Carrying
from cstudiod.gateway.crowd import Crowd
from cstudiod.gateway.door import kernel
from cstudiod.gateway.entering import Entering
from cstudiod.gateway.faults import Fault, Refused
from cstudiod.gateway.headers import Asker
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.remembered import Memory
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.gateway.seam import Door, Studios
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.gateway.site import Site
from cstudiod.gateway.turns import Turn
from cstudiod.gateway.vigil import Vigil
from cstudiod.gateway.visiting import Visiting, WebApps
from cstudiod.gateway.webapp_routes import WebAppRoute
from cstudiod.gateway.wire import Client, ClientGone, ServerBroke
from cstudiod.supervise import Tasks

_log = logging.getLogger(__name__)


class Gateway:
    """One address in front of all studios."""

    def __init__(
        self,
        chosen: GatewaySettings,
        studios: Studios,
        *,
        state_dir: Path,
        sites: Mapping[str, Site] | None = None,
        door: Door | None = None,
        webapps: WebApps | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing runs yet.

        Args:
            chosen: How to listen.
            studios: Where they are.
            state_dir: Remembers the port.
            sites: What answers for our own paths: ``/session``, or ``/api/`` for all
                below it; the longest that fits.
            door: Says who may do what; None: everybody may do everything.
            webapps: Where they are; `studios` finds a replica as ``ID/UID``.
            clock: Monotonic seconds.

        Raises:
            UsageError: the settings would put studios on a network unprotected.
        """
        settings.check(chosen)
        self._settings = chosen
        self._sites = sites or {}
        self._door = door
        self._memory = Memory(state_dir / "gateway.port")
        self._pool = Pool(chosen.studio_connections, chosen.dial_seconds, clock)
        self._crowd = Crowd(chosen.connections)
        self._vigil = Vigil(studios, self._pool)
        self._asking = Asking(self._sites, door=door, body_seconds=chosen.body_seconds)
        carrying = Carrying(chosen, pool=self._pool, vigil=self._vigil, door=door)
        self._entering = Entering(studios, carrying, door)
        self._visiting = Visiting(webapps, carrying, door) if webapps is not None else None
        self._tasks = Tasks()
        self._numbers = itertools.count(1)
        self._servers: Sequence[asyncio.Server] = ()
        self.port = 0
        """Where it listens; 0 before `start`."""

    @property
    def url(self) -> str:
        """Where studios answer, without a slash at the end: ``http://127.0.0.1:8080``."""
        return self._origin(origins.usual(self._settings).studios)

    @property
    def page_url(self) -> str:
        """Where the page answers, without a slash at the end: ``http://localhost:8080``."""
        return self._origin(origins.usual(self._settings).page)

    def _origin(self, name: str) -> str:
        scheme = "https" if self._settings.is_secure else "http"
        return f"{scheme}://{name}:{self.port}"

    def studios_of(self, page: str) -> str:
        """Return the origin of the studios that a page of this origin may show; empty: none."""
        authority = page.partition("://")[2]
        names = origins.of(hosts.name_of(authority) or "", self._settings)
        if not names.is_split:
            return ""
        return origins.written(names.studios, authority, is_secure=self._settings.is_secure)

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
        self._servers = await listening.listen(self._settings, ports, self._accept)
        self.port = self._servers[0].sockets[0].getsockname()[1]
        self._memory.remember(self.port)
        self._tasks.start("gateway vigil", self._vigil.run)

    async def close(self) -> None:
        """Refuse new connections and cut the open ones; idempotent."""
        for server in self._servers:
            server.close()
        await self._tasks.close()
        self._pool.close()
        for server in self._servers:
            await server.wait_closed()

    # ---------------------------------------------------------- a connection

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(reader, writer, patience_seconds=self._settings.body_seconds)
        self._tasks.start(f"gateway client {next(self._numbers)}", lambda: self._serve(client))

    async def _serve(self, client: Client) -> None:
        try:
            if not self._crowd.enter(client):
                await self._refuse_crowd(client)
                return
            try:
                owner = functools.cache(lambda: kernel.owner(*client.ends))
                while await self._next(client, owner):
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

    async def _next(self, client: Client, owner: Callable[[], int | None]) -> bool:
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
            await self._answer(self._turn(client, server, request, owner))
        except Refused as refused:
            await self._say(client, server, request, refused.fault)
        if not spoken.is_over(server):
            client.unread(server.trailing_data[0])
            return True
        await client.close(linger=server.their_state in (h11.IDLE, h11.SEND_BODY, h11.ERROR))
        return False

    async def _answer(self, turn: Turn) -> None:
        route = self._route(turn)
        if isinstance(route, Redirect):
            await turn.client.write(spoken.redirect(turn.server, turn.request, route))
        elif isinstance(route, Route):
            await self._entering.run(turn, route)
        elif isinstance(route, WebAppRoute):
            assert self._visiting is not None, "`_route` finds no web apps where there are none"
            await self._visiting.run(turn, route)
        else:
            await self._asking.run(turn, route)

    async def _say(
        self,
        client: Client,
        server: h11.Connection,
        request: h11.Request | None,
        fault: Fault,
    ) -> None:
        if server.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            raise ServerBroke(fault.message)  # an answer is on its way
        asked = b"" if request is None else headers.value_of(request.headers, b"host") or b""
        framers = self._door.framers(asked.decode("latin-1")) if self._door else ()
        await client.write(spoken.fault(server, request, fault, framers or ()))

    # ------------------------------------------------------------- decisions

    def _turn(
        self,
        client: Client,
        server: h11.Connection,
        request: h11.Request,
        owner: Callable[[], int | None],
    ) -> Turn:
        """Return a request that is meant for us.

        Raises:
            Refused: it is meant for somebody else.
        """
        asker = Asker(
            host=headers.value_of(request.headers, b"host") or b"",
            peer=client.peer,
            is_secure=self._settings.is_secure,
        )
        host = asker.host.decode("latin-1")
        settings = self._settings
        names = (*settings.hosts, settings.page_host, settings.studio_host)
        if not hosts.is_known(host, names):
            raise Refused(faults.unknown_host(host))
        return Turn(
            request=request,
            server=server,
            client=client,
            asker=asker,
            target=heads.target_of(request, host),
            owner=owner,
        )

    def _route(self, turn: Turn) -> Route | WebAppRoute | Redirect | str:
        """Return whose the request is: a studio's, a web app's, or ours and at what path.

        Raises:
            Refused: nobody's, or another page's that may not.
        """
        is_ours = bool(self._sites) and not routes.is_a_studios(turn.target)
        route = routes.own_path(turn.target) if is_ours else self._found(turn.target)
        if isinstance(route, Fault):
            raise Refused(route)
        request, host = turn.request, turn.asker.host.decode("latin-1")
        is_change = request.method.decode("ascii") not in hosts.SAFE_METHODS
        if is_change or headers.wants_websocket(request.headers):
            value = headers.value_of(request.headers, b"origin")
            origin = None if value is None else value.decode("latin-1")
            allowed = () if is_ours else self._settings.origins
            if not hosts.may_change(origin, host, allowed):
                raise Refused(faults.foreign_origin(origin or ""))
        return route

    def _found(self, target: str) -> Route | WebAppRoute | Redirect | Fault:
        is_a_webapps = self._visiting is not None and webapp_routes.is_one(target)
        return webapp_routes.find(target) if is_a_webapps else routes.find(target)
