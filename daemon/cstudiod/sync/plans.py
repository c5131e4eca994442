"""Plans for the single-shot verbs, and plans as lines that people read.

`push` and `pull` are one-way replicas of what differs now; `reset` treats what
differs as if nothing had been agreed about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cstudio_sync.entries import Entry
from cstudio_sync.reconcile import LOCAL, ONE_WAY_REPLICA, REMOTE, Change, Plan, reconcile

from cstudiod.model.sync_sessions import PlannedChange
from cstudiod.sync.mirror import Mirror

Work = Literal["cycle", "push", "pull", "reset"]


def plan_for(mirror: Mirror, work: Work) -> Plan:
    """Decide what `work` would do now; change nothing."""
    match work:
        case "cycle":
            return mirror.plan()
        case "push":
            return mirror.plan(mode=ONE_WAY_REPLICA)
        case "pull":
            return _pull(mirror)
        case "reset":
            local, remote = mirror.held()
            return reconcile({*local, *remote}, {}, local, remote, mirror.mode)


def _pull(mirror: Mirror) -> Plan:
    local, remote, ancestor = mirror.differing()
    plan = reconcile({*local, *remote}, ancestor, remote, local, ONE_WAY_REPLICA)
    return Plan(local=plan.remote, remote=plan.local, agreed=plan.agreed)


def lines(plan: Plan) -> list[PlannedChange]:
    """Return a plan as what is shown for a dry run, in path order."""
    shown = [
        *_changes(LOCAL, plan.local),
        *_changes(REMOTE, plan.remote),
        *(
            _line(clash.path, "both", "conflict", None, "changed differently on both sides")
            for clash in plan.conflicts
        ),
        *(_line(note.path, note.side, "leave", None, note.reason) for note in plan.notes),
        *(_line(one.path, "both", "adopt", one.entry, "equal on both") for one in plan.agreed),
    ]
    return sorted(shown, key=lambda line: (line.path, line.side))


def _changes(side: str, changes: Iterable[Change]) -> Iterable[PlannedChange]:
    for change in changes:
        action = "update"
        if change.new is None:
            action = "delete"
        elif change.old is None:
            action = "create"
        yield _line(change.path, side, action, change.new or change.old, change.why)


def _line(path: bytes, side: str, action: str, entry: Entry | None, reason: str) -> PlannedChange:
    size = entry.size if entry is not None else 0
    return PlannedChange(path=path, side=side, action=action, size=size, reason=reason)
