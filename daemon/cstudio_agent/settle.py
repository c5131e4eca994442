"""When a path that was touched is looked at: at once, or when it is quiet.

Pure; time is an argument. The first event after quiet that completes a file
(closed after writing, moved into place) is due at once. What follows within
`GATHER_SECONDS` is gathered, at most `LONGEST_SECONDS` for any path. A file
that is still being written, and a name that went, wait for quiet: so an
editor's "remove, then move the new one here" is one change, and an endless
log is picked up every `LONGEST_SECONDS`.

Nothing is due at once while another path waits that may be the other half of
the same change. A log being written is no such path, nor is a name that came
and went. A name that goes before it was looked at waits after all; temporary
names that live longer are left to the exclusions.
"""

from __future__ import annotations

import heapq
from typing import Dict, List, Optional, Tuple

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
SLACK_SECONDS = 0.005
"""What is due so soon goes along: a rename is not told in two halves."""
LONGEST_SECONDS = 0.2
QUIET_SECONDS = 0.1
"""After so long without changes the next one is the first after quiet."""

_COMPLETING = CLOSED | ARRIVED
_APPEARING = CREATED | ARRIVED


class _Waiting:
    __slots__ = ("events", "first", "is_half", "last", "path", "was_born")

    def __init__(self, path: bytes, event: int, now: float) -> None:
        self.path = path
        self.events = 0
        self.first = now
        self.last = now
        self.was_born = bool(event & _APPEARING)
        """It was not there before the window began."""
        self.is_half = False
        """Another path's events may belong to the same change."""

    def take(self, event: int, now: float) -> None:
        self.events |= event
        self.last = now
        if event & REMOVED:
            self.is_half = not self.was_born
        elif event != MODIFIED:
            self.is_half = True

    @property
    def deadline(self) -> float:
        return min(self.last + GATHER_SECONDS, self.first + LONGEST_SECONDS)


class Settle:
    """Touched paths that wait to be looked at."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._waiting: Dict[bytes, _Waiting] = {}
        # (a deadline that may have moved on since, a number, whose)
        self._timetable: List[Tuple[float, int, _Waiting]] = []
        self._number = 0
        self._halves = 0
        self._last_change = float("-inf")
        self._answered = False  # something was due at once since it was last quiet
        self._at_once: Optional[_Waiting] = None

    def add(self, path: bytes, event: int, now: float) -> None:
        """Note one event."""
        waiting = self._waiting.get(path) or self._begin(path, event, now)
        self._halves -= waiting.is_half
        waiting.take(event, now)
        if waiting is self._at_once and event & REMOVED:
            self._at_once = None
            self._answered = False
        if event != MODIFIED:
            self._answered = self._answered and now - self._last_change <= QUIET_SECONDS
            self._last_change = now
        if event & _COMPLETING and not self._answered and not self._halves:
            self._at_once = waiting
            self._answered = True
        self._halves += waiting.is_half

    def __len__(self) -> int:
        return len(self._waiting)

    def everything(self) -> Dict[bytes, int]:
        """Take all that waits, due or not."""
        found = {path: waiting.events for path, waiting in self._waiting.items()}
        self._waiting.clear()
        self._timetable.clear()
        self._halves = 0
        self._at_once = None
        return found

    def due(self, now: float) -> Dict[bytes, int]:
        """Return the paths to look at now, with their events, and forget them."""
        found: Dict[bytes, int] = {}
        if self._at_once is not None:
            self._end(self._at_once, found)
            self._at_once = None
        deadline = self._earliest()
        if deadline is not None and deadline <= now:
            while deadline is not None and deadline <= now + SLACK_SECONDS:
                self._end(self._timetable[0][2], found)
                deadline = self._earliest()
        return found

    def next_deadline(self) -> Optional[float]:
        """Return when something is due next; None when nothing waits."""
        if self._at_once is not None:
            return self._at_once.last
        return self._earliest()

    def _begin(self, path: bytes, event: int, now: float) -> _Waiting:
        waiting = self._waiting[path] = _Waiting(path, event, now)
        self._number += 1
        heapq.heappush(self._timetable, (waiting.deadline, self._number, waiting))
        return waiting

    def _end(self, waiting: _Waiting, found: Dict[bytes, int]) -> None:
        found[waiting.path] = waiting.events
        self._halves -= waiting.is_half
        del self._waiting[waiting.path]

    def _earliest(self) -> Optional[float]:
        """Bring the head of the timetable up to date and return its deadline."""
        timetable = self._timetable
        while timetable:
            deadline, number, waiting = timetable[0]
            if self._waiting.get(waiting.path) is not waiting:
                heapq.heappop(timetable)
            elif waiting.deadline > deadline:
                heapq.heapreplace(timetable, (waiting.deadline, number, waiting))
            else:
                return deadline
        return None
