"""What must change on either side so that both agree: the three-way planner.

`reconcile` is given flat maps: what both sides agreed on last (the ancestor)
and, for each side, the paths at which it differs from that. It answers with a
`Plan`. Everything here is a pure function of these values, and every list in
a plan is in tree order.

Per path, with the shallow entries *a* (ancestor), *l* (local), *r* (remote):

    l == r              adopt: the ancestor moves when it differs
    one side changed    carry the change to the other side
    one side deleted    edit beats delete: the edited version comes back
    same content        the executable bit alone is never a conflict
    else                conflict, or the winner's version in a mode with one

A folder goes only when nothing below it survives, and is replaced only when
nothing below it was changed; otherwise it comes back, or the conflict stands
at the folder. A conflict or a problem blocks everything below it on both
sides, and nothing else.

Order of work: `_Sight` resolves what each side holds, `_verdict` decides a path
given its parent's verdict, `_Writer` turns verdicts into the plan.
"""

from __future__ import annotations

from typing import (
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, NO_STAMP, Entry, Seen
from cstudio_sync.paths import ROOT, parents, split, tree_order

TWO_WAY_SAFE = "two-way-safe"
TWO_WAY_LOCAL_WINS = "two-way-local-wins"
TWO_WAY_REMOTE_WINS = "two-way-remote-wins"
ONE_WAY_SAFE = "one-way-safe"
ONE_WAY_REPLICA = "one-way-replica"
MODES = (TWO_WAY_SAFE, TWO_WAY_LOCAL_WINS, TWO_WAY_REMOTE_WINS, ONE_WAY_SAFE, ONE_WAY_REPLICA)

LOCAL = "local"
REMOTE = "remote"


class Why:
    """Why a change is made: the values of `Change.why`."""

    CHANGED = "changed"
    """The other side changed, this one did not."""
    RESTORED = "restored"
    """Deleted here, edited (or needed by an edit) there: edit beats delete."""
    WINS = "wins"
    """A conflict that the mode decides."""
    EXECUTABLE = "executable"
    """Both hold the same content; only the executable bit is settled."""
    FRESH_REPLICA = "fresh_replica"
    """The remote is a new replica, what it lacks or has older is renewed."""
    REPLICA = "replica"
    """One-way replica: the remote had changes of its own, they are undone."""


class Reason:
    """Why a path is left alone: the values of `Note.reason` beside `Problem`."""

    ONLY_REMOTE = "only_remote"
    """One-way safe: only the remote has it."""
    DIVERGED = "diverged"
    """One-way safe: the remote's version was edited there."""
    BLOCKED = "blocked"
    """It should go or be replaced, but something below it cannot be looked at."""


class Change(NamedTuple):
    """One path that must change on one side."""

    path: bytes
    old: Optional[Entry]
    """What that side holds now; None: nothing."""
    old_stamp: bytes
    """The stamp seen with `old`; empty when that side equals the ancestor
    there: the caller's own row knows it."""
    new: Optional[Entry]
    """What it must hold; None: nothing."""
    from_stamp: bytes
    """The stamp of `new` on the other side; empty as for `old_stamp`."""
    keep: bool
    """The version that goes exists nowhere else: to the trash with it."""
    why: str
    """A value of `Why`."""


class Agreed(NamedTuple):
    """Both sides hold `entry` already; only the ancestor moves. None: absent."""

    path: bytes
    entry: Optional[Entry]


class Clash(NamedTuple):
    """A conflict, rooted at the highest path at which the sides disagree.

    A side that equals the ancestor there is shown without a stamp.
    """

    path: bytes
    local: Optional[Seen]
    remote: Optional[Seen]


class Note(NamedTuple):
    """A path that was left alone and is listed."""

    path: bytes
    side: str
    """`LOCAL` or `REMOTE`: where the cause lies."""
    reason: str
    """A value of `Reason` or of `entries.Problem`."""
    detail: str = ""


class Plan(NamedTuple):
    """What to do, and what not; all in tree order."""

    local: Tuple[Change, ...] = ()
    """Changes to make on the local side."""
    remote: Tuple[Change, ...] = ()
    """Changes to make on the remote side."""
    agreed: Tuple[Agreed, ...] = ()
    conflicts: Tuple[Clash, ...] = ()
    notes: Tuple[Note, ...] = ()

    def is_settled(self) -> bool:
        """Tell whether nothing is to be done on either side."""
        return not (self.local or self.remote or self.agreed)


def reconcile(
    paths: Iterable[bytes],
    ancestor: Mapping[bytes, Entry],
    local: Mapping[bytes, Seen],
    remote: Mapping[bytes, Seen],
    mode: str,
    fresh_remote: bool = False,
) -> Plan:
    """Plan what makes both sides agree at the given paths.

    Args:
        paths: what to decide now. The plan also holds what these depend on:
            parents that differ, and what lies below a folder that goes or is
            replaced.
        ancestor: path to the entry agreed last, for at least these paths,
            their parents and what lies below them; a missing path is agreed
            to be absent.
        local: path to what was seen, where the local side differs from the
            ancestor or cannot be looked at. When a folder went, everything
            below it is listed as absent.
        remote: the same for the remote side.
        mode: one of `MODES`.
        fresh_remote: the remote is a new replica, so what was agreed says
            nothing about it: its absences delete nothing, and the local
            version wins where it differs.

    Raises:
        ValueError: for an unknown mode.
    """
    if mode not in MODES:
        raise ValueError("unknown sync mode %r" % mode)
    sight = _Sight(ancestor, local, remote, fresh_remote, mode == ONE_WAY_REPLICA)
    writer = _Writer(sight)
    decided: Dict[bytes, _Verdict] = {ROOT: _SAME}
    for node in sight.nodes(paths):
        verdict = _verdict(node, decided[split(node.path)[0]], sight, mode)
        decided[node.path] = verdict
        writer.write(node, verdict)
    return writer.plan()


# ---------------------------------------------------------------- what is there


class _Node(NamedTuple):
    """One path with what was agreed and what each side holds, shallow."""

    path: bytes
    agreed: Optional[Entry]
    local: Optional[Entry]
    remote: Optional[Entry]
    known: bool = True
    """Both sides could be looked at, here and above."""


class _Sight:
    """What is known of both sides, and which paths belong to the question."""

    def __init__(
        self,
        ancestor: Mapping[bytes, Entry],
        local: Mapping[bytes, Seen],
        remote: Mapping[bytes, Seen],
        fresh_remote: bool,
        replica: bool,
    ) -> None:
        self.ancestor = ancestor
        self.local = local
        self.remote = remote
        self.fresh_remote = fresh_remote
        self.replica = replica
        """What only the remote has goes."""
        self.edited_below: Dict[str, Set[bytes]] = {LOCAL: set(), REMOTE: set()}
        """Folders with something below that this side made or edited."""
        self.unknown_below: Dict[str, Set[bytes]] = {LOCAL: set(), REMOTE: set()}
        """Folders with something below that cannot be looked at on this side."""
        self._nodes: Dict[bytes, _Node] = {ROOT: self._root()}

    def nodes(self, wanted: Iterable[bytes]) -> List[_Node]:
        """Return a node for every path that the decision touches, in tree order."""
        touched = _with_parents(wanted)
        nodes = self._resolve_all(touched)
        contested = {node.path for node in nodes if self._is_contested(node)}
        if not contested:
            return nodes
        below = _with_parents(self._below(contested))
        for node in self._resolve_all(below):
            self._mark(node)
        return self._resolve_all(touched | below)

    def _resolve_all(self, touched: Iterable[bytes]) -> List[_Node]:
        """Resolve parents before what is in them."""
        known = self._nodes
        order = sorted(touched, key=tree_order)
        for path in order:
            if path not in known:
                known[path] = self._resolve(path)
        return [known[path] for path in order]

    def _resolve(self, path: bytes) -> _Node:
        """Resolve one path after its parent: only a folder holds anything."""
        above = self._nodes[split(path)[0]]
        agreed = self.ancestor.get(path)
        local, remote, known = agreed, agreed, above.known
        seen = self.local.get(path)
        if seen is not None:
            local, known = seen.entry, known and not seen.problem
        seen = self.remote.get(path)
        if seen is not None:
            remote, known = seen.entry, known and not seen.problem
        if above.local is None or above.local.kind != FOLDER:
            local = None
        if above.remote is None or above.remote.kind != FOLDER:
            remote = None
        return _Node(path, agreed, local, remote, known)

    def _root(self) -> _Node:
        """The root is a folder on both sides; anything else is unknown, never absent."""
        seen = [side[ROOT] for side in (self.local, self.remote) if ROOT in side]
        known = all(one.entry == FOLDER_ENTRY and not one.problem for one in seen)
        return _Node(ROOT, FOLDER_ENTRY, FOLDER_ENTRY, FOLDER_ENTRY, known)

    def _is_contested(self, node: _Node) -> bool:
        """Tell whether a folder may go or be replaced, so that its content matters."""
        if not node.known or _is_folder(node.local) == _is_folder(node.remote):
            return False
        other = node.remote if _is_folder(node.local) else node.local
        return other is not None or node.agreed is not None or self.replica

    def _below(self, folders: Set[bytes]) -> Iterator[bytes]:
        """Yield every path of the maps that lies below one of `folders`."""
        inside: Dict[bytes, bool] = {ROOT: False}
        for side in (self.local, self.remote, self.ancestor):
            for path in side:
                if _lies_inside(split(path)[0], folders, inside):
                    yield path

    def _mark(self, node: _Node) -> None:
        """Note on all parents what a path means for the folders it is in."""
        for side, seen_there, entry in (
            (LOCAL, self.local, node.local),
            (REMOTE, self.remote, node.remote),
        ):
            seen = seen_there.get(node.path)
            if seen is None:
                continue
            if seen.problem:
                _add_parents(node.path, self.unknown_below[side])
            elif entry is not None and self._is_edit(side, entry, node.agreed):
                _add_parents(node.path, self.edited_below[side])

    def _is_edit(self, side: str, entry: Entry, agreed: Optional[Entry]) -> bool:
        if side == REMOTE and self.fresh_remote:
            return agreed is None  # what was agreed once is the image's older copy
        return entry != agreed


def _with_parents(wanted: Iterable[bytes]) -> Set[bytes]:
    touched: Set[bytes] = set()
    for path in wanted:
        if path and path not in touched:
            touched.add(path)
            _add_parents(path, touched)
    return touched


def _add_parents(path: bytes, found: Set[bytes]) -> None:
    for parent in parents(path):
        if parent in found:
            return  # and so are its own parents
        found.add(parent)


def _lies_inside(folder: bytes, folders: Set[bytes], known: Dict[bytes, bool]) -> bool:
    """Tell whether `folder` is one of `folders` or below one; remembers answers."""
    passed = []
    while folder not in known:
        if folder in folders:
            known[folder] = True
            break
        passed.append(folder)
        folder = split(folder)[0]
    answer = known[folder]
    known.update((one, answer) for one in passed)
    return answer


def _is_folder(entry: Optional[Entry]) -> bool:
    return entry is not None and entry.kind == FOLDER


# --------------------------------------------------------------------- verdicts

_AGREE = "agree"
_CHANGE = "change"
_CONFLICT = "conflict"
_LEAVE = "leave"


class _Verdict(NamedTuple):
    """What happens at one path, and what that means below it."""

    action: str
    side: str = ""
    """`_CHANGE`: the side that is changed; `_LEAVE`: where the cause lies."""
    reason: str = ""
    """A value of `Why` for `_CHANGE`, of `Reason` for `_LEAVE`."""
    blocks: bool = False
    """Nothing below may be touched."""
    forces: bool = False
    """Everything below is changed on the same side."""


_SAME = _Verdict(_AGREE)
_UNTOUCHED = _Verdict(_LEAVE, blocks=True)
_CLASH = _Verdict(_CONFLICT, blocks=True)
_CARRIED = {side: _Verdict(_CHANGE, side, Why.CHANGED) for side in (LOCAL, REMOTE)}


def _verdict(node: _Node, above: _Verdict, sight: _Sight, mode: str) -> _Verdict:
    """Decide one path, given what was decided for its parent."""
    if above.blocks or not node.known:
        return _UNTOUCHED
    if node.local == node.remote:
        return _SAME
    verdict = above if above.forces else _RULES[mode](node, sight)
    return _unless_unknown_below(node, verdict, sight)


def _two_way_safe(node: _Node, sight: _Sight) -> _Verdict:
    """Carry one-sided changes, let edits beat deletions, leave the rest."""
    if sight.fresh_remote:
        return _fresh(node, sight)
    if node.local == node.agreed:
        return _one_sided(LOCAL, node.remote, node.path in sight.edited_below[LOCAL])
    if node.remote == node.agreed:
        return _one_sided(REMOTE, node.local, node.path in sight.edited_below[REMOTE])
    if node.local is None:
        return _Verdict(_CHANGE, LOCAL, Why.RESTORED)
    if node.remote is None:
        return _Verdict(_CHANGE, REMOTE, Why.RESTORED)
    if _same_content(node.local, node.remote):
        return _Verdict(_CHANGE, _side_without_the_bit(node), Why.EXECUTABLE)
    return _CLASH


def _one_sided(side: str, wanted: Optional[Entry], edited_below: bool) -> _Verdict:
    """Carry a change to `side`, unless a folder goes that was edited inside."""
    if not edited_below:
        return _CARRIED[side]
    if wanted is None:
        return _Verdict(_CHANGE, _other(side), Why.RESTORED)
    return _CLASH


def _fresh(node: _Node, sight: _Sight) -> _Verdict:
    """Renew a new replica: what it lacks, or has older, is no wish of anyone."""
    if node.local is not None:
        why = Why.CHANGED if node.remote is None and node.agreed is None else Why.FRESH_REPLICA
        return _Verdict(_CHANGE, REMOTE, why, forces=node.remote is not None)
    if node.agreed is None:
        return _CARRIED[LOCAL]
    if _is_folder(node.remote) and node.path in sight.edited_below[REMOTE]:
        return _Verdict(_CHANGE, LOCAL, Why.RESTORED)
    return _Verdict(_CHANGE, REMOTE, Why.FRESH_REPLICA)


def _local_wins(node: _Node, sight: _Sight) -> _Verdict:
    return _won_by(LOCAL, _two_way_safe(node, sight))


def _remote_wins(node: _Node, sight: _Sight) -> _Verdict:
    return _won_by(REMOTE, _two_way_safe(node, sight))


def _won_by(winner: str, verdict: _Verdict) -> _Verdict:
    if verdict is _CLASH:
        return _Verdict(_CHANGE, _other(winner), Why.WINS, forces=True)
    return verdict


def _one_way_safe(node: _Node, sight: _Sight) -> _Verdict:
    """As two-way, but what would change the local side is left or undone."""
    verdict = _two_way_safe(node, sight)
    if verdict.action != _CHANGE or verdict.side == REMOTE:
        return verdict
    if node.remote is None:
        return _Verdict(_CHANGE, REMOTE, Why.RESTORED)
    if node.local is None:
        return _Verdict(_LEAVE, REMOTE, Reason.ONLY_REMOTE)
    uneven = _is_folder(node.local) != _is_folder(node.remote)
    return _Verdict(_LEAVE, REMOTE, Reason.DIVERGED, blocks=uneven)


def _one_way_replica(node: _Node, sight: _Sight) -> _Verdict:
    if sight.fresh_remote:
        return _Verdict(_CHANGE, REMOTE, Why.FRESH_REPLICA)
    return _Verdict(_CHANGE, REMOTE, Why.CHANGED if node.remote == node.agreed else Why.REPLICA)


_RULES: Mapping[str, Callable[[_Node, _Sight], _Verdict]] = {
    TWO_WAY_SAFE: _two_way_safe,
    TWO_WAY_LOCAL_WINS: _local_wins,
    TWO_WAY_REMOTE_WINS: _remote_wins,
    ONE_WAY_SAFE: _one_way_safe,
    ONE_WAY_REPLICA: _one_way_replica,
}


def _unless_unknown_below(node: _Node, verdict: _Verdict, sight: _Sight) -> _Verdict:
    """Keep a folder in which something cannot be looked at.

    Where it should go, the known rest of its content still goes; where
    something else should take its place, everything below waits.
    """
    if verdict.action != _CHANGE or node.path not in sight.unknown_below[verdict.side]:
        return verdict
    held, wanted = node.local, node.remote
    if verdict.side == REMOTE:
        held, wanted = wanted, held
    if not _is_folder(held) or _is_folder(wanted):
        return verdict
    return _Verdict(_LEAVE, verdict.side, Reason.BLOCKED, blocks=wanted is not None)


def _same_content(one: Entry, other: Entry) -> bool:
    return one.kind == other.kind == FILE and one.digest == other.digest


def _side_without_the_bit(node: _Node) -> str:
    """Return the side to change when only the executable bit differs.

    With an agreed file the side that changed the bit wins, else the set bit.
    """
    agreed, local = node.agreed, node.local
    keeps = agreed.executable if agreed is not None and agreed.kind == FILE else False
    return LOCAL if local is not None and local.executable == keeps else REMOTE


def _other(side: str) -> str:
    return REMOTE if side == LOCAL else LOCAL


# ------------------------------------------------------------------ writing it down


class _Writer:
    """Turns verdicts, given in tree order, into a plan."""

    def __init__(self, sight: _Sight) -> None:
        self._sight = sight
        self._changes: Dict[str, List[Change]] = {LOCAL: [], REMOTE: []}
        self._agreed: List[Agreed] = []
        self._conflicts: List[Clash] = []
        self._notes: List[Note] = []

    def plan(self) -> Plan:
        return Plan(
            tuple(self._changes[LOCAL]),
            tuple(self._changes[REMOTE]),
            tuple(self._agreed),
            tuple(self._conflicts),
            tuple(self._notes),
        )

    def write(self, node: _Node, verdict: _Verdict) -> None:
        if verdict.action == _AGREE:
            if node.local != node.agreed:
                self._agreed.append(Agreed(node.path, node.local))
        elif verdict.action == _CHANGE:
            self._changes[verdict.side].append(self._change(node, verdict))
        elif verdict.action == _CONFLICT:
            self._conflicts.append(self._clash(node))
        elif verdict.reason:
            self._notes.append(Note(node.path, verdict.side, verdict.reason))
        else:
            self._write_problems(node.path)

    def _write_problems(self, path: bytes) -> None:
        for side, seen_there in ((LOCAL, self._sight.local), (REMOTE, self._sight.remote)):
            seen = seen_there.get(path)
            if seen is not None and seen.problem:
                self._notes.append(Note(path, side, seen.problem, seen.detail))

    def _change(self, node: _Node, verdict: _Verdict) -> Change:
        local_stamp = _stamp(self._sight.local.get(node.path))
        remote_stamp = _stamp(self._sight.remote.get(node.path))
        if verdict.side == LOCAL:
            old, old_stamp, new, from_stamp = node.local, local_stamp, node.remote, remote_stamp
        else:
            old, old_stamp, new, from_stamp = node.remote, remote_stamp, node.local, local_stamp
        keep = self._is_last_copy(old, new, node.agreed)
        return Change(node.path, old, old_stamp, new, from_stamp, keep, verdict.reason)

    def _is_last_copy(
        self, old: Optional[Entry], new: Optional[Entry], agreed: Optional[Entry]
    ) -> bool:
        """Tell whether content goes that the other side never agreed to lose."""
        if old is None or old.kind == FOLDER:
            return False
        if new is not None and new._replace(executable=old.executable) == old:
            return False
        return self._sight.fresh_remote or old != agreed

    def _clash(self, node: _Node) -> Clash:
        path = node.path
        local = self._sight.local.get(path, Seen(path, node.local))
        return Clash(path, local, self._sight.remote.get(path, Seen(path, node.remote)))


def _stamp(seen: Optional[Seen]) -> bytes:
    return NO_STAMP if seen is None else seen.stamp
