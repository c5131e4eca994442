"""Ends what goes on with a studio that is not there any more.

The network may take a minute to notice that a pod is gone; the daemon knows at once.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses

from cstudiod.gateway import faults
from cstudiod.gateway.faults import Fault, Refused
from cstudiod.gateway.pool import Pool
from cstudiod.gateway.routes import Route
from cstudiod.gateway.seam import Found, NotRunning, Studios

LOOK_SECONDS = 0.5
_BAD_GATEWAY = 502

Lease = tuple[str, str, str]
"""Project, studio, key."""


class Vigil:
    """Looks after the studios that are being talked to."""

    def __init__(self, studios: Studios, pool: Pool) -> None:
        self._studios = studios
        self._pool = pool
        self._waiting: dict[Lease, set[asyncio.Future[Fault]]] = collections.defaultdict(set)
        self._wanted = asyncio.Event()

    async def keep(self, route: Route, key: str) -> None:
        """Wait until that studio is gone.

        Raises:
            Refused: it is; with the reason.
        """
        gone: asyncio.Future[Fault] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[route.project, route.studio, key]
        waiting.add(gone)
        self._wanted.set()
        try:
            raise Refused(await gone)
        finally:
            waiting.discard(gone)

    async def run(self) -> None:
        """Look, again and again, as long as there is something to look after."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(LOOK_SECONDS)
            for lease in list(self._waiting):
                self._look(lease)
            self._pool.sweep()
            if not self._waiting and self._pool.is_idle:
                self._wanted.clear()

    def _look(self, lease: Lease) -> None:
        waiting = self._waiting[lease]
        if not waiting:
            del self._waiting[lease]
            return
        fault = self._fault(*lease)
        if fault is None:
            return
        for gone in waiting:
            if not gone.done():
                gone.set_result(dataclasses.replace(fault, status=_BAD_GATEWAY))

    def _fault(self, project: str, studio: str, key: str) -> Fault | None:
        found = self._studios.find(project, studio)
        if isinstance(found, Found):
            return None if found.key == key else faults.replaced(studio)
        if isinstance(found, NotRunning):
            return faults.not_running(studio, found.state, found.reason, found.stage)
        return faults.absent(project, studio)
