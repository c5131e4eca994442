"""When studios were used last: somebody's page, command, file or kernel.

In memory: a daemon that starts gives each studio its whole time again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from cstudiod.store.studios import StoredStudio


class Uses:
    """The uses of all studios."""

    def __init__(self, idle_seconds: float, clock: Callable[[], float]) -> None:
        """Studios are stopped after `idle_seconds` without a use; 0: never."""
        self.idle_seconds = idle_seconds
        self._clock = clock
        self._began = clock()
        self._last: dict[str, float] = {}
        self._going_on: dict[str, int] = {}

    def note(self, uid: str, when: float | None = None) -> None:
        """Somebody uses a studio now, or did at a Unix time."""
        used = self._clock() if when is None else when
        self._last[uid] = max(self._last.get(uid, 0.0), used)

    @contextlib.contextmanager
    def during(self, uid: str) -> Iterator[None]:
        """Somebody uses it all the while."""
        self._going_on[uid] = self._going_on.get(uid, 0) + 1
        try:
            yield
        finally:
            self._going_on[uid] -= 1
            self.note(uid)

    def stop_time(self, studio: StoredStudio) -> float:
        """Return the Unix time at which a studio is stopped unless it is used; 0: never."""
        if not self.idle_seconds:
            return 0.0
        if self._going_on.get(studio.uid):
            self.note(studio.uid)
        last = max(self._last.get(studio.uid, 0.0), studio.state_time, self._began)
        return max(last + self.idle_seconds, studio.keep_until)

    def forget(self, uid: str) -> None:
        """It is deleted."""
        self._last.pop(uid, None)
        self._going_on.pop(uid, None)
