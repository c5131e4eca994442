"""Where one side differs from the ancestor, as observations come in."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudio_sync.entries import FILE, FOLDER_ENTRY, Entry, Problem, Seen
from cstudiod.store.ancestor import LOCAL, Ancestor, Row
from cstudiod.sync.differences import Differences

ONE, TWO = Entry(FILE, b"1" * 32, 1), Entry(FILE, b"2" * 32, 2)


@pytest.fixture
def differences(tmp_path: Path) -> Differences:
    """Both sides agreed on d/, d/a, d/e/, d/e/b and f."""
    ancestor = Ancestor(tmp_path / "a.db")
    folder = Row(FOLDER_ENTRY, b"", b"")
    file = Row(ONE, b"s", b"s")
    ancestor.commit(
        [(b"d", folder), (b"d/a", file), (b"d/e", folder), (b"d/e/b", file), (b"f", file)]
    )
    return Differences(LOCAL, ancestor)


def test_what_equals_the_ancestor_is_no_difference(differences: Differences) -> None:
    """A touched file with the same content needs no decision, only its new stamp."""
    assert differences.merge([Seen(b"f", ONE, b"new")]) == set()
    assert differences.map == {}


def test_an_edit_and_its_revert_leave_nothing(differences: Differences) -> None:
    """The path is decided anew when the difference goes."""
    assert differences.merge([Seen(b"f", TWO, b"x")]) == {b"f"}
    assert differences.merge([Seen(b"f", ONE, b"y")]) == {b"f"}
    assert differences.map == {}


def test_a_folder_that_went_takes_everything_below(differences: Differences) -> None:
    """The planner is promised that all of it is listed as absent."""
    differences.merge([Seen(b"d/new", TWO, b"x")])
    dirty = differences.merge([Seen(b"d")])
    gone = {b"d", b"d/a", b"d/e", b"d/e/b"}
    assert {path for path, seen in differences.map.items() if seen.entry is None} == gone
    assert differences.get(b"d/new") is None
    assert dirty >= gone | {b"d/new"}


def test_a_folder_that_became_a_file_is_empty_below(differences: Differences) -> None:
    """The same, with something in its place."""
    differences.merge([Seen(b"d", ONE, b"x")])
    assert differences.get(b"d/e/b") == Seen(b"d/e/b")


def test_an_unknown_path_says_nothing_about_what_is_below(differences: Differences) -> None:
    """A folder that cannot be read is not an empty one."""
    differences.merge([Seen(b"d", problem=Problem.UNREADABLE)])
    assert set(differences.map) == {b"d"}


def test_a_complete_look_marks_what_it_did_not_find(differences: Differences) -> None:
    """Save what lies below something that could not be looked at."""
    differences.only_these_exist([b"d", b"d/e", b"f"], unknown=[b"d/e"])
    assert differences.map == {b"d/a": Seen(b"d/a")}


def test_contents_are_not_kept(differences: Differences) -> None:
    """Memory holds what differs, not what is in it."""
    differences.merge([Seen(b"g", TWO, b"x", content=b"22")])
    assert differences.map[b"g"].content is None
