"""What a session shows of itself, gathered while it works and told now and then.

Changes of state are told at once; counts and progress at most ten times a
second, so that a bulk of ten thousand files is not ten thousand messages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from cstudio_sync.entries import Entry

from cstudiod.model.sync_sessions import Progress, Reason, State, Status

_TELL_SECONDS = 0.1
_RATE_SECONDS = 2.0

Kept = Callable[[str, bytes, Entry, str, str], None]


class StatusBoard:
    """The current `Status` of one session; the mirror's `Observer`."""

    def __init__(
        self, tell: Callable[[Status], None], keep: Kept, clock: Callable[[], float]
    ) -> None:
        """`tell` is given every status that is worth showing."""
        self._tell = tell
        self._keep = keep
        self._clock = clock
        self._status = Status()
        self._told = 0.0
        self._rate = _Rate()
        self._untold = _Untold()

    @property
    def status(self) -> Status:
        """The status as it is now."""
        self._take_untold()
        return self._status

    def state(self, state: State, reason: Reason | None = None, **changes: Any) -> None:
        """Enter a state; the reason's `since` is kept while its code stays."""
        self._take_untold()
        before = self._status.reason
        if reason is not None and before is not None and before.code == reason.code:
            reason = dataclasses.replace(reason, since=before.since)
        if state is not State.SYNCING:
            changes.setdefault("progress", Progress())
        new = dataclasses.replace(self._status, state=state, reason=reason, **changes)
        if new != self._status:
            self._status = new
            self.tell()

    def update(self, **changes: Any) -> None:
        """Change counts; told soon, not at once."""
        self._take_untold()
        self._status = dataclasses.replace(self._status, **changes)
        self._tell_now_and_then()

    def tell(self) -> None:
        """Show the status now."""
        self._take_untold()
        self._told = self._clock()
        self._tell(self._status)

    def _tell_now_and_then(self) -> None:
        if self._clock() - self._told >= _TELL_SECONDS:
            self.tell()

    def _take_untold(self) -> None:
        """Put into the status what was only counted so far."""
        untold = self._untold
        if not untold:
            return
        self._untold = _Untold()
        now = self._status.progress
        progress = dataclasses.replace(
            now,
            files_done=now.files_done + untold.files,
            bytes_done=now.bytes_done + untold.size,
            current=untold.path or now.current,
            rate=self._rate.add(self._clock(), untold.size) if untold.size else now.rate,
        )
        changed = self._clock() if untold.files else self._status.last_change
        self._status = dataclasses.replace(self._status, progress=progress, last_change=changed)

    # ------------------------------------------------- sync.observer.Observer

    def looked(self, count: int) -> None:
        """So many more paths were looked at."""
        now = self._status.progress
        if now.phase == "transfer":
            return
        self.update(
            progress=dataclasses.replace(now, phase="scan", files_done=now.files_done + count)
        )

    def planned(self, files: int, size: int) -> None:
        """So much more is to be done."""
        self._take_untold()
        now = self._status.progress
        if now.phase != "transfer":
            self._rate = _Rate()
            now = Progress(phase="transfer")
        progress = dataclasses.replace(
            now, files_total=now.files_total + files, bytes_total=now.bytes_total + size
        )
        self._status = dataclasses.replace(self._status, progress=progress)

    def transferred(self, path: bytes, size: int) -> None:
        """So many more bytes were handed over."""
        self._untold.path = path
        self._untold.size += size
        self._tell_now_and_then()

    def applied(self, count: int) -> None:
        """So many more operations were done."""
        self._untold.files += count
        self._tell_now_and_then()

    def kept(self, side: str, path: bytes, entry: Entry, token: str, why: str) -> None:
        """An older version went to the trash."""
        self._keep(side, path, entry, token, why)


@dataclasses.dataclass(slots=True)
class _Untold:
    """Progress since the status was last brought up to date: one call a file."""

    files: int = 0
    size: int = 0
    path: bytes = b""

    def __bool__(self) -> bool:
        return bool(self.files or self.size or self.path)


class _Rate:
    """Bytes a second over the last couple of seconds."""

    def __init__(self) -> None:
        self._start = 0.0
        self._bytes = 0
        self._rate = 0.0

    def add(self, now: float, size: int) -> float:
        if not self._start:
            self._start = now
        self._bytes += size
        elapsed = now - self._start
        if elapsed > 0.05:
            self._rate = self._bytes / elapsed
        if elapsed > _RATE_SECONDS:
            self._start, self._bytes = now, 0
        return self._rate
