"""Observing a real tree: everything is data, nothing is followed, nothing is waited for."""

from __future__ import annotations

import os
import socket

import pytest
from cstudio_agent.reading import read_file
from cstudio_agent.replica import Replica
from cstudio_sync.entries import FILE, LINK, Entry, Problem, Seen
from support.replicas import Hand


def test_every_kind_is_told(hand: Hand) -> None:
    """Files with content, folders, links, and what cannot be synced with its reason."""
    (hand.root / "d").mkdir()
    (hand.root / "d" / "f").write_bytes(b"hello")
    (hand.root / "in").symlink_to("d/f")
    (hand.root / "out").symlink_to("/etc/passwd")
    os.mkfifo(hand.root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(hand.root / "sock"))
    seen = hand.see()
    assert seen["d/f"].content == b"hello"
    assert seen["in"].entry == Entry(LINK, target=b"d/f")
    assert seen["out"].problem == Problem.LINK_OUTSIDE
    assert seen["out"].detail == "/etc/passwd"
    assert seen["pipe"].problem == Problem.SPECIAL_FILE
    assert seen["sock"].problem == Problem.SPECIAL_FILE
    assert list(seen).index("d") < list(seen).index("d/f")


def test_names_of_any_bytes(hand: Hand) -> None:
    """Newlines and bytes that are no UTF-8 come through."""
    name = b"new\nline \xff"
    with open(os.path.join(os.fsencode(hand.root), name), "wb"):
        pass
    found: list[Seen] = []
    hand.replica.observe([b""], found.extend)
    assert [one.path for one in found] == [name]


def test_a_racy_stamp_matches_nothing(hand: Hand) -> None:
    """D2: two edits of one size within a tick are both seen."""
    (hand.root / "f").write_bytes(b"one")
    first = hand.see()["f"]
    found: list[Seen] = []
    hand.replica.compare([(b"", {b"f": first.stamp})], found.extend)
    assert [one.path for one in found] == [b"f"]


def test_an_edit_with_its_time_restored_is_found(hand: Hand) -> None:
    """D1: the ctime tells what the mtime hides."""
    path = hand.root / "f"
    path.write_bytes(b"one")
    os.utime(path, ns=(0, 0))
    status = path.stat()
    from cstudio_agent import stamps

    known = stamps.of(status)
    path.write_bytes(b"two")
    os.utime(path, ns=(0, 0))
    found: list[Seen] = []
    hand.replica.compare([(b"", {b"f": known})], found.extend)
    assert [one.path for one in found] == [b"f"]


def test_paths_behind_a_link_are_absent(hand: Hand) -> None:
    """F2: nothing outside is read, whatever is asked."""
    (hand.outside / "secret").write_bytes(b"secret")
    (hand.root / "d").symlink_to(hand.outside)
    assert hand.see("d/secret")["d/secret"] == Seen(b"d/secret")
    with pytest.raises(OSError, match="symbolic links"):
        read_file(b"d", os.open(hand.root, os.O_RDONLY))


def test_a_tree_deeper_than_any_path(hand: Hand) -> None:
    """D25: the walk goes by descriptors, and closes what it does not need."""
    folder = os.open(hand.root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deep", dir_fd=folder)
        below = os.open("deep", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    found: list[tuple[bytes, bytes]] = []
    hand.replica.fingerprints(found.extend)
    assert len(found) == 1501
    for _ in range(1499):  # too deep for whoever clears up after tests
        (hand.root / "deep" / "deep").rename(hand.root / "next")
        (hand.root / "deep").rmdir()
        (hand.root / "next").rename(hand.root / "deep")


def test_fingerprints_change_with_any_child(hand: Hand) -> None:
    """A new file changes its own folder's value and no other's."""
    (hand.root / "a").mkdir()
    (hand.root / "b").mkdir()
    before: list[tuple[bytes, bytes]] = []
    hand.replica.fingerprints(before.extend)
    (hand.root / "a" / "new").write_bytes(b"")
    after: list[tuple[bytes, bytes]] = []
    hand.replica.fingerprints(after.extend)
    changed = {path for path, _ in set(before) ^ set(after)}
    assert changed == {b"a"}


def _left_behind(hand: Hand, session: str) -> str:
    """Leave a half-written temporary, as a process that is killed does."""
    dead = Replica.open(os.fsencode(hand.root), session=session, trash_folder=b"/nowhere")
    token = dead.stage_begin(b"large", Entry(FILE, b"d" * 32, 2_000_000))
    dead.stage_write(token, b"half of it")
    return token


@pytest.mark.parametrize("is_owner", [True, False])
def test_what_a_killed_process_left_goes_with_the_first_look(hand: Hand, is_owner: bool) -> None:
    """Only by who owns the root; what is in the making and what is a stranger's stays."""
    own, stranger = _left_behind(hand, "test"), _left_behind(hand, "somebody else")
    if is_owner:
        hand.replica.acquire_lease("test", "session test")
    staged = hand.replica.stage_begin(b"large", Entry(FILE, b"d" * 32, 2_000_000))
    hand.see()
    assert (own in os.listdir(hand.root)) == (not is_owner)
    assert {stranger, staged} <= set(os.listdir(hand.root))
