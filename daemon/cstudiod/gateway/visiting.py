"""Requests for web apps: who may visit, which replica serves, and there and back."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cstudiod.gateway import headers, spoken, webapp_faults, webapp_routes
from cstudiod.gateway.carrying import Carrying
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.routes import Redirect
from cstudiod.gateway.seam import Door, StudioPort, Visitor
from cstudiod.gateway.turns import Turn
from cstudiod.gateway.webapp_routes import Inside, WebAppRoute
from cstudiod.model.studios import Reason
from cstudiod.model.webapps import WebAppState
from cstudiod.services.identity import Caller

_REMEMBERED = 1000
"""Replicas of which it is known when they were given a visitor last."""


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One place where a web app takes visitors now."""

    uid: str
    pod: str
    """What ``${K8S_POD_NAME}`` is there: part of the prefix that its programs know."""
    key: str
    """Another one whenever old connections are worth nothing."""
    port: StudioPort


@dataclass(frozen=True, kw_only=True)
class Published:
    """A web app as it is now."""

    port: int
    state: WebAppState
    reason: Reason | None = None
    stage: str = ""
    replicas: Sequence[Replica] = ()
    """Those that take visitors."""
    is_public: bool = False
    may_visit: Callable[[Caller | None], bool] = lambda _: True


class WebApps(Protocol):
    """Where web apps are."""

    def find(self, project: str, id: str) -> Published | None:
        """Return how a web app is now, from memory; None: there is none."""


def chosen(
    replicas: Sequence[Replica], wanted: str, busy: Mapping[str, int], turns: Mapping[str, int]
) -> Replica:
    """Return the replica that serves: the one that the visitor was with, else the idlest.

    Args:
        replicas: At least one.
        wanted: The uid of the one that the visitor was with; empty: none.
        busy: How many requests each of them serves now, by uid.
        turns: When each of them was given a new visitor last, as a number that grows.
    """
    known = [one for one in replicas if one.uid == wanted]
    if known:
        return known[0]
    return min(replicas, key=lambda one: (busy.get(one.uid, 0), turns.get(one.uid, 0)))


class Visiting:
    """The way into web apps."""

    def __init__(self, webapps: WebApps, carrying: Carrying, door: Door | None) -> None:
        """`door`: None where nobody is asked who they are."""
        self._webapps = webapps
        self._carrying = carrying
        self._door = door
        self._busy: collections.Counter[str] = collections.Counter()
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count(1)

    async def run(self, turn: Turn, route: WebAppRoute) -> None:
        """Carry a request into a replica, and the answer back.

        Raises:
            Refused: who asks may not visit, or no replica takes visitors.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        app = self._webapps.find(route.project, route.id)
        visitor = self._let_in(turn, route, app)
        where = visitor if isinstance(visitor, Redirect) else self._where(turn, route, app)
        if isinstance(where, Redirect):
            await turn.client.write(spoken.redirect(turn.server, turn.request, where))
            return
        assert not isinstance(visitor, Redirect)
        replica, inside = where
        port, key = replica.port, replica.key
        self._busy[replica.uid] += 1
        try:
            await self._carrying.run(
                turn, visitor, route=inside, port=port, key=key, told=inside.told
            )
        except Refused as refused:
            fault = webapp_faults.told(refused.fault, route.id, replica.uid)
            raise Refused(fault) from refused
        finally:
            self._busy[replica.uid] -= 1
            self._busy += collections.Counter()  # forgets those that have none

    def _let_in(
        self, turn: Turn, route: WebAppRoute, app: Published | None
    ) -> Visitor | Redirect | None:
        if self._door is None:
            return None
        knock = turn.knock(webapp_routes.path_of(route))
        if app is not None and app.is_public:
            return self._door.pass_by(knock)
        visitor = self._door.enter(knock, route.id, None)
        if isinstance(visitor, Visitor) and app is not None and not app.may_visit(visitor.caller):
            raise Refused(webapp_faults.not_for(route.id, visitor.caller.login))
        return visitor

    def _where(
        self, turn: Turn, route: WebAppRoute, app: Published | None
    ) -> tuple[Replica, Inside] | Redirect:
        if app is None:
            raise Refused(webapp_faults.absent(route.project, route.id))
        if route.pod and route.port != app.port:
            raise Refused(webapp_faults.no_port(route.id, route.port, app.port))
        if not app.replicas:
            raise Refused(webapp_faults.not_ready(route.id, app.state, app.reason, app.stage))
        if route.pod:
            named = [one for one in app.replicas if one.pod == route.pod]
            if not named and headers.wants_websocket(turn.request.headers):
                raise Refused(webapp_faults.not_ready(route.id, app.state, app.reason, app.stage))
            if not named:
                return webapp_routes.anywhere(route)
            return named[0], self._inside(turn, route, named[0], app.port, keep=False)
        wanted = webapp_routes.wanted(list(turn.request.headers))
        replica = chosen(app.replicas, wanted, self._busy, self._turns)
        if replica.uid != wanted:
            self._turns.pop(replica.uid, None)  # the latest is the last
            self._turns[replica.uid] = next(self._numbers)
            if len(self._turns) > _REMEMBERED:
                del self._turns[next(iter(self._turns))]
        return replica, self._inside(turn, route, replica, app.port, keep=replica.uid != wanted)

    def _inside(
        self, turn: Turn, route: WebAppRoute, replica: Replica, port: int, *, keep: bool
    ) -> Inside:
        learned = headers.keeps_cookies_in_frames(turn.request.headers, turn.asker)
        is_framed = learned and bool(self._carrying.framers(turn))
        uid, pod = replica.uid, replica.pod
        return webapp_routes.inside(route, uid, pod, port, keep=keep, is_framed=is_framed)
