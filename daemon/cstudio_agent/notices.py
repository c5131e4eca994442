"""The thread that turns events into observations, and pushes them.

Events are hints: each path is looked at when it has settled. Looking and
pushing take turns with `Replica.apply`, so that the order of pushes and
outcomes is the order of what was true. A long list, and what is below a new
folder, is done in slices, and a large file is hashed before the turn: a change
never waits long. What shows just what `apply` left is not pushed.
"""

from __future__ import annotations

import itertools
import os
import stat
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, Entry, Seen

from cstudio_agent import settle
from cstudio_agent.contracts import RootTrouble
from cstudio_agent.listing import Walk
from cstudio_agent.replica import Replica
from cstudio_agent.root import Folders

INLINE_BYTES = 64 * 1024
MOST_WAITING = 20_000
"""More paths than this are not told one by one: everything is looked at."""
_SLICE_PATHS = 100
_SLICE_BYTES = 4 * 1024 * 1024
_LARGE_BYTES = 1024 * 1024
"""Files above this are hashed before the turn."""

_COMPLETE = settle.CLOSED | settle.ARRIVED
_PRESENT = _COMPLETE | settle.CREATED
_WRITTEN = _PRESENT | settle.MODIFIED

Push = Callable[[Sequence[Seen], str], None]
"""Told observations, and why to look at everything (or an empty text)."""


class _NobodyListens(Exception):
    """`push` failed: its stream or loop has ended."""


class Notices:
    """Notes events from any thread, pushes observations from its own."""

    def __init__(
        self, replica: Replica, push: Push, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start the thread."""
        self._replica = replica
        self._looker = _Looker(replica, self._tell, lambda: self._closing)
        self._push = push
        self._clock = clock
        self._settle = settle.Settle()
        self._changed = threading.Condition()
        self._rescan = ""
        self._closing = False
        self._draining = 0
        self._drained = 0
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def note(self, path: bytes, event: int) -> None:
        """Something happened at `path`."""
        self.note_all([(path, event)])

    def note_all(self, events: Sequence[Tuple[bytes, int]]) -> None:
        """Note many events at once: the thread is woken once, when it must know."""
        with self._changed:
            before = self._settle.next_deadline()
            now = self._clock()
            for path, event in events:
                self._settle.add(path, event, now)
            if len(self._settle) > MOST_WAITING:
                self._settle.everything()
                self._rescan = self._rescan or "more changes at once than can be told one by one"
            after = self._settle.next_deadline()
            if self._rescan or before is None or (after is not None and after < before):
                self._changed.notify_all()

    def rescan(self, why: str) -> None:
        """Events were lost: everything must be looked at."""
        with self._changed:
            self._rescan = self._rescan or why
            self._changed.notify_all()

    def drain(self) -> None:
        """Return when all that was noted before was pushed."""
        with self._changed:
            self._draining += 1
            wanted = self._draining
            self._changed.notify_all()
            while self._drained < wanted and not self._closing:
                self._changed.wait(1.0)

    def close(self) -> None:
        """End the thread; idempotent."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn_over()
        except _NobodyListens:
            pass
        finally:
            self._looker.close()
            with self._changed:
                self._closing = True
                self._changed.notify_all()

    def _turn_over(self) -> None:
        with self._changed:
            due, rescan, drained = self._wait()
            is_asked = drained > self._drained
        try:
            passing = self._looker.look(due, is_asked)
            self.note_all(passing)
        except RootTrouble as trouble:
            rescan = "root: %s" % trouble.message
        except _NobodyListens:
            raise
        except Exception as error:  # whatever it was, a look at everything makes up for it
            rescan = rescan or "looking failed: %r" % error
        if rescan and not self._closing:
            self._tell([], rescan)
        with self._changed:
            self._drained = max(self._drained, drained)
            self._changed.notify_all()

    def _wait(self) -> Tuple[Dict[bytes, int], str, int]:
        """Return (what is due, why to rescan, how many drains this answers)."""
        while not self._closing:
            now = self._clock()
            draining = self._draining
            asked = draining > self._drained
            due = self._settle.everything() if asked else self._settle.due(now)
            if due or self._rescan or asked:
                rescan, self._rescan = self._rescan, ""
                return due, rescan, draining
            deadline = self._settle.next_deadline()
            self._changed.wait(None if deadline is None else max(0.0, deadline - now))
        return {}, "", self._draining

    def _tell(self, seen: Sequence[Seen], rescan: str) -> None:
        try:
            self._push(seen, rescan)
        except (OSError, RuntimeError) as error:
            raise _NobodyListens() from error


class _Slice:
    """What is looked at in one turn."""

    def __init__(self) -> None:
        self.plain: List[bytes] = []
        """Small files, links, whatever is not there."""
        self.folders: List[bytes] = []
        self.large: List[Tuple[bytes, os.stat_result]] = []
        self._bytes = 0

    def add(self, path: bytes, status: Optional[os.stat_result]) -> None:
        if status is None or not stat.S_ISREG(status.st_mode):
            is_folder = status is not None and stat.S_ISDIR(status.st_mode)
            (self.folders if is_folder else self.plain).append(path)
        elif status.st_size > _LARGE_BYTES:
            self.large.append((path, status))
        else:
            self.plain.append(path)
            self._bytes += status.st_size

    @property
    def is_full(self) -> bool:
        return self._bytes >= _SLICE_BYTES


class _Looker:
    """Looks at paths and tells what is there; for the notices' thread."""

    def __init__(
        self,
        replica: Replica,
        tell: Callable[[Sequence[Seen], str], None],
        is_closing: Callable[[], bool],
    ) -> None:
        self._replica = replica
        self._folders = Folders(replica.root)
        self._tell = tell
        self._is_closing = is_closing
        self._due: Dict[bytes, int] = {}
        self._passing: Dict[bytes, float] = {}
        """Paths that were not told as they were; since when."""

    def close(self) -> None:
        self._folders.close()

    def look(self, due: Dict[bytes, int], must_tell: bool) -> List[Tuple[bytes, int]]:
        """Tell what is at each path, and below folders that are new.

        Unless it must tell, it returns what to note: paths to look at again soon.

        Raises:
            RootTrouble: the root is not what it was; then nothing is known.
        """
        self._replica.check_root()
        if must_tell:
            self._passing.clear()
        self._due = {} if must_tell else due
        below = self._with_what_is_below(due)
        while not self._is_closing():
            chosen = list(itertools.islice(below, _SLICE_PATHS))
            if not chosen:
                break
            self._look_at_all(chosen, due)
        # Whoever still writes is given time; what was closed or has gone, one more look.
        return [
            (path, settle.REMOVED if due[path] & _COMPLETE else settle.MODIFIED)
            for path in due
            if path in self._passing
        ]

    def _look_at_all(self, chosen: List[bytes], due: Dict[bytes, int]) -> None:
        # Somebody who wrote within the tick of our own write left its stamp.
        quiet = [p for p in chosen if not due.get(p, 0) & (settle.MODIFIED | settle.CLOSED)]
        with self._replica.turn:
            own = self._replica.untouched(quiet)
        part = _Slice()
        for path in chosen:
            if path not in own:
                part.add(path, self._status(path))
            if part.is_full:
                self._look_at(part)
                part = _Slice()
        self._look_at(part)

    def _with_what_is_below(self, due: Dict[bytes, int]) -> Iterator[bytes]:
        listed: Set[bytes] = set()
        for path in sorted(due, key=paths.tree_order):
            if path == paths.ROOT or path in listed:
                continue
            yield path
            if due[path] & (settle.ARRIVED | settle.CREATED) and self._takes_part(path):
                for below in self._below(path):
                    listed.add(below)
                    yield below

    def _takes_part(self, path: bytes) -> bool:
        """Tell whether a folder is there that is not excluded."""
        status = self._status(path)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
        return not self._replica.matcher.excluded(path, True)

    def _below(self, folder: bytes) -> Iterator[bytes]:
        walk = Walk(self._folders, self._replica.matcher, self._is_closing)
        for visit in walk.visits(folder):
            for child in visit.children:
                yield paths.join(visit.path, child[0])

    def _look_at(self, part: _Slice) -> None:
        hashed = [(self._replica.look(path), status) for path, status in part.large]
        with self._replica.turn:
            self._replica.check_root()  # or everything in it would seem to be gone
            found = [self._replica.look(path) for path in part.folders]
            found += [
                seen for seen, was in hashed if seen is not None and self._is_still(seen, was)
            ]
            self._push([seen for seen in found if seen is not None])
            self._replica.observe(part.plain, self._push, self._is_closing, INLINE_BYTES)

    def _is_still(self, seen: Seen, was: os.stat_result) -> bool:
        """Tell whether no operation replaced a file since; if one did, an event follows."""
        now = self._status(seen.path)
        return now is not None and (now.st_ino, now.st_mode) == (was.st_ino, was.st_mode)

    def _push(self, seen: Sequence[Seen]) -> None:
        news = [one for one in seen if not self._replica.is_own(one) and not self._is_passing(one)]
        if news:
            self._tell(news, "")

    def _is_passing(self, seen: Seen) -> bool:
        """Tell whether a file is absent or empty only because it is being replaced.

        Something just said that it is there, or is written to: the next save
        has begun. That is not told, for a short time.
        """
        events = self._due.get(seen.path, 0)
        if seen.problem or not events & (_PRESENT if seen.entry is None else _WRITTEN):
            is_passing = False
        else:
            is_passing = seen.entry is None or _is_empty(seen.entry)
        if not is_passing:
            self._passing.pop(seen.path, None)
            return False
        now = time.monotonic()
        if now - self._passing.setdefault(seen.path, now) < settle.LONGEST_SECONDS:
            return True
        del self._passing[seen.path]
        return False

    def _status(self, path: bytes) -> Optional[os.stat_result]:
        parent, name = paths.split(path)
        try:
            return os.stat(name, dir_fd=self._folders.fd(parent), follow_symlinks=False)
        except OSError:
            return None


def _is_empty(entry: Entry) -> bool:
    return entry.kind == FILE and not entry.size
