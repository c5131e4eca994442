"""New folders that are shown with all that is in them: whole, never over anything, seen."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cstudio_agent.grafting import Watching
from cstudio_agent.replica import Replica
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry
from cstudio_sync.operations import Operation, Outcome
from support.replicas import Hand
from support.watching import Watched, entry

Make = Callable[..., Watched]

LABELS = ["graft-made", "graft-watched", "before-graft"]
TREE = {"d": None, "d/a": b"1", "d/e": None, "d/e/f": b"22", "d/e/g": None, "d/h": b""}
"""What is made; None: a folder."""


def folder(path: str) -> Operation:
    return Operation(ops.MAKE_FOLDER, path.encode(), FOLDER_ENTRY)


def file(path: str, content: bytes, executable: bool = False) -> Operation:
    return Operation(ops.PUT_FILE, path.encode(), entry(content, executable), data=content)


def tree() -> list[Operation]:
    return [folder(p) if content is None else file(p, content) for p, content in TREE.items()]


def on_disk(root: Path) -> dict[str, bytes | None]:
    """Return everything below a root, temporaries included."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def statuses(outcomes: list[Outcome]) -> dict[str, str]:
    return {os.fsdecode(one.path): one.status for one in outcomes}


@pytest.fixture
def grafter(hand: Hand) -> Hand:
    hand.replica.bring_whole_folders(Watching())
    return hand


def at(replica: Replica, label: str, action: Callable[[], object], path: bytes = b"d") -> None:
    """Have something happen once at a labelled step about a path."""
    grafting = replica.grafting
    assert grafting is not None

    def checkpoint(reached: str, about: bytes) -> None:
        if (reached, about) == (label, path):
            grafting.checkpoint = lambda *_: None
            action()

    grafting.checkpoint = checkpoint


def temporary(root: Path) -> Path:
    (found,) = root.glob(".cstudio-tmp-*")
    return found


def test_a_tree_appears_whole(grafter: Hand) -> None:
    """Kinds, contents and bits; the stamps are those that the next look finds."""
    more = [
        file("d/run", b"#!", executable=True),
        Operation(ops.PUT_LINK, b"d/l", Entry(LINK, target=b"a")),
    ]
    outcomes = grafter.replica.apply([*tree(), *more])
    assert {one.status for one in outcomes} == {ops.OK}
    assert [one.path for one in outcomes] == [one.path for one in [*tree(), *more]]
    assert on_disk(grafter.root) == {**TREE, "d/run": b"#!", "d/l": b"1"}
    assert os.readlink(grafter.root / "d" / "l") == "a"
    assert (grafter.root / "d" / "run").stat().st_mode & stat.S_IXUSR
    stamps = {one.path: one.now.stamp for one in outcomes if one.now}
    known = [
        (b"", {b"d": stamps[b"d"]}),
        (b"d", {path[2:]: stamp for path, stamp in stamps.items() if path.count(b"/") == 1}),
        (b"d/e", {path[4:]: stamp for path, stamp in stamps.items() if path.count(b"/") == 2}),
    ]
    found: list[object] = []
    grafter.replica.compare(known, found.extend)
    assert found == []


@pytest.mark.parametrize("label", LABELS)
def test_what_appeared_meanwhile_is_not_replaced(grafter: Hand, label: str) -> None:
    """The rest is put into the folder that came, file by file."""

    def appear() -> None:
        (grafter.root / "d").mkdir()
        (grafter.root / "d" / "a").write_bytes(b"user's own")

    at(grafter.replica, label, appear)
    outcomes = grafter.replica.apply(tree())
    assert on_disk(grafter.root) == {**TREE, "d/a": b"user's own"}
    assert statuses(outcomes) == {**dict.fromkeys(TREE, ops.OK), "d/a": ops.CHANGED}


def test_an_empty_folder_that_appeared_at_the_last_instant_is_not_replaced(
    grafter: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain rename would do just that."""
    from cstudio_agent import grafting

    rename_new = grafting.rename_new
    made: list[int] = []

    def late(*words: object) -> None:
        (grafter.root / "d").mkdir()
        made.append((grafter.root / "d").stat().st_ino)
        rename_new(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(grafting, "rename_new", late)
    outcomes = grafter.replica.apply(tree())
    assert (grafter.root / "d").stat().st_ino in made
    assert set(statuses(outcomes).values()) == {ops.OK}
    assert on_disk(grafter.root) == TREE


@pytest.mark.parametrize("label", LABELS)
def test_a_parent_swapped_for_a_link_leads_nowhere(grafter: Hand, label: str) -> None:
    """Invariant 14: nothing is written where the link points to."""
    (grafter.root / "p").mkdir()

    def swap() -> None:
        (grafter.root / "p").rename(grafter.outside / "moved")
        (grafter.root / "p").symlink_to(grafter.outside)

    at(grafter.replica, label, swap, b"p/d")
    moved = [one._replace(path=b"p/" + one.path) for one in tree()]
    assert ops.OK not in statuses(grafter.replica.apply(moved)).values()
    assert [path.name for path in grafter.outside.rglob("*")] == ["moved"]


def test_one_bad_content_spoils_only_itself(grafter: Hand) -> None:
    wrong = file("d/e/f", b"22")._replace(data=b"23")
    outcomes = grafter.replica.apply([one if one.path != wrong.path else wrong for one in tree()])
    assert statuses(outcomes) == {**dict.fromkeys(TREE, ops.OK), "d/e/f": ops.CONTENT_MISMATCH}
    assert on_disk(grafter.root) == {path: one for path, one in TREE.items() if path != "d/e/f"}


def test_a_link_that_leads_out_is_refused(grafter: Hand) -> None:
    out = Operation(ops.PUT_LINK, b"d/out", Entry(LINK, target=b"../../outside"))
    outcomes = grafter.replica.apply([*tree(), out])
    assert statuses(outcomes) == {**dict.fromkeys(TREE, ops.OK), "d/out": ops.NAME_REFUSED}
    assert on_disk(grafter.root) == TREE


def test_a_full_disk_leaves_nothing_half_made(
    grafter: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cstudio_agent import grafting

    def full(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(grafting, "write_all", full)
    assert set(statuses(grafter.replica.apply(tree())).values()) == {ops.OK}
    assert on_disk(grafter.root) == TREE


@pytest.mark.parametrize("label", [*LABELS, "grafted"])
def test_death_at_each_step(tmp_path: Path, label: str) -> None:
    """All of it is there or nothing, and the next life sweeps what is left."""
    hand = Hand(tmp_path)
    hand.replica.close()
    (hand.root / "other").mkdir()
    child = os.fork()
    if not child:
        try:
            dying = Replica.open(os.fsencode(hand.root), session="test")
            dying.bring_whole_folders(Watching())
            at(dying, label, lambda: os._exit(7))
            dying.apply(tree())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    shown = {path: content for path, content in on_disk(hand.root).items() if path[0] != "."}
    assert shown == {"other": None, **(TREE if label == "grafted" else {})}
    next_life = Replica.open(os.fsencode(hand.root), session="test")
    next_life.acquire_lease("test", "test")
    next_life.observe([b""], lambda batch: None)
    assert on_disk(hand.root) == shown
    next_life.close()


def test_a_folder_that_only_looks_like_ours_is_not_swept(grafter: Hand) -> None:
    kept = grafter.root / ".cstudio-tmp-notes"
    kept.mkdir()
    (kept / "f").write_bytes(b"user's own")
    os.utime(kept, (0, 0))
    grafter.replica.acquire_lease("test", "test")
    grafter.see()
    assert (kept / "f").read_bytes() == b"user's own"


def test_a_folder_with_nothing_but_a_half_made_tree_goes(grafter: Hand) -> None:
    (grafter.root / "d").mkdir()
    earlier = Replica.open(os.fsencode(grafter.root), session="test")
    left = grafter.root / "d" / os.fsdecode(earlier._names.new())
    earlier.close()
    (left / "deep").mkdir(parents=True)
    (left / "deep" / "f").write_bytes(b"1")
    (left / "deep" / "link").symlink_to(grafter.outside)
    (grafter.outside / "safe").write_bytes(b"1")
    gone = Operation(ops.REMOVE_FOLDER, b"d", None, FOLDER_ENTRY)
    assert grafter.do(gone).status == ops.OK
    assert on_disk(grafter.root) == {}
    assert [path.name for path in grafter.outside.iterdir()] == ["safe"]


# ------------------------------------------------------------------ watched


def grafting(one: Watched) -> Watched:
    assert one.watch is not None
    one.replica.bring_whole_folders(one.watch)
    return one


def test_a_tree_is_watched_and_not_told(watched: Make, root: Path) -> None:
    """Invariant 13; and what is changed in it from then on is told."""
    one = grafting(watched())
    assert set(statuses(one.replica.apply(tree())).values()) == {ops.OK}
    one.settle()
    assert one.told.pushes == []
    (root / "d" / "a").write_bytes(b"new")
    (root / "d" / "e" / "g" / "made").write_bytes(b"made")
    (root / "d" / "e" / "f").unlink()
    one.settle()
    last = {path: seen.entry for path, seen in one.told.last.items()}
    assert last == {b"d/a": entry(b"new"), b"d/e/g/made": entry(b"made"), b"d/e/f": None}


def test_what_was_removed_by_us_and_made_again_can_be_removed_by_others(
    watched: Make, root: Path
) -> None:
    """What is remembered of our removal must not hide theirs."""
    one = grafting(watched())
    one.replica.apply([folder("d"), file("d/a", b"1")])
    one.replica.apply([
        Operation(ops.REMOVE_FILE, b"d/a", None, entry(b"1")),
        Operation(ops.REMOVE_FOLDER, b"d", None, FOLDER_ENTRY),
    ])  # fmt: skip
    one.settle()
    one.replica.apply([folder("d"), file("d/a", b"1")])
    one.settle()
    one.told.clear()
    (root / "d" / "a").unlink()
    one.settle()
    assert one.told.history(b"d/a")[-1:] == [None]


@pytest.mark.parametrize("label", ["graft-made", "graft-watched", "before-graft"])
def test_what_others_do_to_a_tree_that_is_being_made_is_seen(
    watched: Make, root: Path, label: str
) -> None:
    """Nobody should; a `chmod -R` does."""
    one = grafting(watched())

    def meddle() -> None:
        made = temporary(root)
        (made / "theirs").write_bytes(b"theirs")
        if (made / "a").exists():
            (made / "a").write_bytes(b"edited")

    at(one.replica, label, meddle, b"d/h" if label == "graft-made" else b"d")
    outcomes = one.replica.apply(tree())
    one.settle()
    assert one.told.history(b"d/theirs")[-1:] == [entry(b"theirs")]
    assert (root / "d" / "a").read_bytes() == b"edited"
    (now,) = [outcome.now for outcome in outcomes if outcome.path == b"d/a"]
    assert one.told.history(b"d/a")[-1:] == [entry(b"edited")] or (now and not now.stamp)


@pytest.mark.parametrize("label", LABELS)
def test_a_watch_that_begins_anew_meanwhile_still_sees_the_tree(
    watched: Make, root: Path, label: str
) -> None:
    """As after an overflow: what was watched before it was shown is not any more."""
    one = grafting(watched())
    assert one.watch is not None
    at(one.replica, label, one.watch.use_rules, b"d")
    one.replica.apply(tree())
    one.settle()
    (root / "d" / "e" / "g" / "made").write_bytes(b"made")
    one.settle()
    assert one.told.history(b"d/e/g/made")[-1:] == [entry(b"made")]


def test_a_tree_whose_parent_moves_is_watched_where_it_went(watched: Make, root: Path) -> None:
    (root / "p").mkdir()
    one = grafting(watched())
    one.replica.apply([one_._replace(path=b"p/" + one_.path) for one_ in tree()])
    (root / "p").rename(root / "q")
    one.settle()
    (root / "q" / "d" / "e" / "made").write_bytes(b"made")
    one.settle()
    assert one.told.history(b"q/d/e/made")[-1:] == [entry(b"made")]


def test_what_is_excluded_is_refused_and_the_rest_is_made(watched: Make, root: Path) -> None:
    one = grafting(watched("secret"))
    outcomes = one.replica.apply([*tree(), folder("d/secret"), file("d/secret/x", b"1")])
    refused = {"d/secret": ops.NAME_REFUSED, "d/secret/x": ops.NAME_REFUSED}
    assert statuses(outcomes) == {**dict.fromkeys(TREE, ops.OK), **refused}
    assert on_disk(root) == TREE
