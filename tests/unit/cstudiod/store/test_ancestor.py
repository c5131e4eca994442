"""The ancestor's rows; a damaged file is void, never an empty tree that was agreed on."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudio_sync.entries import FILE, FOLDER_ENTRY, Entry
from cstudio_sync.fingerprint import fingerprint
from cstudiod.store.ancestor import LOCAL, REMOTE, Ancestor, Row, Totals


@pytest.fixture
def ancestor(tmp_path: Path) -> Ancestor:
    """An empty one."""
    return Ancestor(tmp_path / "a.db")


def _file(size: int = 3) -> Row:
    return Row(Entry(FILE, bytes([size % 256]) * 32, size), b"l%d" % size, b"r%d" % size)


FOLDER = Row(FOLDER_ENTRY, b"", b"")


def test_rows_are_counted_as_they_come_and_go(ancestor: Ancestor) -> None:
    """Totals count files and their bytes, rows count folders as well."""
    ancestor.commit([(b"d", FOLDER), (b"d/f", _file(3)), (b"g", _file(5))])
    assert (ancestor.rows, ancestor.totals) == (3, Totals(2, 8))
    ancestor.commit([(b"d/f", _file(4)), (b"g", None)])
    assert (ancestor.rows, ancestor.totals) == (2, Totals(1, 4))


def test_the_last_change_of_a_path_counts(ancestor: Ancestor) -> None:
    """A file that was moved away and made anew in one batch is there."""
    ancestor.commit([(b"f", _file(3))])
    ancestor.commit([(b"f", None), (b"f", _file(9))])
    assert ancestor.get([b"f"])[b"f"].entry.size == 9
    assert ancestor.totals == Totals(1, 9)


def test_below_is_all_of_a_folder_and_nothing_beside_it(ancestor: Ancestor) -> None:
    """Names that merely begin the same are not below."""
    ancestor.commit([(path, FOLDER) for path in (b"d", b"d-x", b"d/a", b"d/a/b", b"d0", b"da")])
    assert {path for path, _ in ancestor.below(b"d")} == {b"d/a", b"d/a/b"}
    assert len(ancestor.below(b"")) == 6


def test_fingerprints_are_those_of_the_disk(ancestor: Ancestor) -> None:
    """One a folder, the root's always; sub-folders count by name."""
    ancestor.commit([(b"d", FOLDER), (b"d/f", _file(3)), (b"e", FOLDER), (b"g", _file(5))])
    assert ancestor.fingerprints(LOCAL) == {
        b"": fingerprint([(b"d", b""), (b"e", b""), (b"g", b"l5")]),
        b"d": fingerprint([(b"f", b"l3")]),
        b"e": fingerprint([]),
    }
    assert ancestor.fingerprints(REMOTE)[b"d"] == fingerprint([(b"f", b"r3")])


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """Rows and facts."""
    first = Ancestor(tmp_path / "a.db")
    first.commit([(b"f", _file(3))])
    first.remember(remote_replica="r1")
    first.close()
    again = Ancestor(tmp_path / "a.db")
    assert again.totals == Totals(1, 3)
    assert again.facts()["remote_replica"] == "r1"
    assert not again.was_damaged


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000])
def test_a_damaged_file_is_put_aside_and_void(tmp_path: Path, damage: bytes) -> None:
    """Invariant 8: no row is made up, and the damaged file is kept for a look."""
    file = tmp_path / "a.db"
    first = Ancestor(file)
    first.commit([(b"f", _file(3))])
    first.close()
    file.write_bytes(damage)
    again = Ancestor(file)
    assert (again.rows, again.facts()) == (0, {})
    if damage:
        assert again.was_damaged
        assert (tmp_path / "a.db.damaged").exists()


def test_large_files_are_found_by_digest(ancestor: Ancestor) -> None:
    """So that a copy on the receiving side need not be sent."""
    large = Row(Entry(FILE, b"x" * 32, 100_000), b"", b"")
    ancestor.commit([(b"a", large), (b"b", _file(3))])
    assert [path for path, _ in ancestor.with_digest(b"x" * 32)] == [b"a"]
    assert ancestor.with_digest(bytes([3]) * 32) == []


def test_everything_is_walked_in_slices(ancestor: Ancestor) -> None:
    """More rows than one slice, each once."""
    ancestor.commit([(b"d/%05d" % number, _file(1)) for number in range(4500)])
    assert len({path for path, _ in ancestor.everything()}) == 4500


def test_the_latest_rows_can_be_distrusted(
    ancestor: Ancestor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By when they were written, counted from the last one; what is older stays."""
    for second, name in ((1000.0, b"old"), (2000.0, b"new"), (2100.5, b"newest")):
        monkeypatch.setattr("time.time", lambda second=second: second)
        ancestor.commit([(name, _file(3))])
    assert ancestor.distrust_latest(120) == 2
    assert (set(ancestor.get([b"old", b"new", b"newest"])), ancestor.rows) == ({b"old"}, 1)
    assert ancestor.totals == Totals(1, 3)
    ancestor.commit([(b"old", None)])
    assert ancestor.distrust_latest(120) == 0


def test_what_was_asked_lately_is_answered_as_it_is_now(ancestor: Ancestor) -> None:
    """However a row comes, changes and goes after it was asked for."""
    ancestor.commit([(b"seed", FOLDER)])

    def now(path: bytes = b"p") -> Row | None:
        first = ancestor.get([path]).get(path)
        assert ancestor.get([path]).get(path) == first
        assert dict(ancestor.everything()).get(path) == first
        return first

    assert now() is None
    for row in (_file(3), FOLDER, _file(4), None, FOLDER, None, _file(5)):
        ancestor.commit([(b"p", row)])
        assert now() == row
    ancestor.commit([(b"p", FOLDER)])
    assert now() == FOLDER
    ancestor.restamp(REMOTE, [(b"p", b"new")])
    assert now() == FOLDER._replace(remote_stamp=b"new")
    ancestor.distrust_latest(3600)
    assert now() is None
    ancestor.commit([(b"p", FOLDER)])
    assert now() == FOLDER
    ancestor.forget()
    assert now() is None


def test_a_commit_that_fails_changes_no_answer(ancestor: Ancestor) -> None:
    ancestor.commit([(b"d", FOLDER)])
    assert ancestor.get([b"d", b"e"]) == {b"d": FOLDER}
    bad = Row(Entry(FILE, b"x" * 32, 1 << 70), b"", b"")
    with pytest.raises(OverflowError):
        ancestor.commit([(b"d", None), (b"e", bad)])
    assert ancestor.get([b"d", b"e"]) == {b"d": FOLDER}


def test_more_is_asked_than_is_kept_in_mind(
    ancestor: Ancestor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstudiod.store.ancestor._LATELY", 30)
    every = [b"n%d" % number for number in range(300)]
    ancestor.commit([(path, FOLDER) for path in every[::3]])
    for start in range(0, len(every), 10):
        some = every[start : start + 10]
        assert set(ancestor.get(some)) == set(some) & set(every[::3])
        ancestor.commit([(path, None if n % 2 else FOLDER) for n, path in enumerate(some)])
    assert set(ancestor.get(every)) == {path for n, path in enumerate(every) if not n % 2}
