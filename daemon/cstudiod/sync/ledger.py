"""What a session cannot bring in step: conflicts, problems, failures.

Each is data with a path. Decisions replace what was said about the same path
before; a failure stays until the path is tried again or decided otherwise. A
file that cannot be sent because it never rests is tried again and again: it is
listed from the second time on, until it arrives or is no longer to be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import Seen, stamp_mtime_ns
from cstudio_sync.reconcile import Note, Plan

from cstudiod.model.sync_sessions import Conflict, Problem, Version

_RESTLESS_TIMES = 2
CHANGING = "changing"
"""The reason of a file that changes while it is sent, every time."""


class Ledger:
    """The open matters of one session, by path."""

    def __init__(self) -> None:
        """Start with nothing open."""
        self._conflicts: dict[bytes, Conflict] = {}
        self._notes: dict[bytes, Note] = {}
        self._failures: dict[bytes, Problem] = {}
        self._restless: dict[bytes, tuple[str, int]] = {}
        """Path to its side, and how often in a row it changed while it was sent."""

    def decided(self, closure: Iterable[bytes], plan: Plan, now: float) -> None:
        """Take in a decision about every path of `closure`."""
        since = {}
        if self._restless:
            self._rested(closure, plan)
        for path in closure:
            old = self._conflicts.pop(path, None)
            if old is not None:
                since[path] = old.since
            self._notes.pop(path, None)
            self._failures.pop(path, None)
        for clash in plan.conflicts:
            self._conflicts[clash.path] = Conflict(
                path=clash.path,
                local=_version(clash.local),
                remote=_version(clash.remote),
                since=since.get(clash.path, now),
            )
        for note in plan.notes:
            self._notes[note.path] = note

    def _rested(self, closure: Iterable[bytes], plan: Plan) -> None:
        """Forget the restless files of `closure` that are not to be sent any more."""
        sent = {change.path for change in (*plan.local, *plan.remote)}
        for path in self._restless.keys() & set(closure) - sent:
            del self._restless[path]

    def restless(self, side: str, path: bytes) -> None:
        """Take in that a file of `side` changed while it was sent."""
        self._restless[path] = (side, self._restless.get(path, (side, 0))[1] + 1)

    def failed(self, side: str, outcome: ops.Outcome) -> None:
        """Take in an operation that did not happen."""
        self._failures[outcome.path] = Problem(
            path=outcome.path, side=side, reason=outcome.status, detail=outcome.detail
        )

    def succeeded(self, path: bytes) -> None:
        """The path is in step."""
        self._restless.pop(path, None)
        self._failures.pop(path, None)
        self._conflicts.pop(path, None)
        self._notes.pop(path, None)

    def forget(self) -> None:
        """A new look will say everything again."""
        self._restless.clear()
        self._conflicts.clear()
        self._notes.clear()
        self._failures.clear()

    @property
    def conflict_count(self) -> int:
        """How many paths are in conflict."""
        return len(self._conflicts)

    def conflict(self, path: bytes) -> Conflict | None:
        """Return the conflict rooted at `path`."""
        return self._conflicts.get(path)

    def conflicts(self) -> list[Conflict]:
        """Return all conflicts in tree order."""
        return [self._conflicts[path] for path in sorted(self._conflicts, key=paths.tree_order)]

    def failures(self) -> dict[bytes, Problem]:
        """Return what was tried and failed, by path."""
        return self._failures

    def problems(self, unknown: Iterator[tuple[str, Seen]]) -> list[Problem]:
        """Return everything that is not in step for another reason than a conflict.

        `unknown` yields (side, observation) for the paths a side cannot sync.
        """
        found = {
            (path, note.side): Problem(
                path=path, side=note.side, reason=note.reason, detail=note.detail
            )
            for path, note in self._notes.items()
        }
        for side, seen in unknown:
            found[seen.path, side] = Problem(
                path=seen.path, side=side, reason=seen.problem, detail=seen.detail
            )
        for path, (side, times) in self._restless.items():
            if times >= _RESTLESS_TIMES:
                found[path, side] = _changing(path, side, times)
        found.update({(path, problem.side): problem for path, problem in self._failures.items()})
        return sorted(found.values(), key=lambda one: (paths.tree_order(one.path), one.side))


def _changing(path: bytes, side: str, times: int) -> Problem:
    detail = f"it changed while it was sent, {times} times in a row; it is tried again"
    return Problem(path=path, side=side, reason=CHANGING, detail=detail)


def _version(seen: Seen | None) -> Version | None:
    if seen is None or seen.entry is None:
        return None
    return Version(entry=seen.entry, mtime_ns=stamp_mtime_ns(seen.stamp))
