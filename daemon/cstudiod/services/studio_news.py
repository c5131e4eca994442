"""Shows a studio anew when its files have news: conflicts, problems, how far a copy is.

What a session does changes many times a second; a studio is looked at again a few times
a second at most, and told of only when what is shown of it has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import cast

from cstudiod.model.sync_sessions import Session
from cstudiod.services.admission import STUDIO_LABEL
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.store.feed import Change

_PAUSE_SECONDS = 0.25


class StudioNews:
    """Follows the sessions of all studios."""

    def __init__(self, sessions: SyncSessions, refresh: Callable[[str], None]) -> None:
        """`refresh` is given the uid of a studio that has news."""
        self._sessions = sessions
        self._refresh = refresh
        self._waiting: set[str] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Go on until the sessions' feed is closed."""
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell())
            await self._listen()
            telling.cancel()

    async def _listen(self) -> None:
        changes = cast(AsyncGenerator[Change[Session], None], self._sessions.watch())
        async with contextlib.aclosing(changes) as given:
            async for change in given:
                if change.upserted is None:
                    continue
                if uid := change.upserted.spec.labels.get(STUDIO_LABEL):
                    self._waiting.add(uid)
                    self._news.set()

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(_PAUSE_SECONDS)
            self._news.clear()
            waiting, self._waiting = self._waiting, set()
            for uid in waiting:
                self._refresh(uid)
