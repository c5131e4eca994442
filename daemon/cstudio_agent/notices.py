"""The thread that turns events into observations, and pushes them.

Events are hints: each path is looked at when it has settled. Looking and
pushing take turns with `Replica.apply`, so that the order of pushes and
outcomes is the order of what was true; a long list is done in slices, so that
a change never waits long. What shows just what `apply` left is not pushed.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Dict, List, Sequence, Tuple

from cstudio_sync import paths
from cstudio_sync.entries import Seen

from cstudio_agent import settle
from cstudio_agent.contracts import RootTrouble
from cstudio_agent.replica import Replica
from cstudio_agent.scan import Batch
from cstudio_agent.wire import WireBroken

INLINE_BYTES = 64 * 1024
MOST_WAITING = 20_000
"""More paths than this are not told one by one: everything is looked at."""
_SLICE_PATHS = 100

Push = Callable[[Sequence[Seen], str], None]
"""Told observations, and why to look at everything (or an empty text)."""


class Notices:
    """Notes events from any thread, pushes observations from its own."""

    def __init__(self, replica: Replica, push: Push) -> None:
        """Start the thread."""
        self._replica = replica
        self._push = push
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
        """Note many events at once: the thread is woken once for all."""
        with self._changed:
            now = time.monotonic()
            for path, event in events:
                self._settle.add(path, event, now)
            if len(self._settle) > MOST_WAITING:
                self._settle.everything()
                self._rescan = "more changes at once than can be told one by one"
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
        while True:
            with self._changed:
                due, rescan, drained = self._wait()
            if self._closing:
                return
            try:
                self._tell(due, rescan)
            except RootTrouble as trouble:
                self._push([], "root: %s" % trouble.message)
            except WireBroken:
                return
            except Exception as error:  # a thread that died in silence would be worse
                self._push([], "looking failed: %s" % repr(error))
            with self._changed:
                self._drained = max(self._drained, drained)
                self._changed.notify_all()

    def _wait(self) -> tuple[Dict[bytes, int], str, int]:
        while not self._closing:
            now = time.monotonic()
            draining = self._draining
            asked = draining > self._drained
            due = self._settle.everything() if asked else self._settle.due(now)
            if due or self._rescan or asked:
                rescan, self._rescan = self._rescan, ""
                return due, rescan, draining
            deadline = self._settle.next_deadline()
            self._changed.wait(None if deadline is None else max(0.0, deadline - now))
        return {}, "", self._draining

    def _tell(self, due: Dict[bytes, int], rescan: str) -> None:
        chosen = sorted(self._chosen(due), key=paths.tree_order)
        for start in range(0, len(chosen), _SLICE_PATHS):
            with self._replica.turn:
                self._look(chosen[start : start + _SLICE_PATHS], due)
        if rescan:
            self._push([], rescan)

    def _chosen(self, due: Dict[bytes, int]) -> List[bytes]:
        if paths.ROOT in due:
            self._replica.check_root()
        return [path for path in due if path != paths.ROOT]

    def _look(self, chosen: List[bytes], due: Dict[bytes, int]) -> None:
        found = Batch(self._push_news)
        deep: List[bytes] = []
        own = self._replica.untouched(chosen)
        for path in chosen:
            # Somebody who wrote within the tick of our own write left its stamp.
            if path in own and not due[path] & (settle.MODIFIED | settle.CLOSED):
                continue
            if due[path] & (settle.ARRIVED | settle.CREATED):
                deep.append(path)
            else:
                seen = self._replica.look(path, INLINE_BYTES)
                if seen is not None:
                    found.add(seen)
        found.end()
        if deep:
            self._replica.observe(deep, self._push_news, inline_bytes=INLINE_BYTES)

    def _push_news(self, seen: List[Seen]) -> None:
        """Push a bounded list; a new tree of any size comes in many."""
        news = [one for one in seen if not self._replica.is_own(one)]
        if news:
            self._push(news, "")
