"""What the planner does in each case of the catalogue, carried out on two small trees.

The rows are named after the hard-case catalogue (A1-A40). A row reads: what was
agreed, what both sides hold now, and what both hold afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cstudio_sync.entries import FOLDER_ENTRY, Problem, Seen
from cstudio_sync.reconcile import (
    LOCAL,
    ONE_WAY_REPLICA,
    ONE_WAY_SAFE,
    REMOTE,
    TWO_WAY_LOCAL_WINS,
    TWO_WAY_REMOTE_WINS,
    TWO_WAY_SAFE,
    Agreed,
    Change,
    Clash,
    Note,
    Plan,
    Reason,
    Why,
    reconcile,
)
from support.trees import Disk, Pair, differences, file, stamp, tree

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One row: trees as lines; `both` stands for the same on both sides."""

    name: str
    agreed: Lines
    local: Lines
    remote: Lines
    mode: str = TWO_WAY_SAFE
    both: Lines | None = None
    local_after: Lines | None = None
    remote_after: Lines | None = None
    conflicts: Lines = ()
    notes: Lines = ()
    """``path reason``."""
    trash: tuple[str, ...] = ()
    """Contents kept, of either side."""
    fresh: bool = False
    operations: Lines | None = None
    """``side verb path``, where it matters how."""


def row(
    name: str, agreed: str, local: str, remote: str, mode: str = TWO_WAY_SAFE, **rest: object
) -> Case:
    """Read a row whose trees are blank-separated lines."""
    words = {
        key: tuple(value.split()) if key in _TREES and isinstance(value, str) else value
        for key, value in rest.items()
    }
    return Case(
        name,
        tuple(agreed.split()),
        tuple(local.split()),
        tuple(remote.split()),
        mode,
        **words,  # type: ignore[arg-type]
    )


_TREES = ("both", "local_after", "remote_after", "conflicts", "trash")

S, L, R, O, X = (  # noqa: E741
    TWO_WAY_SAFE,
    TWO_WAY_LOCAL_WINS,
    TWO_WAY_REMOTE_WINS,
    ONE_WAY_SAFE,
    ONE_WAY_REPLICA,
)

TWO_WAY = [
    row("A1 both create the same file", "", "f=1", "f=1", both="f=1", operations=()),
    row("A2 both create different files", "", "f=1", "f=2", conflicts="f"),
    row("A2 local wins", "", "f=1", "f=2", L, both="f=1", trash="2"),
    row("A2 remote wins", "", "f=1", "f=2", R, both="f=2", trash="1"),
    row("A3 the side that set the bit wins", "f=1", "f*=1", "f=1", both="f*=1",
        operations=("remote mode f",)),
    row("A3 the side that cleared the bit wins", "f*=1", "f*=1", "f=1", both="f=1",
        operations=("local mode f",)),
    row("A3 same edit, one with the bit", "f=1", "f*=2", "f=2", both="f*=2",
        operations=("remote mode f",)),
    row("A3 same edit, one without the bit", "f*=1", "f*=2", "f=2", both="f=2",
        operations=("local mode f",)),
    row("A3 without an ancestor the set bit wins", "", "f=1", "f*=1", both="f*=1",
        operations=("local mode f",)),
    row("A3 even where remote wins", "", "f*=1", "f=1", R, both="f*=1",
        operations=("remote mode f",)),
    row("A4 both delete", "d/ d/f=1", "", "", both="", operations=()),
    row("A5 local edits, remote deletes", "f=1", "f=2", "", both="f=2"),
    row("A6 local deletes, remote edits", "f=1", "", "f=2", both="f=2"),
    row("A6 edit beats delete though local wins", "f=1", "", "f=2", L, both="f=2"),
    row("A6 edit beats delete though remote wins", "f=1", "f=2", "", R, both="f=2"),
    row("A7 local deletes a folder, remote edits in it", "d/ d/a=1 d/b=1 d/e/ d/e/c=1",
        "", "d/ d/a=2 d/b=1 d/e/ d/e/c=1", both="d/ d/a=2"),
    row("A7 remote deletes a folder, local edits deep in it", "d/ d/e/ d/e/a=1 d/b=1",
        "d/ d/e/ d/e/a=2 d/b=1", "", both="d/ d/e/ d/e/a=2"),
    row("A8 local deletes a folder, remote adds to it", "d/ d/a=1", "", "d/ d/a=1 d/n=2",
        both="d/ d/n=2"),
    row("A8 the addition is an empty folder", "d/ d/a=1", "", "d/ d/a=1 d/n/", both="d/ d/n/"),
    row("A9 full and partial deletion", "d/ d/a=1 d/b=1", "", "d/ d/b=1", both=""),
    row("A10 file to folder, other edits the file", "f=1", "f/ f/x=9", "f=2", conflicts="f"),
    row("A10 local wins", "f=1", "f/ f/x=9", "f=2", L, both="f/ f/x=9", trash="2"),
    row("A10 remote wins", "f=1", "f/ f/x=9", "f=2", R, both="f=2", trash="9"),
    row("A10 file to folder, other leaves the file", "f=1", "f/ f/x=9", "f=1", both="f/ f/x=9"),
    row("A10 file to folder, other deletes the file", "f=1", "f/ f/x=9", "", both="f/ f/x=9"),
    row("A11 folder to file, other edits inside", "d/ d/a=1 d/b=1", "d=9", "d/ d/a=2 d/b=1",
        conflicts="d"),
    row("A11 folder to file, other adds inside", "d/ d/a=1", "d/ d/a=1 d/n=2", "d=9",
        conflicts="d"),
    row("A11 local wins", "d/ d/a=1 d/b=1", "d=9", "d/ d/a=2 d/b=1", L, both="d=9", trash="2"),
    row("A11 remote wins", "d/ d/a=1 d/b=1", "d=9", "d/ d/a=2 d/b=1", R,
        both="d/ d/a=2 d/b=1", trash="9"),
    row("A11 folder to file, nothing changed inside", "d/ d/a=1 d/e/ d/e/b=1", "d=9",
        "d/ d/a=1 d/e/ d/e/b=1", both="d=9"),
    row("A11 folder to file, other only deleted inside", "d/ d/a=1 d/b=1", "d=9", "d/ d/b=1",
        both="d=9"),
    row("A11 folder to file, other deleted the folder", "d/ d/a=1", "d=9", "", both="d=9"),
    row("A12 folder to link, other edits inside", "d/ d/a=1", "d->x", "d/ d/a=2", conflicts="d"),
    row("A12 folder to link, nothing changed inside", "d/ d/a=1", "d->x", "d/ d/a=1", both="d->x"),
    row("A13 both create a folder, different files", "", "d/ d/a=1", "d/ d/b=2",
        both="d/ d/a=1 d/b=2"),
    row("A14 and one file of the same name", "", "d/ d/a=1 d/c=3", "d/ d/b=2 d/c=4",
        local_after="d/ d/a=1 d/b=2 d/c=3", remote_after="d/ d/a=1 d/b=2 d/c=4",
        conflicts="d/c"),
    row("A16 rename", "a=1", "b=1", "a=1", both="b=1", operations=("remote move b",)),
    row("A16 rename of a folder", "d/ d/a=1 d/b=2", "e/ e/a=1 e/b=2", "d/ d/a=1 d/b=2",
        both="e/ e/a=1 e/b=2",
        operations=("remote mkdir e", "remote move e/a", "remote move e/b", "remote rmdir d")),
    row("A17 rename, the old name edited", "a=1", "b=1", "a=2", both="a=2 b=1"),
    row("A18 both rename to the same name", "a=1 b=2", "b=2 c=1", "a=1 c=2",
        local_after="c=1", remote_after="c=2", conflicts="c"),
    row("A19 rename over a file that was edited", "a=1 b=2", "b=1", "a=1 b=3",
        local_after="b=1", remote_after="b=3", conflicts="b"),
    row("A20 swap", "a=1 b=2", "a=2 b=1", "a=1 b=2", both="a=2 b=1"),
    row("A21 folders moved into each other", "a/ a/f=1 b/ b/g=2", "b/ b/g=2 b/a/ b/a/f=1",
        "a/ a/f=1 a/b/ a/b/g=2", both="a/ a/b/ a/b/g=2 b/ b/a/ b/a/f=1"),
    row("A22 case-only rename", "a=1", "A=1", "a=1", both="A=1", operations=("remote move A",)),
    row("A28 empty folder made", "", "d/", "", both="d/"),
    row("A28 empty folder deleted", "d/", "", "d/", both=""),
    row("A29 a folder emptied", "d/ d/a=1 d/b=2", "d/", "d/ d/a=1 d/b=2", both="d/"),
    row("A30 only the bit", "f=1", "f*=1", "f=1", both="f*=1", operations=("remote mode f",)),
    row("A31 nothing changed", "f=1", "f=1", "f=1", both="f=1", operations=()),
    row("A32 links to different targets", "l->a", "l->b", "l->c", conflicts="l"),
    row("A32 links to the same target", "l->a", "l->b", "l->b", both="l->b", operations=()),
    row("A32 one link changed", "l->a", "l->b", "l->a", both="l->b"),
    row("A32 link against file", "l->a", "l->b", "l=1", L, both="l->b", trash="1"),
    row("A33 conflict, then one side deletes", "f=0", "f=1", "", both="f=1"),
    row("A34 conflict, then made equal", "f=0", "f=1", "f=1", both="f=1", operations=()),
    row("A35 a conflict does not stop siblings", "d/ d/a=0 d/b=0", "d/ d/a=1 d/b=1",
        "d/ d/a=2 d/b=0 d/c=3", local_after="d/ d/a=1 d/b=1 d/c=3",
        remote_after="d/ d/a=2 d/b=1 d/c=3", conflicts="d/a"),
    row("a conflict blocks everything below", "", "d/ d/a=1 d/e/ d/e/b=2", "d=3", conflicts="d"),
    row("file against link", "f=0", "f=1", "f->x", conflicts="f"),
    row("a whole new folder", "", "d/ d/e/ d/e/f=1 d/e/g=1", "", both="d/ d/e/ d/e/f=1 d/e/g=1"),
    row("a replaced folder's file moves up", "d/ d/a=7", "d=7", "d/ d/a=7", both="d=7"),
]  # fmt: skip

ONE_WAY = [
    row("A37 only the remote has it", "", "", "n=1", O, local_after="", remote_after="n=1",
        notes=("n only_remote",)),
    row("A38 the remote edited it", "f=1", "f=1", "f=2", O, local_after="f=1", remote_after="f=2",
        notes=("f diverged",)),
    row("the remote set the bit", "f=1", "f=1", "f*=1", O, local_after="f=1", remote_after="f*=1",
        notes=("f diverged",)),
    row("A40 the remote deleted everything", "d/ d/f=1", "d/ d/f=1", "", O, both="d/ d/f=1"),
    row("local edits arrive", "f=1", "f=2", "f=1", O, both="f=2"),
    row("local deletions arrive", "f=1 d/ d/g=1", "", "f=1 d/ d/g=1", O, both=""),
    row("local deleted what the remote edited", "f=1", "", "f=2", O, local_after="",
        remote_after="f=2", notes=("f only_remote",)),
    row("local deleted a folder the remote adds to", "d/ d/a=1", "", "d/ d/a=1 d/n=2", O,
        local_after="", remote_after="d/ d/n=2", notes=("d only_remote", "d/n only_remote")),
    row("both edited", "f=1", "f=2", "f=3", O, conflicts="f"),
    row("both made it, differently", "", "f=2", "f=3", O, conflicts="f"),
    row("both made the same", "", "f=2", "f=2", O, both="f=2", operations=()),
    row("the remote replaced a folder", "d/ d/a=1", "d/ d/a=1", "d=9", O, local_after="d/ d/a=1",
        remote_after="d=9", notes=("d diverged",)),
    row("the remote replaced a folder that local edits", "d/ d/a=1", "d/ d/a=2", "d=9", O,
        conflicts="d"),
    row("the remote replaced a file by a folder", "f=1", "f=1", "f/ f/x=1", O, local_after="f=1",
        remote_after="f/ f/x=1", notes=("f diverged",)),
    row("A39 extra files go", "d/", "d/", "d/ d/x=1 y/ y/z=2", X, both="d/", trash="1 2"),
    row("A40 replica: the remote deleted everything", "d/ d/f=1", "d/ d/f=1", "", X,
        both="d/ d/f=1"),
    row("replica: edits are undone, and kept", "f=1", "f=1", "f=2", X, both="f=1", trash="2"),
    row("replica: types too", "d/ d/a=1", "d/ d/a=1", "d=9", X, both="d/ d/a=1", trash="9"),
    row("replica: local deletions win over edits", "f=1", "", "f=2", X, both="", trash="2"),
]  # fmt: skip

FRESH = [
    row("B1 an empty volume", "d/ d/a=1 b=2", "d/ d/a=1 b=2", "", both="d/ d/a=1 b=2", fresh=True),
    row("B2 and the app wrote a log", "d/ d/a=1", "d/ d/a=1", "log=9", both="d/ d/a=1 log=9",
        fresh=True),
    row("B4 the image's older copy", "a=1", "a=2", "a=0", both="a=2", trash="0", fresh=True),
    row("B4 even where the remote wins", "a=1", "a=2", "a=0", R, both="a=2", trash="0", fresh=True),
    row("B4 local unchanged since", "a=1", "a=1", "a=0", both="a=1", trash="0", fresh=True),
    row("deleted locally, the image still has it", "a=1 d/ d/b=2", "", "a=1 d/ d/b=2", both="",
        trash="1 2", fresh=True),
    row("deleted locally, the app wrote beside it", "d/ d/a=1", "", "d/ d/a=1 d/log=9",
        both="d/ d/log=9", trash="1", fresh=True),
    row("deleted locally, the image has it older", "d/ d/a=1", "", "d/ d/a=0", both="", trash="0",
        fresh=True),
    row("a folder where a file was", "a=1", "a=2", "a/ a/x=9", both="a=2", trash="9", fresh=True),
    row("a file where a folder was", "d/ d/a=1", "d/ d/a=1", "d=9", both="d/ d/a=1", trash="9",
        fresh=True),
    row("only the bit differs", "a*=1", "a*=1", "a=1", both="a*=1", fresh=True,
        operations=("remote mode a",)),
    row("B1 one-way", "a=1", "a=1", "", O, both="a=1", fresh=True),
    row("one-way, the app wrote a log", "a=1", "a=1", "a=0 log=9", O, local_after="a=1",
        remote_after="a=1 log=9", trash="0", notes=("log only_remote",), fresh=True),
    row("replica, the app wrote a log", "a=1", "a=1", "a=0 log=9", X, both="a=1", trash="0 9",
        fresh=True),
    row("B21 no ancestor at all", "", "a=1 b=1 c=1", "a=1 b=2 d=1", local_after="a=1 b=1 c=1 d=1",
        remote_after="a=1 b=2 c=1 d=1", conflicts="b"),
]  # fmt: skip


@pytest.mark.parametrize("case", [*TWO_WAY, *ONE_WAY, *FRESH], ids=lambda case: case.name)
def test_catalogue(case: Case) -> None:
    pair = Pair(tree(*case.agreed), Disk(tree(*case.local)), Disk(tree(*case.remote)))
    local, remote = pair.differences()
    plan = reconcile({*local, *remote}, pair.ancestor, local, remote, case.mode, case.fresh)
    done = _verbs(pair, plan)
    local_after = case.local if case.local_after is None else case.local_after
    remote_after = case.remote if case.remote_after is None else case.remote_after
    assert pair.local.tree == tree(*(local_after if case.both is None else case.both))
    assert pair.remote.tree == tree(*(remote_after if case.both is None else case.both))
    assert [clash.path.decode() for clash in plan.conflicts] == list(case.conflicts)
    assert tuple(f"{note.path.decode()} {note.reason}" for note in plan.notes) == case.notes
    kept = sorted(pair.local.trash + pair.remote.trash)
    assert kept == sorted(file(content) for content in case.trash)
    if case.operations is not None:
        assert done == list(case.operations)
    if case.both is not None:
        assert pair.ancestor == tree(*case.both)


def _verbs(pair: Pair, plan: Plan) -> list[str]:
    """Carry a plan out; return what was done as ``side verb path``."""
    outcomes = pair.carry_out(plan)
    assert all(outcome.status == "ok" for outcome in outcomes)
    return [f"{side} {operation.verb} {operation.path.decode()}" for side, operation in pair.done]


@pytest.mark.parametrize(
    "case",
    [case for case in TWO_WAY if case.mode == TWO_WAY_SAFE],
    ids=lambda case: case.name,
)
def test_catalogue_with_the_sides_swapped(case: Case) -> None:
    """Safe mode knows no better side."""
    ancestor, near, far = tree(*case.agreed), tree(*case.remote), tree(*case.local)
    local, remote = differences(ancestor, near), differences(ancestor, far)
    swapped = reconcile({*local, *remote}, ancestor, local, remote, case.mode)
    plan = reconcile({*local, *remote}, ancestor, remote, local, case.mode)
    assert (swapped.local, swapped.remote) == (plan.remote, plan.local)
    assert swapped.agreed == plan.agreed


def test_a_change_carries_all_that_an_operation_needs() -> None:
    old, new = file("1"), file("2")
    local = {b"f": Seen(b"f", new, b"mine")}
    plan = reconcile([b"f"], {b"f": old}, local, {}, TWO_WAY_SAFE)
    assert plan == Plan(remote=(Change(b"f", old, b"", new, b"mine", False, Why.CHANGED),))


def test_a_clash_shows_what_each_side_was_seen_to_hold() -> None:
    held = {b"d": FOLDER_ENTRY, b"d/a": file("1")}
    local = {
        b"d": Seen(b"d", file("9"), b"mine"),
        b"d/a": Seen(b"d/a"),
    }
    remote = {b"d/a": Seen(b"d/a", file("2"), b"theirs")}
    plan = reconcile([b"d"], held, local, remote, TWO_WAY_SAFE)
    assert plan == Plan(conflicts=(Clash(b"d", local[b"d"], Seen(b"d", FOLDER_ENTRY)),))


def test_the_ancestor_moves_when_both_made_the_same_change() -> None:
    local, remote = {b"f": Seen(b"f", file("2"))}, {b"f": Seen(b"f", file("2"))}
    plan = reconcile([b"f"], {b"f": file("1")}, local, remote, TWO_WAY_SAFE)
    assert plan == Plan(agreed=(Agreed(b"f", file("2")),))


def test_a_problem_stops_its_own_subtree_on_both_sides() -> None:
    held = tree("d/", "d/a=1", "d/e/", "d/e/b=1", "f=1")
    local = {
        b"d/e": Seen(b"d/e", problem=Problem.UNREADABLE, detail="denied"),
        b"f": Seen(b"f", file("2")),
    }
    remote = {b"d/e/b": Seen(b"d/e/b", file("3")), b"d/a": Seen(b"d/a", file("3"))}
    plan = reconcile([*local, *remote], held, local, remote, TWO_WAY_SAFE)
    assert [change.path for change in plan.local] == [b"d/a"]
    assert [change.path for change in plan.remote] == [b"f"]
    assert plan.notes == (Note(b"d/e", LOCAL, Problem.UNREADABLE, "denied"),)


def test_an_unreadable_file_keeps_its_deleted_folder_and_the_rest_goes() -> None:
    held = tree("d/", "d/a=1", "d/b=1")
    local = differences(held, {})
    remote = {b"d/b": Seen(b"d/b", problem=Problem.UNREADABLE)}
    plan = reconcile(local, held, local, remote, TWO_WAY_SAFE)
    assert [(change.path, change.new) for change in plan.remote] == [(b"d/a", None)]
    assert plan.notes == (
        Note(b"d", REMOTE, Reason.BLOCKED),
        Note(b"d/b", REMOTE, Problem.UNREADABLE),
    )


def test_an_unreadable_file_keeps_its_replaced_folder_and_all_in_it() -> None:
    held = tree("d/", "d/a=1", "d/b=1")
    local = differences(held, tree("d=9"))
    remote = {b"d/b": Seen(b"d/b", problem=Problem.UNREADABLE)}
    plan = reconcile(local, held, local, remote, TWO_WAY_SAFE)
    assert plan.remote == ()
    assert Note(b"d", REMOTE, Reason.BLOCKED) in plan.notes


@pytest.mark.parametrize(
    "root",
    [
        Seen(b"", problem=Problem.UNREADABLE),
        Seen(b""),
        Seen(b"", file("1")),
    ],
    ids=["unreadable", "missing", "a file"],
)
def test_a_root_that_is_no_readable_folder_stops_everything(root: Seen) -> None:
    """A missing root is never taken for the deletion of all that was in it."""
    held = tree("a=1", "d/", "d/b=1")
    local = {**differences(held, {}), b"": root}
    plan = reconcile(local, held, local, {}, TWO_WAY_SAFE)
    assert (plan.local, plan.remote, plan.agreed) == ((), (), ())


def test_deciding_one_path_brings_the_parents_it_needs() -> None:
    local = differences({}, tree("d/", "d/a=1", "d/b=1"))
    plan = reconcile([b"d/a"], {}, local, {}, TWO_WAY_SAFE)
    assert [change.path for change in plan.remote] == [b"d", b"d/a"]


def test_deciding_a_deleted_folder_brings_all_that_was_in_it() -> None:
    held = tree("d/", "d/a=1", "d/b=1", "e=1")
    local = differences(held, {})
    plan = reconcile([b"d"], held, local, {}, TWO_WAY_SAFE)
    assert [change.path for change in plan.remote] == [b"d", b"d/a", b"d/b"]


def test_a_version_seen_on_a_side_travels_with_its_stamp() -> None:
    held, now = tree("f=1"), tree("f=2")
    local = differences(held, now)
    plan = reconcile([b"f"], held, local, {}, TWO_WAY_SAFE)
    assert plan.remote[0].from_stamp == stamp(b"f", now[b"f"])
