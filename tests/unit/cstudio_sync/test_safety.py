"""Which plans and roots look like an accident, and which do not."""

from __future__ import annotations

import pytest
from cstudio_sync.entries import FILE, Entry
from cstudio_sync.reconcile import LOCAL, ONE_WAY_REPLICA, REMOTE, TWO_WAY_SAFE, Plan, reconcile
from cstudio_sync.safety import (
    MASS_DELETION,
    ROOT_EMPTIED,
    ROOT_MISSING,
    ROOT_NOT_A_FOLDER,
    Root,
    check_plan,
    check_root,
    deletions,
)
from support.trees import Tree, differences, file, tree


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        (Root(present=3, remembered=3), None),
        (Root(kind=""), ROOT_MISSING),
        (Root(kind=FILE), ROOT_NOT_A_FOLDER),
        (Root(device=2, remembered_device=1, present=3, remembered=3), ROOT_MISSING),
        (Root(device=2, present=3, remembered=3), None),
        (Root(present=0, remembered=2), ROOT_EMPTIED),
        (Root(present=0, remembered=1), None),
        (Root(present=0, remembered=0), None),
        (Root(present=1, remembered=1000), None),
    ],
)
def test_invariant_10_a_strange_local_root(root: Root, reason: str | None) -> None:
    halt = check_root(root)
    assert (halt and halt.reason) == reason
    assert halt is None or halt.side == LOCAL


def test_an_accepted_root_may_be_empty_but_must_be_there() -> None:
    assert check_root(Root(present=0, remembered=9), accepted=True) is None
    assert check_root(Root(kind=""), accepted=True) is not None


def many(count: int, folder: str = "d") -> Tree:
    """A folder of files with distinct contents."""
    return {**tree(f"{folder}/"), **tree(*(f"{folder}/f{n}={n}" for n in range(count)))}


def plan(ancestor: Tree, local: Tree, remote: Tree) -> Plan:
    near, far = differences(ancestor, local), differences(ancestor, remote)
    return reconcile({*near, *far}, ancestor, near, far, TWO_WAY_SAFE)


@pytest.mark.parametrize(
    ("gone", "of", "halts"),
    [
        (51, 100, True),  # more than 50, and more than 30 %
        (50, 100, False),  # not more than 50
        (51, 170, False),  # 30 % exactly
        (51, 169, True),
        (60, 1000, False),
        (20, 20, True),  # everything, however little that is
        (1, 1, False),
    ],
)
def test_invariant_11_a_mass_deletion(gone: int, of: int, halts: bool) -> None:
    held = tree(*(f"f{n}={n}" for n in range(of)))
    left = {path: held[path] for path in list(held)[gone:]}
    halt = check_plan(plan(held, left, held), tracked_local=len(left), tracked_remote=of)
    assert (halt is not None) == halts
    if halt is not None:
        assert (halt.reason, halt.side, halt.total) == (MASS_DELETION, REMOTE, gone)
        assert set(halt.paths) == set(held) - set(left)


def test_invariant_11_accepted_once_it_goes_on() -> None:
    held = many(100)
    everything = plan(held, {}, held)
    assert check_plan(everything, tracked_local=0, tracked_remote=101) is not None
    assert check_plan(everything, tracked_local=0, tracked_remote=101, accepted=True) is None


def test_a_moved_folder_is_no_deletion() -> None:
    held, moved = many(100, "d"), many(100, "e")
    assert deletions(plan(held, moved, held).remote) == ()


def test_a_move_counts_once_for_each_copy() -> None:
    held = tree("a=1", "b=1")
    assert deletions(plan(held, tree("c=1"), held).remote) == (b"b",)


def test_a_folder_goes_for_good_with_anything_in_it() -> None:
    held = tree("d/", "d/a=1", "d/b=2", "e/", "e/f/")
    now = tree("x=1")
    assert deletions(plan(held, now, held).remote) == (b"d", b"d/b", b"e", b"e/f")


def test_a_replacement_is_no_deletion_but_what_was_below_is() -> None:
    held = tree("d/", "d/a=1")
    assert deletions(plan(held, tree("d=2"), held).remote) == (b"d/a",)


def test_a_sample_of_a_very_large_deletion_is_bounded() -> None:
    held = {b"f%06d" % n: Entry(FILE, b"%032d" % n, n) for n in range(3000)}
    halt = check_plan(plan(held, {}, held), tracked_local=0, tracked_remote=3000)
    assert halt is not None
    assert (len(halt.paths), halt.total) == (1000, 3000)


def test_a_replica_may_lose_what_only_it_had() -> None:
    """Few extra files are no accident, however few entries are agreed on."""
    near, far = tree("a=1", "b=1"), tree("a=1", "b=1", "x=2", "y=3")
    remote = differences(near, far)
    extra = reconcile(remote, near, {}, remote, ONE_WAY_REPLICA)
    assert len(deletions(extra.remote)) == 2
    assert check_plan(extra, tracked_local=2, tracked_remote=2) is None


def test_edits_are_no_deletions() -> None:
    held = tree("f=1")
    assert deletions(plan(held, {b"f": file("2")}, held).remote) == ()
