"""When a changed path is looked at: at once, or after the storm around it.

People wait for one saved file, so a file that was complete in one event
sequence after quiet is due at once. Everything else is gathered: it is due
when nothing happened for `GATHER_SECONDS`, or when it has waited for
`LONGEST_SECONDS`. Editors write beside, move aside, move over and remove
within milliseconds; gathering makes that one update, in which the file never
seems to be gone.

    in-place save     MODIFIED f, CLOSED f                        at once
    moved in          ARRIVED f                                   at once
    vim               CREATED 4913 … REMOVED f, CREATED f, …      gathered
    JetBrains         CREATED tmp … REMOVED tmp, ARRIVED f, …     gathered
    endless log       MODIFIED, MODIFIED, …                       every 200 ms

A path that is due at once and turns out to be empty or absent is about to be
written, most likely: whoever looks adds it again as `REMOVED`, and it is
gathered (see `notices`).

Pure: the caller has the clock.
"""

from __future__ import annotations

from typing import Dict, List, Optional

MODIFIED = 1
"""Something was written, and may be half of it."""
CLOSED = 2
"""A writer closed the file."""
CREATED = 4
"""A name is new, and its content may follow."""
ARRIVED = 8
"""A name is new and complete: it was renamed to, or is a folder."""
REMOVED = 16
"""A name is gone, or was renamed away."""

GATHER_SECONDS = 0.020
LONGEST_SECONDS = 0.200
_EAGER = (CLOSED, CLOSED | MODIFIED, ARRIVED, ARRIVED | MODIFIED)


class _Pending:
    __slots__ = ("events", "first", "last", "newest")

    def __init__(self, now: float) -> None:
        self.events = 0
        self.newest = 0
        self.first = now
        self.last = now


class Settle:
    """Paths with events on them that were not looked at yet."""

    def __init__(self, gather: float = GATHER_SECONDS, longest: float = LONGEST_SECONDS) -> None:
        """Both in seconds, on the clock of `add` and `due`."""
        self._gather = gather
        self._longest = longest
        self._pending: Dict[bytes, _Pending] = {}
        self._last = float("-inf")
        self._after_quiet = False

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, path: bytes, event: int, now: float) -> None:
        """Take one event."""
        if not self._pending:
            self._after_quiet = now - self._last >= self._gather
        self._last = now
        pending = self._pending.get(path)
        if pending is None:
            pending = self._pending[path] = _Pending(now)
        pending.events |= event
        pending.newest = event
        pending.last = now

    def next_deadline(self) -> Optional[float]:
        """Return when something is due next; None while nothing is pending."""
        if not self._pending:
            return None
        if self._is_eager():
            return self._last
        oldest = next(iter(self._pending.values()))
        return min(self._last + self._gather, oldest.first + self._longest)

    def due(self, now: float) -> Dict[bytes, int]:
        """Take what is due: path -> all its events. Often empty."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return {}
        if self._is_eager() or now >= self._last + self._gather:
            return self._take(list(self._pending))
        return self._take([path for path, item in self._pending.items() if self._waited(item, now)])

    def everything(self) -> Dict[bytes, int]:
        """Take all that is pending, due or not."""
        return self._take(list(self._pending))

    def _is_eager(self) -> bool:
        """Tell whether one complete path stands alone after quiet."""
        if not self._after_quiet or len(self._pending) != 1:
            return False
        item = next(iter(self._pending.values()))
        return item.events in _EAGER and item.newest != MODIFIED

    def _waited(self, item: _Pending, now: float) -> bool:
        return now >= item.last + self._gather or now >= item.first + self._longest

    def _take(self, chosen: List[bytes]) -> Dict[bytes, int]:
        self._after_quiet = False
        return {path: self._pending.pop(path).events for path in chosen}
