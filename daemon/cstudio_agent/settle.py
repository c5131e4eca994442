"""When a path that was touched is looked at: at once, or when it is quiet.

Pure; time is an argument. The first event after quiet that completes a file
(closed after writing, moved into place) is due at once. What follows within
`GATHER_SECONDS` is gathered, at most `LONGEST_SECONDS` for any path. A file
that is still being written, and a name that went, wait for quiet: so an
editor's "remove, then move the new one here" is one change, and an endless
log is picked up every `LONGEST_SECONDS`.
"""

from __future__ import annotations

from typing import Dict, Optional

MODIFIED = 1
"""Written to, or its attributes changed."""
CLOSED = 2
"""Closed after writing: complete."""
CREATED = 4
"""A file appeared; it will be written to."""
ARRIVED = 8
"""Appeared complete: moved here, linked, or a folder."""
REMOVED = 16
"""Removed, or moved away."""

GATHER_SECONDS = 0.02
LONGEST_SECONDS = 0.2
QUIET_SECONDS = 0.1
"""After so long without events the next one is the first after quiet."""

_COMPLETING = CLOSED | ARRIVED


class _Waiting:
    __slots__ = ("events", "first", "last")

    def __init__(self, event: int, now: float) -> None:
        self.events = event
        self.first = now
        self.last = now


class Settle:
    """Touched paths that wait to be looked at."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._waiting: Dict[bytes, _Waiting] = {}
        self._last_event = float("-inf")
        self._at_once = False
        self._answered = False  # something was due at once since it was last quiet

    def add(self, path: bytes, event: int, now: float) -> None:
        """Note one event."""
        if now - self._last_event > QUIET_SECONDS:
            self._answered = False
        self._last_event = now
        waiting = self._waiting.get(path)
        if waiting is not None:
            waiting.events |= event
            waiting.last = now
        else:
            self._waiting[path] = _Waiting(event, now)
        if event & _COMPLETING and not self._answered and len(self._waiting) == 1:
            self._at_once = self._answered = True

    def __len__(self) -> int:
        return len(self._waiting)

    def everything(self) -> Dict[bytes, int]:
        """Take all that waits, due or not."""
        found = {path: waiting.events for path, waiting in self._waiting.items()}
        self._waiting.clear()
        self._at_once = False
        return found

    def due(self, now: float) -> Dict[bytes, int]:
        """Return the paths to look at now, with their events, and forget them."""
        if self._at_once:
            return self.everything()
        found = {
            path: waiting.events
            for path, waiting in self._waiting.items()
            if _deadline(waiting) <= now
        }
        for path in found:
            del self._waiting[path]
        return found

    def next_deadline(self) -> Optional[float]:
        """Return when something is due next; None when nothing waits."""
        if self._at_once:
            return self._last_event
        if not self._waiting:
            return None
        return min(_deadline(waiting) for waiting in self._waiting.values())


def _deadline(waiting: _Waiting) -> float:
    return min(waiting.last + GATHER_SECONDS, waiting.first + LONGEST_SECONDS)
