"""When a touched path is looked at; time is a number."""

from __future__ import annotations

import itertools

import pytest
from cstudio_agent.settle import (
    ARRIVED,
    CLOSED,
    CREATED,
    GATHER_SECONDS,
    LONGEST_SECONDS,
    MODIFIED,
    QUIET_SECONDS,
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


# ---------------------------------------------------------------- by script

WORDS = {"m": MODIFIED, "c": CLOSED, "+": CREATED, ">": ARRIVED, "-": REMOVED}


def play(script: str, until: int = 1000) -> list[str]:
    """Return what was due, as ``milliseconds path path``, for ``milliseconds event path`` lines.

    Whoever takes what is due wakes exactly when `next_deadline` says.
    """
    settle = Settle()
    told = []
    lines = [line.split() for line in script.split(",")]
    events = [(int(at) / 1000, path.encode(), WORDS[word]) for at, word, path in lines]
    for at, path, event in [*events, (until / 1000, b"", 0)]:
        deadline = settle.next_deadline()
        while deadline is not None and deadline < at:
            due = settle.due(deadline)
            assert due, "woken in vain"
            names = " ".join(sorted(path.decode() for path in due))
            told.append(f"{round(deadline * 1000)} {names}")
            deadline = settle.next_deadline()
        if event:
            settle.add(path, event, at)
    return told


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("0 c f", ["0 f"]),
        ("0 > f", ["0 f"]),
        ("0 m f,0 m f,0 c f", ["0 f"]),
        # Open for writing, or only just made: the end of it is waited for.
        ("0 m f", ["20 f"]),
        ("0 + f", ["20 f"]),
        ("0 - f", ["20 f"]),
        ("0 m f,15 m f,30 m f", ["50 f"]),
        ("0 m f,15 c f", ["15 f"]),
        # What follows the first is gathered.
        ("0 c f,1 c g,2 c h", ["0 f", "21 g h"]),
        ("0 c f,5 c f,10 c f", ["0 f", "30 f"]),
        # Quiet in between: each is the first again.
        ("0 c f,150 c g,300 c f", ["0 f", "150 g", "300 f"]),
        ("0 c f,50 c g", ["0 f", "70 g"]),
    ],
)
def test_due(script: str, expected: list[str]) -> None:
    assert play(script) == expected


@pytest.mark.parametrize(
    ("editor", "script", "expected"),
    [
        ("VS Code, nano: in place", "0 m f,1 m f,2 c f", ["2 f"]),
        (
            "vim: probe, rename to backup, new file, backup removed",
            "0 + 4913,0 c 4913,0 - 4913,1 - f,1 > f~,2 + f,2 m f,3 c f,4 - f~",
            ["20 4913 f f~"],
        ),
        (
            "JetBrains: safe write",
            "0 + tmp,1 c tmp,1 - f,1 > old,2 - tmp,3 > f,4 - old",
            ["1 tmp", "22 f old tmp"],
        ),
        (
            "sed -i, emacs, most libraries: beside, then over it",
            "0 + tmp,0 m tmp,1 c tmp,1 - tmp,1 > f",
            ["1 f", "21 tmp"],
        ),
        ("made and written", "0 + f,1 m f,2 c f", ["2 f"]),
        ("removed and written anew", "0 - f,3 + f,3 m f,4 c f", ["4 f"]),
        ("removed and moved in", "0 - f,10 > f", ["10 f"]),
    ],
)
def test_a_save_is_one_update(editor: str, script: str, expected: list[str]) -> None:
    """The file is looked at once, when it is there and complete."""
    assert play(script) == expected


def test_a_temporary_name_that_goes_at_once_is_told_as_gone() -> None:
    told = play("0 + tmp,1 m tmp,2 c tmp,2 - tmp,2 > f")
    assert told == ["2 f", "22 tmp"]


def test_a_rename_is_told_whole() -> None:
    """Both names within a few milliseconds are due together."""
    assert play("0 - old,3 > new") == ["20 new old"]


def test_a_log_is_told_as_long_as_it_grows() -> None:
    script = ",".join(f"{at} m log" for at in range(0, 1000, 5))
    told = [int(line.split()[0]) for line in play(script, until=2000)]
    assert all(1 <= later - at <= 220 for at, later in itertools.pairwise(told))
    assert 180 <= told[0] <= 200
    assert told[-1] >= 1000


def test_an_endless_log_does_not_hold_up_a_save() -> None:
    log = [f"{at} m log" for at in range(0, 500, 5)]
    script = ",".join([*log[:60], "297 m f", "298 c f", *log[60:]])
    assert "298 f" in play(script)


def test_nothing_waits_longer_than_the_longest() -> None:
    script = ",".join(
        f"{at} {event} f" for at, event in zip(range(0, 400, 4), "+-" * 50, strict=True)
    )
    told = [int(line.split()[0]) for line in play(script)]
    assert told[0] <= LONGEST_SECONDS * 1000


def test_what_goes_before_it_was_looked_at_waits_after_all() -> None:
    """The file is being replaced; it is looked at when it is there again."""
    settle = Settle()
    settle.add(b"f", CLOSED, 0.0)
    settle.add(b"f", REMOVED, 0.0005)
    assert settle.due(0.001) == {}
    settle.add(b"f", ARRIVED, 0.002)
    assert settle.due(0.002) == {b"f": CLOSED | REMOVED | ARRIVED}


def test_what_is_due_at_once_takes_no_half_change_along() -> None:
    settle = Settle()
    settle.add(b"f", CLOSED, 0.0)
    settle.add(b"g", REMOVED, 0.0005)
    assert set(settle.due(0.001)) == {b"f"}


def test_events_of_a_path_are_gathered() -> None:
    settle = Settle()
    settle.add(b"d", REMOVED, 0.0)
    settle.add(b"d", ARRIVED, 0.01)
    assert settle.due(0.04) == {b"d": REMOVED | ARRIVED}
    assert settle.due(9.0) == {}


def test_a_deadline_never_lies_after_what_is_due() -> None:
    """Sleeping until the deadline misses nothing, whatever came in between."""
    settle = Settle()
    for number in range(200):
        settle.add(b"%d" % (number % 37), (MODIFIED, CREATED, REMOVED)[number % 3], number / 1000)
    deadline = settle.next_deadline()
    assert deadline is not None
    assert settle.due(deadline - 0.000001) == {}
    assert settle.due(deadline)


def test_the_gathering_is_shorter_than_the_quiet() -> None:
    assert GATHER_SECONDS < QUIET_SECONDS < LONGEST_SECONDS
