"""What looks like an accident is refused, before anything is touched.

Every check is pure and answers with a `Halt`, or None. `reason` is a value of
the contract's error reasons, so it can be shown and answered as it is.
"""

from __future__ import annotations

from collections import Counter
from typing import Counter as CounterType
from typing import List, NamedTuple, Optional, Sequence, Set, Tuple

from cstudio_sync.entries import FOLDER, Entry
from cstudio_sync.paths import parents
from cstudio_sync.reconcile import LOCAL, REMOTE, Change, Plan

ROOT_MISSING = "LOCAL_ROOT_MISSING"
ROOT_EMPTIED = "LOCAL_ROOT_EMPTIED"
ROOT_NOT_A_FOLDER = "LOCAL_ROOT_NOT_A_FOLDER"
MASS_DELETION = "MASS_DELETION"

MASS_DELETION_ENTRIES = 50
MASS_DELETION_PERCENT = 30
EMPTIED_ENTRIES = 2
"""A root that held fewer entries than this may be emptied without a question."""
SAMPLE_PATHS = 1000


class Halt(NamedTuple):
    """Why a session stops, until somebody says go on."""

    reason: str
    side: str
    """The side at which the accident seems to have happened, or (mass deletion)
    from which entries would be deleted."""
    paths: Tuple[bytes, ...]
    """What would be deleted, at most `SAMPLE_PATHS`."""
    message: str
    total: int = 0
    """How many entries would be deleted in all."""


class Root(NamedTuple):
    """What is known of the local root at the moment."""

    kind: str = FOLDER
    """`entries.FOLDER`; another kind; empty when nothing is there."""
    device: int = 0
    remembered_device: int = 0
    """0: not known yet."""
    present: int = 0
    """Entries that take part in sync, now."""
    remembered: int = 0
    """Entries that were agreed on last."""


def check_root(root: Root, accepted: bool = False) -> Optional[Halt]:
    """Refuse a local root that is not the one that was synced last.

    `accepted` lets an emptied root, or one on another device, go on; a root
    that is missing or no folder never does.
    """
    if not root.kind:
        return Halt(ROOT_MISSING, LOCAL, (), "the local root is missing")
    if root.kind != FOLDER:
        return Halt(ROOT_NOT_A_FOLDER, LOCAL, (), "the local root is not a folder any more")
    if accepted:
        return None
    if root.remembered_device and root.device != root.remembered_device:
        message = "the local root is on another device: a disk that is not mounted?"
        return Halt(ROOT_MISSING, LOCAL, (), message)
    if root.remembered >= EMPTIED_ENTRIES and not root.present:
        message = "the local root is empty, it held %d entries" % root.remembered
        return Halt(ROOT_EMPTIED, LOCAL, (), message, root.remembered)
    return None


def check_plan(
    plan: Plan, *, tracked_local: int, tracked_remote: int, accepted: bool = False
) -> Optional[Halt]:
    """Refuse a plan that deletes much of a side.

    `tracked_…` is the number of entries that a side holds and sync knows. What
    is only moved does not count. Deleting all that was agreed on is much,
    however little that is, save a single entry.
    """
    if accepted:
        return None
    for side, changes, tracked in (
        (LOCAL, plan.local, tracked_local),
        (REMOTE, plan.remote, tracked_remote),
    ):
        gone = deletions(changes)
        agreed = deletions([change for change in changes if not change.keep])
        if _is_much(len(gone), tracked) or _is_everything(len(agreed), tracked):
            message = "%d of %d entries would be deleted on the %s side" % (
                len(gone),
                tracked,
                side,
            )
            return Halt(MASS_DELETION, side, gone[:SAMPLE_PATHS], message, len(gone))
    return None


def _is_much(gone: int, tracked: int) -> bool:
    return gone > MASS_DELETION_ENTRIES and gone * 100 > tracked * MASS_DELETION_PERCENT


def _is_everything(agreed_gone: int, tracked: int) -> bool:
    return agreed_gone >= tracked >= EMPTIED_ENTRIES


def deletions(changes: Sequence[Change]) -> Tuple[bytes, ...]:
    """Return the paths that changes delete for good, moves aside.

    A file or link whose equal appears elsewhere on the same side is moved. A
    folder is moved when all that it held was.
    """
    going = [change for change in changes if change.new is None and change.old is not None]
    if not going:
        return ()
    appearing: CounterType[Entry] = Counter(
        _content(change.new)
        for change in changes
        if change.new is not None and change.new.kind != FOLDER and change.new != change.old
    )
    gone: List[bytes] = []
    folders: List[bytes] = []
    holding: Set[bytes] = set()
    """Folders with something in them that goes, for good or moved."""
    losing: Set[bytes] = set()
    """Folders with something in them that goes for good."""
    for change in going:
        assert change.old is not None
        if change.old.kind == FOLDER:
            folders.append(change.path)
            continue
        holding.update(parents(change.path))
        content = _content(change.old)
        if appearing[content] > 0:
            appearing[content] -= 1
            continue
        gone.append(change.path)
        losing.update(parents(change.path))
    gone.extend(path for path in folders if path in losing or path not in holding)
    return tuple(sorted(gone))


def _content(entry: Entry) -> Entry:
    return entry._replace(executable=False) if entry.executable else entry
