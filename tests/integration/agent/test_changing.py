"""Changing a real tree: compare first, whole files only, never outside the root."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable

import pytest
from cstudio_agent.contracts import RootTrouble
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry
from cstudio_sync.operations import Operation
from support.replicas import Hand


def at(hand: Hand, label: str, action: Callable[[], object]) -> None:
    """Have something happen at a labelled step."""

    def checkpoint(reached: str, path: bytes) -> None:
        if reached == label:
            hand.replica.changing.checkpoint = lambda *_: None
            action()

    hand.replica.changing.checkpoint = checkpoint


def test_a_new_file_appears_whole_and_alone(hand: Hand) -> None:
    """Content, no temporary left, and a stamp that the next look agrees with."""
    outcome = hand.put("a.txt", b"hello")
    assert outcome.status == ops.OK
    assert hand.names() == ["a.txt"]
    assert outcome.now is not None
    known = {b"a.txt": outcome.now.stamp}
    found: list[object] = []
    hand.replica.compare([(b"", known)], found.extend)
    assert found == []


def test_mode_and_executable_bit(hand: Hand) -> None:
    """A replaced file keeps its mode; the bit is set where it may be read."""
    (hand.root / "run").write_bytes(b"old")
    (hand.root / "run").chmod(0o640)
    seen = hand.see()["run"]
    entry = hand.put("run", b"new", seen).now
    assert entry is not None
    assert stat.S_IMODE((hand.root / "run").stat().st_mode) == 0o640
    assert entry.entry is not None
    wanted = entry.entry._replace(executable=True)
    operation = Operation(ops.SET_EXECUTABLE, b"run", wanted, entry.entry, entry.stamp)
    assert hand.do(operation).status == ops.OK
    assert stat.S_IMODE((hand.root / "run").stat().st_mode) == 0o750


@pytest.mark.parametrize("label", ["before-rename", "recheck"])
def test_an_edit_in_the_last_moment_is_left_alone(hand: Hand, label: str) -> None:
    """Invariant 4: what was expected is compared again just before the rename."""
    (hand.root / "f").write_bytes(b"old")
    seen = hand.see()["f"]
    at(hand, label, lambda: (hand.root / "f").write_bytes(b"user's own"))
    assert hand.put("f", b"new", seen).status == ops.CHANGED
    assert (hand.root / "f").read_bytes() == b"user's own"
    assert hand.names() == ["f"]


def test_a_file_that_appeared_meanwhile_is_not_clobbered(hand: Hand) -> None:
    """Creations never replace."""
    at(hand, "recheck", lambda: (hand.root / "f").write_bytes(b"user's own"))
    assert hand.put("f", b"new").status == ops.CHANGED
    assert (hand.root / "f").read_bytes() == b"user's own"


def test_an_edit_just_after_the_rename_does_not_pass_for_ours(hand: Hand) -> None:
    """The outcome's stamp must not match what somebody else wrote there."""

    def replace() -> None:
        (hand.root / "new").write_bytes(b"user's own")
        os.replace(hand.root / "new", hand.root / "f")

    at(hand, "after-rename", replace)
    outcome = hand.put("f", b"ours!")
    assert outcome.now is not None
    assert outcome.now.stamp != hand.see()["f"].stamp
    found: list[object] = []
    hand.replica.compare([(b"", {b"f": outcome.now.stamp})], found.extend)
    assert len(found) == 1


@pytest.mark.parametrize("label", ["before-rename", "recheck"])
def test_a_folder_swapped_for_a_link_leads_nowhere(hand: Hand, label: str) -> None:
    """Invariant 14: the published `kubectl cp` escape, in the middle of a write."""
    (hand.root / "d").mkdir()

    def swap() -> None:
        (hand.root / "d").rename(hand.outside / "moved")
        (hand.root / "d").symlink_to(hand.outside)

    at(hand, label, swap)
    assert hand.put("d/evil", b"content").status == ops.CHANGED
    assert sorted(path.name for path in hand.outside.rglob("*")) == ["moved"]


def test_nothing_is_written_through_a_linked_parent(hand: Hand) -> None:
    """A link on the way is refused for every verb."""
    (hand.outside / "victim").write_bytes(b"safe")
    (hand.root / "d").symlink_to(hand.outside)
    folder = Operation(ops.MAKE_FOLDER, b"d/sub", FOLDER_ENTRY)
    gone = Operation(ops.REMOVE_FILE, b"d/victim", None, Entry("f", b"x" * 32, 4))
    assert hand.put("d/evil", b"content").status == ops.CHANGED
    assert hand.do(folder).status == ops.CHANGED
    assert hand.do(gone).status == ops.CHANGED
    assert [path.name for path in hand.outside.iterdir()] == ["victim"]
    assert hand.see("d/victim")["d/victim"].entry is None


def test_links_stay_inside(hand: Hand) -> None:
    """A link that leads out is not made."""
    inside = Operation(ops.PUT_LINK, b"l", Entry(LINK, target=b"a/b"))
    outside = Operation(ops.PUT_LINK, b"m", Entry(LINK, target=b"../outside"))
    assert hand.do(inside).status == ops.OK
    assert os.readlink(hand.root / "l") == "a/b"
    assert hand.do(outside).status == ops.NAME_REFUSED
    assert hand.names() == ["l"]


def test_wrong_bytes_are_refused(hand: Hand) -> None:
    """The digest decides, for small files and staged ones."""
    assert hand.put("f", b"good", data=b"evil").status == ops.CONTENT_MISMATCH
    token = hand.replica.stage_begin(b"f", Entry("f", b"\0" * 32, 4))
    hand.replica.stage_write(token, b"evil")
    assert not hand.replica.stage_end(token)
    assert hand.names() == []


def test_a_staged_file_keeps_its_holes(hand: Hand) -> None:
    """Runs of zeros become holes, and the content is exact."""
    import hashlib

    content = b"x" * 4096 + bytes(4 * 1024 * 1024)
    entry = Entry("f", hashlib.sha256(content).digest(), len(content))
    token = hand.replica.stage_begin(b"sparse", entry)
    for start in range(0, len(content), 1024 * 1024):
        hand.replica.stage_write(token, content[start : start + 1024 * 1024])
    assert hand.replica.stage_end(token)
    outcome = hand.do(Operation(ops.PUT_FILE, b"sparse", entry, staged=token))
    assert outcome.status == ops.OK
    assert (hand.root / "sparse").read_bytes() == content
    assert (hand.root / "sparse").stat().st_blocks * 512 < len(content)


def test_only_empty_folders_go(hand: Hand) -> None:
    """Invariant 6: an unknown child keeps its folder, by name; our leftovers do not."""
    (hand.root / "d").mkdir()
    (hand.root / "d" / "node_modules").mkdir()
    remove = Operation(ops.REMOVE_FOLDER, b"d", None, FOLDER_ENTRY)
    outcome = hand.do(remove)
    assert outcome.status == ops.NOT_EMPTY
    assert "node_modules" in outcome.detail
    (hand.root / "d" / "node_modules").rmdir()
    left = hand.replica._names.new()
    (hand.root / "d" / os.fsdecode(left)).write_bytes(b"half")
    assert hand.do(remove).status == ops.OK
    assert hand.names() == []


def test_what_is_overwritten_and_removed_is_kept(hand: Hand) -> None:
    """Invariant 1: the trash gives the old content back."""
    (hand.root / "f").write_bytes(b"old")
    seen = hand.see()["f"]
    first = hand.put("f", b"new", seen, keep=True)
    assert b"".join(hand.replica.read_kept(first.kept)) == b"old"
    now = first.now
    assert now is not None
    second = hand.do(Operation(ops.REMOVE_FILE, b"f", None, now.entry, now.stamp, keep=True))
    assert second.status == ops.OK
    assert b"".join(hand.replica.read_kept(second.kept)) == b"new"
    with pytest.raises(KeyError):
        list(hand.replica.read_kept("../../root"))


def test_moves_replace_nothing(hand: Hand) -> None:
    """A rename is one, unless something took the new name."""
    (hand.root / "a").write_bytes(b"content")
    seen = hand.see()["a"]
    move = Operation(ops.MOVE_FILE, b"b", seen.entry, source=b"a", source_stamp=seen.stamp)
    assert hand.do(move).status == ops.OK
    assert hand.names() == ["b"]
    (hand.root / "a").write_bytes(b"content")
    assert hand.do(move._replace(source_stamp=b"")).status == ops.CHANGED
    assert hand.names() == ["a", "b"]


def test_the_engines_own_names_are_refused(hand: Hand) -> None:
    """Nobody makes, moves or removes temporaries, or the root."""
    assert hand.put(".cstudio-tmp-x", b"").status == ops.NAME_REFUSED
    remove = Operation(ops.REMOVE_FOLDER, b"", None, FOLDER_ENTRY)
    assert hand.do(remove).status == ops.NAME_REFUSED


def test_one_trouble_does_not_stop_the_rest(hand: Hand) -> None:
    """Each operation stands alone, a name too long for the disk included."""
    (hand.root / "file").write_bytes(b"")
    assert hand.put("file/below", b"x").status == ops.CHANGED
    assert hand.put("x" * 255 + "y", b"x").status == ops.NAME_REFUSED
    assert hand.put("fine", b"x").status == ops.OK


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_and_a_read_only_disk_are_named(hand: Hand) -> None:
    """C12 and C16: no half state, numbers in the text, and later it works."""
    (hand.root / "d").mkdir()
    mounted = hand.outside / "disk"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(mounted)], capture_output=True
    )
    if done.returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        small = Hand.__new__(Hand)
        small.root, small.outside = mounted, hand.outside
        small.replica = type(hand.replica).open(os.fsencode(mounted), session="small")
        outcome = small.put("big", bytes(range(256)) * 2000)
        assert outcome.status == ops.DISK_FULL
        assert "needed 512000 bytes" in outcome.detail
        assert small.names() == []
        assert small.put("little", b"x").status == ops.OK
        subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
        assert small.put("other", b"x").status == ops.READ_ONLY
        small.replica.close()
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def _exchanged(hand: Hand) -> None:
    hand.root.rename(hand.root.with_name("moved"))
    shutil.copytree(hand.root.with_name("moved"), hand.root)


def _removed(hand: Hand) -> None:
    hand.root.rename(hand.root.with_name("moved"))


@pytest.mark.parametrize("lose", [_exchanged, _removed])
def test_a_root_that_goes_while_it_is_changed_is_left_alone_from_then_on(
    hand: Hand, lose: Callable[[Hand], None]
) -> None:
    """Invariant 9: what was in hand is finished, the rest is not begun, here or there."""
    for name in ("one", "two", "three"):
        (hand.root / name).write_text(name)
    seen = hand.see()
    planned = [
        Operation(ops.REMOVE_FILE, name.encode(), None, seen[name].entry, seen[name].stamp)
        for name in ("one", "two", "three")
    ]
    at(hand, "done", lambda: lose(hand))
    with pytest.raises(RootTrouble):
        hand.replica.apply(planned)
    assert sorted(os.listdir(hand.root.with_name("moved"))) == ["three", "two"]
    assert lose is _removed or hand.names() == ["three", "two"]
