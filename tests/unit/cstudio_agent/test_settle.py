"""When a touched path is looked at; time is a number."""

from __future__ import annotations

from cstudio_agent.settle import (
    ARRIVED,
    CLOSED,
    CREATED,
    GATHER_SECONDS,
    LONGEST_SECONDS,
    MODIFIED,
    REMOVED,
    Settle,
)


def test_a_saved_file_is_due_at_once() -> None:
    """The first event after quiet that completes a file does not wait."""
    settle = Settle()
    settle.add(b"f", MODIFIED, 10.0)
    settle.add(b"f", CLOSED, 10.001)
    assert settle.due(10.001) == {b"f": MODIFIED | CLOSED}
    assert settle.next_deadline() is None


def test_a_name_that_went_waits_for_what_follows() -> None:
    """Removed, then moved into place: one look, in which the file is there."""
    settle = Settle()
    settle.add(b"f", REMOVED, 10.0)
    assert settle.due(10.0) == {}
    settle.add(b"f", ARRIVED, 10.005)
    assert settle.due(10.005 + GATHER_SECONDS + 0.001) == {b"f": REMOVED | ARRIVED}


def test_an_endless_log_is_due_again_and_again() -> None:
    """A file that is always written to waits no longer than the longest."""
    settle = Settle()
    now = 10.0
    while now < 10.0 + LONGEST_SECONDS - 0.001:
        settle.add(b"log", MODIFIED, now)
        assert settle.due(now) == {}
        now += 0.005
    settle.add(b"log", MODIFIED, 10.0 + LONGEST_SECONDS)
    assert settle.due(10.0 + LONGEST_SECONDS) == {b"log": MODIFIED}


def test_what_follows_the_first_is_gathered() -> None:
    """After one answer at once, the storm behind it comes together."""
    settle = Settle()
    settle.add(b"a", CLOSED, 10.0)
    assert settle.due(10.0) == {b"a": CLOSED}
    settle.add(b"b", CREATED, 10.002)
    settle.add(b"c", CLOSED, 10.004)
    assert settle.due(10.004) == {}
    assert set(settle.due(10.004 + GATHER_SECONDS + 0.001)) == {b"b", b"c"}


def test_everything_is_taken_when_asked() -> None:
    """A drain does not wait for quiet."""
    settle = Settle()
    settle.add(b"a", MODIFIED, 10.0)
    assert settle.everything() == {b"a": MODIFIED}
    assert len(settle) == 0
