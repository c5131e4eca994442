"""The daemon dies with -9 at each labelled step between receiving and saving.

`support.crashes` says what is checked; `e2e/test_crashes.py` does it in a pod.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compare import differences, listing
from support.crashes import LARGE, check_after_crash, contents, die_and_go_on, run, write
from support.crashing import LABELS


@pytest.mark.parametrize(
    ("label", "number"),
    [*((label, 1) for label in LABELS), ("before-rename", 7), ("done", 4), ("before-commit", 3)],
)
def test_invariants_1_5_and_7_hold_when_the_daemon_dies_at(
    label: str, number: int, tmp_path: Path
) -> None:
    """Both sides have changes in hand when it happens."""
    die_and_go_on(tmp_path, label, number)


@pytest.mark.parametrize("label", ["before-rename", "after-rename", "before-commit", "staged"])
def test_a_first_sync_that_dies_at_each_step_goes_on(label: str, tmp_path: Path) -> None:
    """Into both sides at once, with nothing agreed yet; dies five times in a row."""
    for number in range(40):
        write(tmp_path / "local" / "here" / f"f{number}", f"here {number}")
        write(tmp_path / "remote" / "there" / f"f{number}", f"there {number}")
    write(tmp_path / "remote" / "large", "large", LARGE)
    new = contents(tmp_path / "local", tmp_path / "remote")
    for number in range(1, 6):
        run(tmp_path, label, number)
        check_after_crash(tmp_path, new, set())
    assert run(tmp_path, "never") == 0
    assert differences(listing(tmp_path / "local"), listing(tmp_path / "remote")) == []
    assert contents(tmp_path / "local") == new
