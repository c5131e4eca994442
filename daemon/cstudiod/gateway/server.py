"""The gateway: listens, reads requests, decides on them, and carries them out."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import h11

from cstudiod.errors import StateError, UsageError
from cstudiod.gateway import faults, headers, heads, hosts, pages, routes, settings
from cstudiod.gateway.crowd import Crowd
from cstudiod.gateway.exchange import Call, Exchange
from cstudiod.gateway.faults import Fault, Refused
from cstudiod.gateway.headers import Asker
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.remembered import Memory
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.gateway.seam import Admit, Found, NotRunning, Studios, Visit, admit_all
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.gateway.vigil import Vigil
from cstudiod.gateway.wire import BUFFER_BYTES, Client, ClientGone, ServerBroke, alongside
from cstudiod.supervise import Tasks

_log = logging.getLogger(__name__)

_BACKLOG = 512


class Gateway:
    """One address in front of all studios."""

    def __init__(
        self,
        chosen: GatewaySettings,
        studios: Studios,
        *,
        state_dir: Path,
        admit: Admit = admit_all,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing runs yet; `state_dir` remembers the port.

        Raises:
            UsageError: the settings would put studios on a network unprotected.
        """
        settings.check(chosen)
        self._settings = chosen
        self._studios = studios
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
        context = _context(self._settings)
        tried: OSError | None = None
        for port in self._memory.candidates(self._settings.port):
            try:
                self._server = await asyncio.start_server(
                    self._accept,
                    self._settings.host,
                    port,
                    limit=BUFFER_BYTES,
                    backlog=_BACKLOG,
                    ssl=context,
                )
                break
            except OSError as error:
                tried = error
        if self._server is None:
            raise StateError(
                f"the gateway cannot listen on {self._settings.host}: {tried}",
                next="set gateway.host and gateway.port",
            )
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
        await client.write(_spoken(server, None, fault))
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
            await client.write(_spoken(server, request, refused.fault))
        if not _is_over(server):
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
            await client.write(_redirected(server, request, route))
            return
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

    def _route(self, request: h11.Request, asker: Asker) -> Route | Redirect:
        """Return whose the request is.

        Raises:
            Refused: nobody's, or the asker may not.
        """
        host = asker.host.decode("latin-1")
        if not hosts.is_known(host, self._settings.hosts):
            raise Refused(faults.unknown_host(host))
        route = routes.find(heads.target_of(request, host))
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


def _context(chosen: GatewaySettings) -> ssl.SSLContext | None:
    if chosen.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(chosen.certificate, chosen.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"the gateway's certificate `{chosen.certificate}` cannot be used: {error}",
            next="check gateway.certificate and gateway.key",
        ) from error
    return context


def _is_over(server: h11.Connection) -> bool:
    """Tell whether the connection can serve no further request."""
    if server.our_state is h11.DONE and server.their_state is h11.SEND_BODY:
        try:
            server.next_event()  # the end of a request without a body is an event too
        except h11.RemoteProtocolError:
            return True
    return (server.our_state, server.their_state) != (h11.DONE, h11.DONE)


def _redirected(server: h11.Connection, request: h11.Request, to: Redirect) -> bytes:
    """Return the answer to a missing slash; the method stays what it is."""
    status = 301 if request.method in (b"GET", b"HEAD") else 308
    fields = [(b"Location", to.location.encode("ascii")), (b"Content-Length", b"0")]
    said = server.send(h11.Response(status_code=status, headers=fields)) or b""
    return said + (server.send(h11.EndOfMessage()) or b"")


def _spoken(server: h11.Connection, request: h11.Request | None, fault: Fault) -> bytes:
    """Return a fault's answer; nothing of the request's own body is read any more."""
    asked = [] if request is None else list(request.headers)
    method = b"GET" if request is None else request.method
    repeats = request is not None and method in (b"GET", b"HEAD")
    fields, body = pages.answer(fault, headers.value_of(asked, b"accept"), repeats=repeats)
    said = server.send(h11.Response(status_code=fault.status, headers=fields)) or b""
    if method != b"HEAD":
        said += server.send(h11.Data(data=body)) or b""
    return said + (server.send(h11.EndOfMessage()) or b"")
