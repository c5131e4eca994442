"""From events to observations: what is told, when, and what is not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cstudio_agent import settle
from cstudio_agent.contracts import NothingExcluded
from cstudio_agent.notices import INLINE_BYTES, MOST_WAITING, Notices
from cstudio_agent.replica import Replica
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, Entry, Seen
from cstudio_sync.operations import Operation
from support.watching import Told, Watched, entry

Make = Callable[..., Watched]


@pytest.fixture
def told(watched: Make) -> Watched:
    """Notices without a watch: the test notes events itself."""
    return watched(start=False)


def put(replica: Replica, path: bytes, content: bytes) -> None:
    """Let `apply` make a file."""
    made = entry(content)
    token = replica.stage_begin(path, made)
    replica.stage_write(token, content)
    assert replica.stage_end(token)
    (outcome,) = replica.apply([Operation(ops.PUT_FILE, path, entry=made, staged=token)])
    assert outcome.status == ops.OK, outcome


def test_a_closed_file_is_told_with_its_content(told: Watched, root: Path) -> None:
    (root / "f").write_bytes(b"hello")
    told.notices.note(b"f", settle.CLOSED)
    told.notices.drain()
    ((seen,),) = [seen for seen, _ in told.told.pushes]
    assert (seen.path, seen.entry, seen.content) == (b"f", entry(b"hello"), b"hello")


def test_a_removed_path_is_told_as_absent(told: Watched) -> None:
    told.notices.note(b"d/f", settle.REMOVED)
    told.notices.drain()
    assert told.told.seen == [Seen(b"d/f")]


def test_a_large_file_is_told_without_its_content(told: Watched, root: Path) -> None:
    content = os.urandom(3 * 1024 * 1024)
    (root / "large").write_bytes(content)
    (root / "middle").write_bytes(content[: INLINE_BYTES + 1])
    told.notices.note_all([(b"large", settle.CLOSED), (b"middle", settle.CLOSED)])
    told.notices.drain()
    assert {one.path: (one.entry, one.content) for one in told.told.seen} == {
        b"large": (entry(content), None),
        b"middle": (entry(content[: INLINE_BYTES + 1]), None),
    }


def test_no_push_carries_much_content(told: Watched, root: Path) -> None:
    for number in range(100):
        (root / str(number)).write_bytes(b"x" * INLINE_BYTES)
    told.notices.note_all([(b"%d" % number, settle.CLOSED) for number in range(100)])
    told.notices.drain()
    sizes = [sum(len(one.content or b"") for one in seen) for seen, _ in told.told.pushes]
    assert sum(sizes) == 100 * INLINE_BYTES
    assert max(sizes) <= 1024 * 1024 + INLINE_BYTES


def test_what_is_excluded_is_not_told(watched: Make, root: Path) -> None:
    one = watched("skipped", start=False)
    (root / "skipped").mkdir()
    (root / "skipped" / "f").write_bytes(b"1")
    (root / "d" / "skipped").mkdir(parents=True)
    (root / "d" / "skipped" / "f").write_bytes(b"1")
    for path in (b"skipped", b"skipped/f", b"d", b"d/skipped/f"):
        one.notices.note(path, settle.ARRIVED)
    one.notices.drain()
    assert [seen.path for seen in one.told.seen] == [b"d"]


def test_a_new_folder_is_told_with_all_below_parents_first(told: Watched, root: Path) -> None:
    for folder in ("d/e/f", "d/g"):
        (root / folder).mkdir(parents=True)
        (root / folder / "x").write_bytes(b"1")
    told.notices.note_all([(b"d", settle.ARRIVED), (b"d/g/x", settle.CLOSED)])
    told.notices.drain()
    order = [one.path for one in told.told.seen]
    assert sorted(order) == [b"d", b"d/e", b"d/e/f", b"d/e/f/x", b"d/g", b"d/g/x"]
    assert all(order.index(os.path.dirname(path) or path) <= order.index(path) for path in order)


def test_a_changed_folder_is_told_without_what_is_below(told: Watched, root: Path) -> None:
    (root / "d").mkdir()
    (root / "d" / "f").write_bytes(b"1")
    told.notices.note(b"d", settle.MODIFIED)
    told.notices.drain()
    assert [(one.path, one.entry) for one in told.told.seen] == [(b"d", FOLDER_ENTRY)]


def test_what_went_from_a_new_folder_is_told_too(told: Watched, root: Path) -> None:
    (root / "d").mkdir()
    told.notices.note_all([(b"d", settle.ARRIVED), (b"d/gone", settle.REMOVED)])
    told.notices.drain()
    assert told.told.last[b"d/gone"].entry is None


def test_invariant_13_our_own_writes_are_not_told(told: Watched) -> None:
    put(told.replica, b"f", b"ours")
    told.replica.apply([Operation(ops.MAKE_FOLDER, b"d", entry=FOLDER_ENTRY)])
    for path in (b"f", b"d"):
        told.notices.note(path, settle.ARRIVED)
    told.notices.drain()
    assert told.told.seen == []


def test_what_others_make_of_our_writes_is_told(told: Watched, root: Path) -> None:
    put(told.replica, b"f", b"ours")
    told.notices.note(b"f", settle.CLOSED)
    told.notices.drain()
    assert told.told.seen == []
    (root / "f").write_bytes(b"them")
    told.notices.note(b"f", settle.CLOSED)
    told.notices.drain()
    assert told.told.history(b"f") == [entry(b"them")]
    (root / "f").write_bytes(b"ours")
    told.notices.note(b"f", settle.CLOSED)
    told.notices.drain()
    assert told.told.history(b"f")[-1] == entry(b"ours")


def test_what_others_put_into_a_folder_of_ours_is_told(told: Watched, root: Path) -> None:
    """It was put there before anybody watched the folder: only the folder had an event."""
    told.replica.apply([Operation(ops.MAKE_FOLDER, b"d", entry=FOLDER_ENTRY)])
    (root / "d" / "f").write_bytes(b"theirs")
    told.notices.note(b"d", settle.ARRIVED)
    told.notices.drain()
    assert told.told.history(b"d/f") == [entry(b"theirs")]


def test_too_many_changes_are_a_look_at_everything(told: Watched) -> None:
    told.notices.note_all([(b"%d" % n, settle.REMOVED) for n in range(MOST_WAITING + 1)])
    told.notices.drain()
    assert told.told.pushes == [((), "more changes at once than can be told one by one")]
    told.notices.note(b"f", settle.REMOVED)
    told.notices.drain()
    assert told.told.seen == [Seen(b"f")]


def test_a_rescan_is_told_once_after_what_was_noted(told: Watched) -> None:
    told.notices.note(b"f", settle.REMOVED)
    told.notices.rescan("lost")
    told.notices.rescan("lost again")
    told.notices.drain()
    assert [rescan for _, rescan in told.told.pushes][-1] == "lost"
    told.notices.drain()
    assert told.told.rescans == ["lost"]


@pytest.mark.parametrize("replaced", [False, True])
def test_invariant_10_a_lost_root_is_no_deletion(told: Watched, root: Path, replaced: bool) -> None:
    """Nothing is said about what was in it."""
    (root / "f").write_bytes(b"1")
    root.rename(root.with_name("elsewhere"))
    if replaced:
        root.mkdir()
    told.notices.note(b"f", settle.REMOVED)
    told.notices.drain()
    assert told.told.seen == []
    assert [rescan.split(":")[0] for rescan in told.told.rescans] == ["root"]


def test_a_drain_of_nothing_returns(told: Watched) -> None:
    told.notices.drain()
    told.notices.drain()
    assert told.told.pushes == []


def test_a_drain_does_not_wait_for_the_window(told: Watched, root: Path) -> None:
    (root / "log").write_bytes(b"1")
    for _ in range(20):
        told.notices.note(b"log", settle.MODIFIED)
        told.notices.drain()
    assert len(told.told.seen) == 20


def test_drains_of_many_threads_all_return(told: Watched) -> None:
    def work(number: int) -> None:
        for step in range(20):
            told.notices.note(b"%d/%d" % (number, step), settle.REMOVED)
            told.notices.drain()
            assert told.told.history(b"%d/%d" % (number, step)) == [None]
            done.append(1)

    done: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 160


@pytest.mark.parametrize("error", [BrokenPipeError(), RuntimeError("the loop is closed")])
def test_when_nobody_listens_it_ends(root: Path, error: Exception) -> None:
    """Neither a drain nor the end hangs."""

    def push(seen: Sequence[Seen], rescan: str) -> None:
        raise error

    replica = Replica.open(os.fsencode(root), session="test")
    notices = Notices(replica, push)
    notices.note(b"f", settle.REMOVED)
    notices.drain()
    notices.drain()
    notices.close()
    notices.close()
    replica.close()


def test_trouble_with_looking_is_a_look_at_everything(root: Path) -> None:
    """It is told, and the next change is looked at as ever."""
    told = Told()
    replica = Replica.open(os.fsencode(root), session="test", matcher=_Broken())
    notices = Notices(replica, told.push)
    notices.note(b"f", settle.REMOVED)
    notices.drain()
    assert [rescan.split(":")[0] for rescan in told.rescans] == ["looking failed"]
    replica.set_matcher(NothingExcluded())
    notices.note(b"f", settle.REMOVED)
    notices.drain()
    assert told.seen == [Seen(b"f")]
    notices.close()
    replica.close()


class _Broken:
    def excluded(self, path: bytes, is_folder: bool) -> bool:
        raise ValueError("cannot decide")

    excludes_child = excluded


def test_a_change_never_waits_for_a_long_look(told: Watched, root: Path) -> None:
    """`apply` gets its turn in the middle of a thousand files and of a large one."""
    (root / "many").mkdir()
    for number in range(1000):
        (root / "many" / str(number)).write_bytes(b"x" * 1000)
    with open(root / "large", "wb") as file:
        file.truncate(200 * 1024 * 1024)
    told.notices.note_all([(b"large", settle.CLOSED), (b"many", settle.ARRIVED)])
    time.sleep(0.03)
    turns = []
    while b"many/999" not in told.told.last:
        before = len(told.told.seen)
        with told.replica.turn:
            turns.append(before)
        time.sleep(0.0005)
    assert 0 in turns  # while the large file was being hashed
    assert any(100 <= count < 900 for count in turns)


def test_the_order_of_pushes_is_the_order_of_what_was_true(told: Watched, root: Path) -> None:
    """What was seen before an operation is never told after it was performed."""
    old = bytes(4 * 1024 * 1024)
    (root / "f").write_bytes(old)
    expected: Entry | None = entry(old)
    stamp = told.replica.look(b"f")
    assert stamp is not None
    for number in range(20):
        told.notices.note(b"f", settle.CLOSED)
        content = bytes([number]) * (4 * 1024 * 1024)
        made = entry(content)
        token = told.replica.stage_begin(b"f", made)
        told.replica.stage_write(token, content)
        assert told.replica.stage_end(token)
        with told.replica.turn:
            held = told.replica.look(b"f")
            assert held is not None
            (outcome,) = told.replica.apply(
                [Operation(ops.PUT_FILE, b"f", entry=made, staged=token,
                           expected=expected, stamp=held.stamp)]
            )  # fmt: skip
            assert outcome.status == ops.OK, outcome
            count = len(told.told.seen)
        time.sleep(0.01)
        told.notices.drain()
        assert all(one.entry == made for one in told.told.seen[count:])
        expected = made


@pytest.mark.parametrize(
    ("events", "least"),
    [
        ([settle.CREATED, settle.CLOSED], 0.02),  # `touch`: told after one more look
        ([settle.MODIFIED], 0.2),  # truncated and still open
    ],
)
def test_an_empty_file_is_told_when_it_stays_empty(
    told: Watched, root: Path, events: list[int], least: float
) -> None:
    (root / "f").write_bytes(b"")
    began = time.monotonic()
    told.notices.note_all([(b"f", event) for event in events])
    told.told.wait(lambda: told.told.history(b"f") == [entry(b"")])
    assert least <= time.monotonic() - began
    assert len(told.told.pushes) == 1


def test_a_file_that_is_away_for_a_moment_is_not_told_as_gone(told: Watched, root: Path) -> None:
    """The next save has begun when the last one is looked at."""
    told.notices.note(b"f", settle.CLOSED)
    time.sleep(0.01)
    assert told.told.pushes == []
    (root / "f").write_bytes(b"new")
    told.notices.note_all([(b"f", settle.CREATED), (b"f", settle.CLOSED)])
    told.told.wait(lambda: bool(told.told.pushes))
    assert told.told.history(b"f") == [entry(b"new")]


def test_a_file_that_stays_away_is_told_as_gone(told: Watched) -> None:
    told.notices.note(b"f", settle.CLOSED)
    told.told.wait(lambda: told.told.history(b"f") == [None])
    told.notices.note(b"g", settle.CLOSED)
    told.notices.drain()
    assert told.told.history(b"g") == [None]  # a drain tells what is
