"""In which order one side's changes are made, and how they are cut."""

from __future__ import annotations

import pytest
from cstudio_sync import operations as ops
from cstudio_sync.batches import batches, is_interactive, operations
from cstudio_sync.entries import FILE, Entry
from cstudio_sync.operations import Operation
from cstudio_sync.reconcile import TWO_WAY_SAFE, Change, reconcile
from support.trees import Disk, Tree, differences, file, known_copies, stamp, tree


def changes(before: Tree, after: Tree) -> tuple[Change, ...]:
    """What makes the remote side, which is as before, like the local one."""
    local = differences(before, after)
    return reconcile(local, before, local, {}, TWO_WAY_SAFE).remote


def planned(before: Tree, after: Tree, copies: bool = False) -> tuple[Operation, ...]:
    found = known_copies(before) if copies else {}
    return operations(changes(before, after), known_copies=found, stamps={})


def words(done: tuple[Operation, ...]) -> list[str]:
    return [
        " ".join(filter(None, (one.verb, one.source.decode(), one.path.decode()))) for one in done
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "d/ d/e/ d/e/f=1 a=2", "mkdir d, mkdir d/e, put d/e/f, put a"),
        ("d/ d/e/ d/e/f=1 a=2", "", "remove a, remove d/e/f, rmdir d/e, rmdir d"),
        ("a=1", "b=2", "put b, remove a"),
        ("a=1", "b=1", "move a b"),
        ("a=1", "b*=1", "put b, remove a"),
        ("a=", "b=", "put b, remove a"),
        ("a=1 b=1", "c=1", "move a c, remove b"),
        ("a=1", "b=1 c=1", "move a b, put c"),
        ("x=1 d/ d/y=1", "e/ e/y=1 z=1", "mkdir e, move d/y e/y, move x z, rmdir d"),
        ("a=1 b=2", "a=2 b=1", "put a, put b"),
        ("f=1", "f/ f/x=1", "remove f, mkdir f, put f/x"),
        ("d/ d/a=1 d/e/ d/e/b=2 z=3", "d=1",
         "remove d/a, remove d/e/b, rmdir d/e, rmdir d, put d, remove z"),
        ("d/ d/a=7", "d->x a=7", "move d/a a, rmdir d, link d"),
        ("l->a", "l->b", "link l"),
        ("l->a", "l=1", "put l"),
        ("f=1", "f->x", "link f"),
        ("f=1", "f*=1", "mode f"),
        ("f=1", "f*=2", "put f"),
    ],
)  # fmt: skip
def test_order(before: str, after: str, expected: str) -> None:
    old, new = tree(*before.split()), tree(*after.split())
    found = planned(old, new)
    assert words(found) == expected.split(", ")
    disk = Disk(dict(old))
    assert {outcome.status for outcome in disk.apply(found)} == {ops.OK}
    assert disk.tree == new


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a=1", "a=1 b=1", "copy a b"),
        ("a=1", "b=1 c=1", "copy a c, move a b"),
        ("a=1 b=2", "b=1", "copy a b, remove a"),
        ("a=1 b=2", "a=2 b=1", "put a, put b"),
        ("a=1 b=2", "a=3 b=1", "put a, put b"),
        ("d/ d/a=1", "d=1", "remove d/a, rmdir d, put d"),
        ("a=", "a= b=", "put b"),
    ],
)
def test_copies(before: str, after: str, expected: str) -> None:
    """A copy relies on a file only while nothing else in the plan touches it."""
    old, new = tree(*before.split()), tree(*after.split())
    found = planned(old, new, copies=True)
    assert words(found) == expected.split(", ")
    disk = Disk(dict(old))
    assert {outcome.status for outcome in disk.apply(found)} == {ops.OK}
    assert disk.tree == new


def test_an_operation_says_what_must_be_there_before() -> None:
    old, new = file("1"), file("2")
    change = Change(b"f", old, b"seen", new, b"", True, "wins")
    assert operations([change], known_copies={}, stamps={b"f": b"row"}) == (
        Operation(ops.PUT_FILE, b"f", new, old, b"seen", keep=True),
    )


def test_a_stamp_comes_from_the_row_when_nothing_was_seen() -> None:
    change = Change(b"f", file("1"), b"", None, b"", False, "changed")
    assert operations([change], known_copies={}, stamps={b"f": b"row"})[0].stamp == b"row"


def test_a_creation_has_no_stamp_even_where_a_row_is_left() -> None:
    change = Change(b"f", None, b"", file("1"), b"", False, "restored")
    assert operations([change], known_copies={}, stamps={b"f": b"row"})[0].stamp == b""


def test_a_move_names_the_version_it_takes() -> None:
    before, after = tree("a=1"), tree("b=1")
    found = operations(
        changes(before, after), known_copies={}, stamps={b"a": stamp(b"a", before[b"a"])}
    )
    assert found == (
        Operation(
            ops.MOVE_FILE,
            b"b",
            after[b"b"],
            source=b"a",
            source_stamp=stamp(b"a", before[b"a"]),
        ),
    )


def put(size: int) -> Operation:
    return Operation(ops.PUT_FILE, b"f", Entry(FILE, b"", size))


@pytest.mark.parametrize(
    ("sizes", "cut"),
    [
        ([], []),
        ([1, 2, 3], [[1, 2, 3]]),
        ([4, 4, 4], [[4, 4], [4]]),
        ([1, 99, 1], [[1], [99], [1]]),
        ([99], [[99]]),
        ([1] * 7, [[1] * 3, [1] * 3, [1]]),
    ],
)
def test_batches_are_bounded_in_bytes_and_count(sizes: list[int], cut: list[list[int]]) -> None:
    found = batches([put(size) for size in sizes], max_count=3, max_bytes=10)
    assert [[one.entry.size for one in batch if one.entry] for batch in found] == cut


def test_only_content_that_travels_counts() -> None:
    move = Operation(ops.MOVE_FILE, b"g", Entry(FILE, b"", 10**9), source=b"f")
    assert list(batches([put(5), move, put(5)], max_bytes=10)) == [(put(5), move, put(5))]


@pytest.mark.parametrize(
    ("count", "size", "interactive"),
    [(1, 100, True), (50, 100, True), (51, 1, False), (2, 600_000, False), (1, 1024 * 1024, True)],
)
def test_what_a_person_saves_is_few_and_small(count: int, size: int, interactive: bool) -> None:
    one = Change(b"f", None, b"", Entry(FILE, b"", size), b"", False, "changed")
    assert is_interactive([one] * count) == interactive
