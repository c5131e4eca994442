"""The planner's invariants; the numbers are those of the engine's contract."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeVar

import pytest
from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, Entry, Seen
from cstudio_sync.reconcile import (
    MODES,
    ONE_WAY_REPLICA,
    ONE_WAY_SAFE,
    TWO_WAY_LOCAL_WINS,
    TWO_WAY_REMOTE_WINS,
    TWO_WAY_SAFE,
    Plan,
    reconcile,
)
from hypothesis import event, given
from hypothesis import strategies as st
from support.tree_strategies import Three, blind_spots, entries, threes
from support.trees import Disk, Pair, Tree, differences, is_whole

Value = TypeVar("Value")

modes = st.sampled_from(MODES)
two_way = st.sampled_from([TWO_WAY_SAFE, TWO_WAY_LOCAL_WINS, TWO_WAY_REMOTE_WINS])
one_way = st.sampled_from([ONE_WAY_SAFE, ONE_WAY_REPLICA])


def plan_for(three: Three, mode: str = TWO_WAY_SAFE, fresh_remote: bool = False) -> Plan:
    local = differences(three.ancestor, three.local)
    remote = differences(three.ancestor, three.remote)
    return reconcile({*local, *remote}, three.ancestor, local, remote, mode, fresh_remote)


def pair_of(three: Three) -> Pair:
    return Pair(dict(three.ancestor), Disk(dict(three.local)), Disk(dict(three.remote)))


def plan_pair(pair: Pair, mode: str, fresh_remote: bool = False) -> Plan:
    local, remote = pair.differences()
    return reconcile({*local, *remote}, pair.ancestor, local, remote, mode, fresh_remote)


def carried_out(three: Three, mode: str, fresh_remote: bool = False) -> Pair:
    pair = pair_of(three)
    outcomes = pair.carry_out(plan_pair(pair, mode, fresh_remote))
    assert {outcome.status for outcome in outcomes} <= {ops.OK}
    assert is_whole(pair.local.tree)
    assert is_whole(pair.remote.tree)
    return pair


def touched_by(plan: Plan) -> list[bytes]:
    changes = [change.path for change in (*plan.local, *plan.remote)]
    left = [note.path for note in plan.notes] + [clash.path for clash in plan.conflicts]
    return changes + left + [agreed.path for agreed in plan.agreed]


def contents(held: Mapping[bytes, Entry]) -> set[Entry]:
    return {e._replace(executable=False) for e in held.values() if e.kind != FOLDER}


def made_by(side: Tree, ancestor: Tree) -> set[Entry]:
    """What a side holds at a path where it was not agreed."""
    return contents({p: e for p, e in side.items() if ancestor.get(p) != e})


def held_anywhere(pair: Pair) -> set[Entry]:
    trashed = dict(enumerate((*pair.local.trash, *pair.remote.trash)))
    return (
        contents(pair.local.tree)
        | contents(pair.remote.tree)
        | contents({b"%d" % number: entry for number, entry in trashed.items()})
    )


@given(threes(), modes, st.booleans())
def test_invariant_1_no_content_made_on_one_side_is_gone(
    three: Three, mode: str, fresh: bool
) -> None:
    pair = carried_out(three, mode, fresh)
    kept = held_anywhere(pair)
    assert made_by(three.local, three.ancestor) <= kept
    assert made_by(three.remote, three.ancestor) <= kept


@given(threes())
def test_invariant_1_safe_mode_needs_no_trash(three: Three) -> None:
    pair = carried_out(three, TWO_WAY_SAFE)
    assert not pair.local.trash
    assert not pair.remote.trash


@given(threes(), two_way)
def test_invariant_2_a_path_changes_only_where_the_other_side_did(three: Three, mode: str) -> None:
    """A parent that a survivor needs is the one exception: it only ever comes back."""
    plan = plan_for(three, mode)
    for changes, other in ((plan.local, three.remote), (plan.remote, three.local)):
        for change in changes:
            if other.get(change.path) == three.ancestor.get(change.path):
                assert change.old is None or change.why in ("wins", "restored")
                assert change.new is not None or change.why == "wins"


@given(threes())
def test_invariant_2_a_path_changes_only_where_it_did_not_change_itself(three: Three) -> None:
    """In safe mode what a side changed itself stays, the executable bit aside."""
    plan = plan_for(three)
    for changes, own in ((plan.local, three.local), (plan.remote, three.remote)):
        for change in changes:
            mine = own.get(change.path)
            if mine is not None and mine != three.ancestor.get(change.path):
                assert change.why == "executable"


@given(threes(), one_way, st.booleans())
def test_invariant_3_one_way_never_changes_the_local_side(
    three: Three, mode: str, fresh: bool
) -> None:
    assert plan_for(three, mode, fresh).local == ()


@given(threes(), modes, st.booleans(), st.data())
def test_invariant_6_an_unknown_child_keeps_its_folder(
    three: Three, mode: str, fresh: bool, data: st.DataObject
) -> None:
    """Nothing at, below or above what cannot be looked at is removed or replaced."""
    pair = pair_of(three)
    for disk in (pair.local, pair.remote):
        disk.hidden = data.draw(blind_spots(disk.tree))
    before = (dict(pair.local.tree), dict(pair.remote.tree))
    outcomes = pair.carry_out(plan_pair(pair, mode, fresh))
    assert {outcome.status for outcome in outcomes} <= {ops.OK}
    unknown = pair.local.hidden | pair.remote.hidden
    for was, disk in zip(before, (pair.local, pair.remote), strict=True):
        for path in {*was, *disk.tree}:
            if path in unknown or any(parent in unknown for parent in paths.parents(path)):
                assert was.get(path) == disk.tree.get(path)
            if path in was and any(paths.is_below(spot, path) for spot in disk.hidden):
                assert disk.tree.get(path) == was[path]


@given(threes(), modes)
def test_invariant_7_the_ancestor_holds_only_what_both_sides_hold(three: Three, mode: str) -> None:
    pair = carried_out(three, mode)
    for path in {*pair.ancestor, *three.ancestor}:
        now = pair.ancestor.get(path)
        if now != three.ancestor.get(path):
            assert pair.local.tree.get(path) == pair.remote.tree.get(path) == now


@given(threes(), two_way)
def test_invariant_8_a_void_ancestor_deletes_nothing(three: Three, mode: str) -> None:
    three = three._replace(ancestor={})
    plan = plan_for(three, mode)
    for change in (*plan.local, *plan.remote):
        assert change.new is not None or change.why == "wins"
    if mode == TWO_WAY_SAFE:
        assert all(change.old is None or change.why == "executable" for change in plan.local)
        assert all(change.old is None or change.why == "executable" for change in plan.remote)


@given(threes(), st.sampled_from([TWO_WAY_SAFE, TWO_WAY_REMOTE_WINS, ONE_WAY_SAFE]))
def test_invariant_9_a_fresh_replica_deletes_and_overwrites_nothing_local(
    three: Three, mode: str
) -> None:
    pair = carried_out(three, mode, fresh_remote=True)
    for path, entry in three.local.items():
        assert pair.local.tree[path] == entry


@given(threes())
def test_invariant_9_what_a_fresh_replica_had_is_kept_aside(three: Three) -> None:
    pair = carried_out(three, TWO_WAY_SAFE, fresh_remote=True)
    assert contents(three.remote) <= held_anywhere(pair)


@given(threes())
def test_invariant_9_a_fresh_replica_leaves_no_conflict(three: Three) -> None:
    assert plan_for(three, TWO_WAY_SAFE, fresh_remote=True).conflicts == ()


@given(threes(), modes)
def test_invariant_12_what_both_sides_forget_is_touched_nowhere(three: Three, mode: str) -> None:
    """A rule that newly covers a subtree: its rows are dropped, the disks stay."""
    covered = {p for t in three for p in t if p == b"a" or p.startswith(b"a/")}
    seen = Three(*({p: e for p, e in t.items() if p not in covered} for t in three))
    plan = plan_for(seen, mode)
    touched = set(touched_by(plan))
    assert not touched & covered


@given(threes(), modes)
def test_invariant_13_a_second_look_finds_nothing_to_do(three: Three, mode: str) -> None:
    """Carrying out a plan leads to a state whose plan is empty and repeats the conflicts."""
    pair = pair_of(three)
    first = plan_pair(pair, mode)
    pair.carry_out(first)
    second = plan_pair(pair, mode)
    event("conflicts" if first.conflicts else "no conflicts")
    assert second.is_settled()
    assert [clash.path for clash in second.conflicts] == [clash.path for clash in first.conflicts]
    assert [note[:3] for note in second.notes] == [note[:3] for note in first.notes]


@given(threes(), modes)
def test_a_fresh_replica_is_an_old_one_after_one_round(three: Three, mode: str) -> None:
    pair = carried_out(three, mode, fresh_remote=True)
    assert plan_pair(pair, mode).is_settled()


@given(threes(), two_way)
def test_without_conflicts_both_sides_agree(three: Three, mode: str) -> None:
    pair = pair_of(three)
    plan = plan_pair(pair, mode)
    pair.carry_out(plan)
    if mode != TWO_WAY_SAFE:
        assert not plan.conflicts
    if not plan.conflicts:
        assert pair.local.tree == pair.remote.tree == pair.ancestor


@given(threes(), two_way)
def test_outside_of_conflicts_both_sides_agree(three: Three, mode: str) -> None:
    """Maximality: a conflict costs its own subtree and nothing else."""
    pair = pair_of(three)
    plan = plan_pair(pair, mode)
    pair.carry_out(plan)
    stuck = [clash.path for clash in plan.conflicts]
    for path in {*pair.local.tree, *pair.remote.tree, *pair.ancestor}:
        if not any(path == root or paths.is_below(path, root) for root in stuck):
            assert (
                pair.local.tree.get(path) == pair.remote.tree.get(path) == pair.ancestor.get(path)
            )


@given(threes())
def test_a_conflict_leaves_both_versions_where_they_were(three: Three) -> None:
    pair = pair_of(three)
    plan = plan_pair(pair, TWO_WAY_SAFE)
    pair.carry_out(plan)
    for clash in plan.conflicts:
        assert clash.local is not None
        assert clash.remote is not None
        for before, disk in ((three.local, pair.local), (three.remote, pair.remote)):
            subtree = {p: e for p, e in before.items() if _is_at(p, clash.path)}
            assert {p: e for p, e in disk.tree.items() if _is_at(p, clash.path)} == subtree


@given(threes())
def test_replica_mode_makes_the_remote_an_exact_copy(three: Three) -> None:
    pair = carried_out(three, ONE_WAY_REPLICA)
    assert pair.remote.tree == three.local


@given(threes())
def test_one_way_safe_keeps_what_the_remote_made(three: Three) -> None:
    pair = carried_out(three, ONE_WAY_SAFE)
    for path, entry in three.remote.items():
        if entry.kind == FILE and entry != three.ancestor.get(path):
            now = pair.remote.tree[path]
            assert now._replace(executable=entry.executable) == entry


@given(threes(), modes)
def test_equal_sides_need_no_change(three: Three, mode: str) -> None:
    plan = plan_for(three._replace(remote=three.local), mode)
    assert plan == Plan(agreed=plan.agreed)
    assert {one.path for one in plan.agreed} == set(differences(three.ancestor, three.local))


@given(threes())
def test_safe_mode_is_symmetric(three: Three) -> None:
    plan = plan_for(three)
    mirrored = plan_for(Three(three.ancestor, three.remote, three.local))
    assert mirrored.local == plan.remote
    assert mirrored.remote == plan.local
    assert mirrored.agreed == plan.agreed
    assert [clash.path for clash in mirrored.conflicts] == [clash.path for clash in plan.conflicts]


@given(threes())
def test_the_winners_mirror_each_other(three: Three) -> None:
    plan = plan_for(three, TWO_WAY_LOCAL_WINS)
    mirrored = plan_for(Three(three.ancestor, three.remote, three.local), TWO_WAY_REMOTE_WINS)
    assert (mirrored.local, mirrored.remote) == (plan.remote, plan.local)


@given(threes(), modes, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(
    three: Three, mode: str, chance: random.Random
) -> None:
    local = differences(three.ancestor, three.local)
    remote = differences(three.ancestor, three.remote)
    wanted = [*local, *remote]
    plan = reconcile(wanted, three.ancestor, local, remote, mode)
    chance.shuffle(wanted)
    again = reconcile(
        wanted,
        _shuffled(three.ancestor, chance),
        _shuffled(local, chance),
        _shuffled(remote, chance),
        mode,
    )
    assert again == plan


@given(threes(), modes)
def test_a_plan_is_in_tree_order(three: Three, mode: str) -> None:
    plan = plan_for(three, mode)
    for part in plan:
        found = [one[0] for one in part]
        assert found == sorted(found, key=paths.tree_order)


@given(threes(), modes, st.data())
def test_parts_of_the_question_are_answered_as_the_whole(
    three: Three, mode: str, data: st.DataObject
) -> None:
    """Deciding a few paths agrees with deciding all, and can be carried out by itself."""
    local = differences(three.ancestor, three.local)
    remote = differences(three.ancestor, three.remote)
    everything = sorted({*local, *remote})
    if not everything:
        return
    wanted = data.draw(st.sets(st.sampled_from(everything)))
    whole = reconcile(everything, three.ancestor, local, remote, mode)
    part = reconcile(wanted, three.ancestor, local, remote, mode)
    for all_of, some_of in zip(whole, part, strict=True):
        assert set(some_of) <= set(all_of)
    for all_of, some_of in zip(whole, part, strict=True):
        assert {one for one in all_of if one[0] in wanted} <= set(some_of)
    outcomes = pair_of(three).carry_out(part)
    assert {outcome.status for outcome in outcomes} <= {ops.OK}


@given(threes(), modes)
def test_deciding_bit_by_bit_ends_where_deciding_at_once_does(three: Three, mode: str) -> None:
    at_once = carried_out(three, mode)
    pair = pair_of(three)
    for _ in range(200):
        local, remote = pair.differences()
        for path in sorted({*local, *remote}):
            plan = reconcile([path], pair.ancestor, local, remote, mode)
            if not plan.is_settled():
                pair.carry_out(plan)
                break
        else:
            break
    assert pair.local.tree == at_once.local.tree
    assert pair.remote.tree == at_once.remote.tree
    assert pair.ancestor == at_once.ancestor


_reports = st.dictionaries(
    st.sampled_from([b"a", b"a/b", b"a/b/c", b"b/c/a"]), st.one_of(st.none(), entries)
).map(lambda held: {path: Seen(path, entry) for path, entry in held.items()})


@given(threes(), modes, st.booleans(), _reports, _reports)
def test_invariant_14_a_side_that_contradicts_itself_does_no_harm(
    three: Three, mode: str, fresh: bool, local: dict[bytes, Seen], remote: dict[bytes, Seen]
) -> None:
    """Children of what is gone, or of a file: nothing is made where no folder is."""
    plan = reconcile({*local, *remote}, three.ancestor, local, remote, mode, fresh)
    for side, changes in ((local, plan.local), (remote, plan.remote)):
        made = {change.path: change.new for change in changes}
        for path, new in made.items():
            for parent in paths.parents(path) if new is not None else ():
                seen = side.get(parent)
                there = three.ancestor.get(parent) if seen is None else seen.entry
                assert made.get(parent, there) == FOLDER_ENTRY


def _is_at(path: bytes, root: bytes) -> bool:
    return path == root or paths.is_below(path, root)


def _shuffled(values: Mapping[bytes, Value], chance: random.Random) -> dict[bytes, Value]:
    items = list(values.items())
    chance.shuffle(items)
    return dict(items)


@pytest.mark.parametrize("mode", ["", "two-way", "TWO-WAY-SAFE"])
def test_an_unknown_mode_is_refused(mode: str) -> None:
    with pytest.raises(ValueError, match="unknown sync mode"):
        reconcile([], {}, {}, {}, mode)
