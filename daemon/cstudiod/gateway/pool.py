"""Connections into studios: counted, and kept for the next request where that is safe.

Kept ones serve only requests that may be made twice: when the server closed an idle
connection just as we used it, the request is made again on a fresh one.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable

import h11

from cstudiod.errors import TargetError
from cstudiod.gateway import faults
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.routes import Route
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.wire import Upstream, widen

IDLE_SECONDS = 4.0
"""Shorter than servers keep an idle connection (Node: 5 s)."""
IDLE_CONNECTIONS = 16
"""Kept for each port of a studio."""

Place = tuple[str, int]
"""A studio's key, and a port."""


class Pool:
    """All connections into studios."""

    def __init__(self, limit: int, dial_seconds: float, clock: Callable[[], float]) -> None:
        """`limit`: connections to one studio; `clock`: monotonic seconds."""
        self._limit = limit
        self._dial_seconds = dial_seconds
        self._clock = clock
        self._open: collections.Counter[str] = collections.Counter()
        self._idle: dict[Place, list[Upstream]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing needs looking after."""
        return not self._idle

    async def take(self, place: Place, route: Route, port: StudioPort, *, reuse: bool) -> Upstream:
        """Return a connection, a kept one where `reuse` allows it.

        Raises:
            Refused: nobody listens, the studio cannot be reached, or has too many.
        """
        while reuse and (kept := self._idle.get(place)):
            upstream = kept.pop()
            if await upstream.is_reusable():
                upstream.is_reused = True
                return upstream
            self._close(place, upstream)
        self._make_room(place[0])
        self._open[place[0]] += 1
        try:
            return await self._dial(route, port)
        except BaseException:
            self._forget(place[0])
            raise

    async def _dial(self, route: Route, port: StudioPort) -> Upstream:
        try:
            async with asyncio.timeout(self._dial_seconds):
                reader, writer = await port.dial()
        except TimeoutError as error:
            raise Refused(faults.slow_dial(route.studio, self._dial_seconds)) from error
        except TargetError as error:
            raise Refused(faults.undialled(route.studio, route.port, error)) from error
        except OSError as error:
            known = TargetError(str(error))
            raise Refused(faults.undialled(route.studio, route.port, known)) from error
        widen(writer)
        return Upstream(reader, writer)

    def give(self, place: Place, upstream: Upstream) -> None:
        """Take a connection back, to be kept if it may be."""
        http = upstream.http
        kept = self._idle.get(place, [])
        is_done = http.our_state is h11.DONE and http.their_state is h11.DONE
        if not is_done or http.trailing_data[0] or len(kept) >= IDLE_CONNECTIONS:
            self._close(place, upstream)
            return
        http.start_next_cycle()
        upstream.idle_since = self._clock()
        self._idle[place] = [*kept, upstream]

    def sweep(self) -> None:
        """Close what was kept for too long."""
        oldest = self._clock() - IDLE_SECONDS
        for place, kept in list(self._idle.items()):
            for upstream in kept:
                if upstream.idle_since < oldest:
                    self._close(place, upstream)
            self._idle[place] = [one for one in kept if one.idle_since >= oldest]
            if not self._idle[place]:
                del self._idle[place]

    def close(self) -> None:
        """Close everything that is kept."""
        for place, kept in self._idle.items():
            for upstream in kept:
                self._close(place, upstream)
        self._idle.clear()

    def _make_room(self, key: str) -> None:
        for place, kept in self._idle.items():
            while place[0] == key and self._open[key] >= self._limit and kept:
                self._close(place, kept.pop(0))
        if self._open[key] >= self._limit:
            raise Refused(faults.busy(self._limit))

    def _close(self, place: Place, upstream: Upstream) -> None:
        upstream.close()
        self._forget(place[0])

    def _forget(self, key: str) -> None:
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]
