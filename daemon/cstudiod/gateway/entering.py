"""Requests for studios: who may enter, where the studio is, and there and back."""

from __future__ import annotations

from cstudiod.gateway import faults, spoken
from cstudiod.gateway.carrying import Carrying
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.gateway.seam import Absent, Door, Found, NotRunning, Studios, Visitor, Whereabouts
from cstudiod.gateway.turns import Turn


class Entering:
    """The way into studios."""

    def __init__(self, studios: Studios, carrying: Carrying, door: Door | None) -> None:
        """`door`: None where everybody may enter."""
        self._studios = studios
        self._carrying = carrying
        self._door = door

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
        port = found.ports[route.port]
        await self._carrying.run(turn, visitor, route=route, port=port, key=found.key)

    def _let_in(self, turn: Turn, route: Route, where: Whereabouts) -> Visitor | Redirect | None:
        if self._door is None:
            return None
        owner = None if isinstance(where, Absent) else where.owner
        return self._door.enter(turn.knock(route.path), route.studio, owner)


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
