"""Requests carried into a studio, or a replica of a web app, as long as both ends are good."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from cstudiod.config import GatewaySettings
from cstudiod.gateway import headers
from cstudiod.gateway.exchange import Call, Exchange
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.routes import Route
from cstudiod.gateway.seam import Door, StudioPort, Visitor
from cstudiod.gateway.turns import Turn
from cstudiod.gateway.vigil import Vigil
from cstudiod.gateway.wire import ServerBroke, alongside


class Carrying:
    """Carries requests out."""

    def __init__(
        self, settings: GatewaySettings, *, pool: Pool, vigil: Vigil, door: Door | None
    ) -> None:
        """`door`: None where nobody is asked who they are."""
        self._settings = settings
        self._pool = pool
        self._vigil = vigil
        self._door = door

    def framers(self, turn: Turn) -> Sequence[str] | None:
        """Return the origins whose pages may show the answer in themselves; None: all may."""
        return self._door.framers(turn.asker.host.decode("latin-1")) if self._door else None

    async def run(
        self,
        turn: Turn,
        visitor: Visitor | None,
        *,
        route: Route,
        port: StudioPort,
        key: str,
        told: Callable[[headers.Fields], headers.Fields] = lambda fields: fields,
    ) -> None:
        """Carry a request there, and the answer back.

        Args:
            turn: The request.
            visitor: Who makes it; None: nobody was asked.
            route: Where to.
            port: How to get there.
            key: The route's place as it is now, see `Found.key`.
            told: See `Call.told`.

        Raises:
            Refused: there is no answer, or the place or the visitor was gone before it.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        call = Call(
            request=turn.request,
            server=turn.server,
            client=turn.client,
            asker=turn.asker,
            route=route,
            port=port,
            key=key,
            body_seconds=self._settings.body_seconds,
            framers=self.framers(turn),
            told=told,
        )
        exchange = Exchange(call, self._pool)
        watches: list[Coroutine[Any, Any, None]] = [self._vigil.keep(route, key)]
        if visitor is not None and self._door is not None:
            watches.append(self._door.until_gone(visitor))
        try:
            await alongside(exchange.run(), *watches)
        except Refused as refused:
            if not exchange.has_answered:
                raise
            raise ServerBroke(refused.fault.message) from refused
