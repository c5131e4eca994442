"""Requests for studios: who may enter, where the studio is, and there and back."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from cstudiod.config import GatewaySettings
from cstudiod.gateway import faults, spoken
from cstudiod.gateway.exchange import Call, Exchange
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.gateway.seam import (
    Absent,
    Admit,
    Door,
    Found,
    NotRunning,
    Studios,
    Visit,
    Visitor,
    Whereabouts,
)
from cstudiod.gateway.turns import Turn
from cstudiod.gateway.vigil import Vigil
from cstudiod.gateway.wire import ServerBroke, alongside


class Entering:
    """The way into studios."""

    def __init__(
        self,
        settings: GatewaySettings,
        studios: Studios,
        *,
        pool: Pool,
        vigil: Vigil,
        door: Door | None,
        admit: Admit,
    ) -> None:
        """`door`: None where everybody may enter who `admit` lets in."""
        self._settings = settings
        self._studios = studios
        self._pool = pool
        self._vigil = vigil
        self._door = door
        self._admit = admit

    async def run(self, turn: Turn, route: Route) -> None:
        """Carry a request into its studio, and the answer back.

        Raises:
            Refused: who asks may not enter, or the studio is not there.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        whereabouts = self._studios.find(route.project, route.studio)
        visitor = self._let_in(turn, route, whereabouts)
        if isinstance(visitor, Redirect):
            await turn.client.write(spoken.redirect(turn.server, turn.request, visitor))
            return
        found = _running(route, whereabouts)
        exchange = Exchange(self._call(turn, route, found), self._pool)
        watches: list[Coroutine[Any, Any, None]] = [self._vigil.keep(route, found.key)]
        if visitor is not None and self._door is not None:
            watches.append(self._door.until_gone(visitor))
        try:
            await alongside(exchange.run(), *watches)
        except Refused as refused:
            if not exchange.has_answered:
                raise
            raise ServerBroke(refused.fault.message) from refused

    def _let_in(self, turn: Turn, route: Route, where: Whereabouts) -> Visitor | Redirect | None:
        knock = turn.knock(route.path)
        visitor = None
        if self._door is not None:
            owner = None if isinstance(where, Absent) else where.owner
            visitor = self._door.enter(knock, route.studio, owner)
        visit = Visit(
            project=route.project,
            studio=route.studio,
            port=route.port,
            method=knock.method,
            path=route.path,
            headers=knock.headers,
            peer=knock.peer,
        )
        fault = self._admit(visit)
        if fault is not None:
            raise Refused(fault)
        return visitor

    def _call(self, turn: Turn, route: Route, found: Found) -> Call:
        framers = self._door.framers(turn.asker.host.decode("latin-1")) if self._door else None
        return Call(
            request=turn.request,
            server=turn.server,
            client=turn.client,
            asker=turn.asker,
            route=route,
            port=found.ports[route.port],
            key=found.key,
            body_seconds=self._settings.body_seconds,
            framers=framers,
        )


def _running(route: Route, where: Whereabouts) -> Found:
    """Return the studio that runs.

    Raises:
        Refused: it is not there, does not run, or does not expose the port.
    """
    if isinstance(where, NotRunning):
        raise Refused(faults.not_running(route.studio, where.state, where.reason, where.stage))
    if isinstance(where, Absent):
        raise Refused(faults.absent(route.project, route.studio))
    if route.port not in where.ports:
        links = [
            (f"{port} {one.label}".rstrip(), f"{route.base}{port}/")
            for port, one in sorted(where.ports.items())
        ]
        raise Refused(faults.no_port(route.studio, route.port, links))
    return where
