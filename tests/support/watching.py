"""A watched folder of this machine, with everything that is told about it."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cstudio_agent.notices import Notices
from cstudio_agent.replica import Replica
from cstudio_agent.watch import POLL_SECONDS, Watch
from cstudio_sync.entries import FILE, Entry, Seen
from cstudio_sync.rules import NO_RULES, Rule, Rules, compile

PATIENCE_SECONDS = 20.0


def entry(content: bytes, executable: bool = False) -> Entry:
    """Return the entry of a file with that content."""
    return Entry(FILE, hashlib.sha256(content).digest(), len(content), executable)


class Told:
    """What was pushed, in order."""

    def __init__(self) -> None:
        self.pushes: list[tuple[tuple[Seen, ...], str]] = []
        self._changed = threading.Condition()

    def push(self, seen: Sequence[Seen], rescan: str) -> None:
        with self._changed:
            self.pushes.append((tuple(seen), rescan))
            self._changed.notify_all()

    @property
    def seen(self) -> list[Seen]:
        return [one for seen, _ in list(self.pushes) for one in seen]

    @property
    def rescans(self) -> list[str]:
        return [rescan for _, rescan in list(self.pushes) if rescan]

    @property
    def last(self) -> dict[bytes, Seen]:
        """The latest observation of each path."""
        return {one.path: one for one in self.seen}

    def history(self, path: bytes) -> list[Entry | None]:
        return [one.entry for one in self.seen if one.path == path]

    def clear(self) -> None:
        with self._changed:
            self.pushes.clear()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on what was told holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"not told in time; told: {self.pushes[-5:]}"
                self._changed.wait(min(left, 0.5))


class Watched:
    """A replica, its notices and, once `start` was called, its watch."""

    def __init__(self, root: Path, rules: Rules = NO_RULES) -> None:
        self.root = root
        self.told = Told()
        self.replica = Replica.open(os.fsencode(root), session="test", matcher=compile(rules))
        self.notices = Notices(self.replica, self.told.push)
        self.watch: Watch | None = None

    def start(self, poll_seconds: float = POLL_SECONDS) -> Watch:
        self.watch = Watch(self.replica, self.notices, poll_seconds)
        return self.watch

    def settle(self) -> None:
        """Everything that happened before was told when this returns."""
        assert self.watch is not None
        self.watch.drain()
        self.notices.drain()

    def close(self) -> None:
        if self.watch is not None:
            self.watch.close()
        self.notices.close()
        self.replica.close()


def rules_for(*names: str) -> Rules:
    """Return rules that exclude folders and files of these names."""
    return Rules.of(tuple(Rule(f"(?:.*/)?{name}") for name in names))
