"""The daemon dies with -9 at each labelled step between receiving and saving.

A real process, a real agent, real disks. After each death: nothing that one
side alone had is gone (invariant 1), every file is whole (5), and what the
ancestor remembers is on both disks (7). Then it is started again on the same
state, and both sides end equal.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from cstudio_sync.entries import FILE
from cstudiod.store.ancestor import Ancestor
from support.compare import differences, listing
from support.crashing import CRASHED, LABELS

SUPPORT = Path(__file__).parents[2]
LARGE = 2_500_000


def _run(folder: Path, label: str, number: int = 1) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "support.crashing", str(folder), label, str(number)],
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in (0, CRASHED), done.stderr.decode()
    return done.returncode


def _write(path: Path, seed: str, size: int = 3000) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = random.Random(seed).randbytes(size)
    path.write_bytes(content)
    return content


def _begin(folder: Path) -> None:
    """Make both sides equal: 60 files, one large, folders."""
    for number in range(60):
        _write(folder / "local" / f"d{number % 6}" / f"f{number}", f"first {number}")
    _write(folder / "local" / "large", "first", LARGE)
    (folder / "local" / "gone" / "deep").mkdir(parents=True)
    (folder / "remote").mkdir()
    assert _run(folder, "never") == 0
    assert differences(listing(folder / "local"), listing(folder / "remote")) == []


def _change_both(folder: Path) -> set[bytes]:
    """Edit, add, delete and rename on each side; return the contents that are new."""
    new = set()
    for side, other in (("local", 0), ("remote", 30)):
        root = folder / side
        for number in range(other, other + 10):
            new.add(_write(root / f"d{number % 6}" / f"f{number}", f"{side} edit {number}"))
            new.add(_write(root / side / f"new{number}", f"{side} new {number}"))
        new.add(_write(root / f"large-{side}", f"{side} large", LARGE))
        for number in range(other + 10, other + 15):
            (root / f"d{number % 6}" / f"f{number}").unlink()
        (root / "empty" / side).mkdir(parents=True)
    (folder / "remote" / "gone" / "deep").rmdir()
    (folder / "remote" / "gone").rmdir()
    new.add(_write(folder / "remote" / "large", "edited large", LARGE))
    return new


def _contents(*folders: Path) -> set[bytes]:
    return {
        path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".cstudio-tmp-")
    }


def _check_after_crash(folder: Path, new: set[bytes], before: set[bytes]) -> None:
    local, remote = folder / "local", folder / "remote"
    held = _contents(local, remote)
    assert new <= held, "invariant 1: what one side alone had is gone"
    assert held <= new | before, "invariant 5: a file holds what nobody wrote"
    ancestor = Ancestor(folder / "state" / "ancestor.db")
    fresh = {hashlib.sha256(content).digest() for content in new}
    for path, row in ancestor.everything():
        if row.entry.kind == FILE and row.entry.digest in fresh:
            for root in (local, remote):
                there = (root / os.fsdecode(path)).read_bytes()
                assert hashlib.sha256(there).digest() == row.entry.digest, "invariant 7"
    ancestor.close()


@pytest.mark.parametrize(
    ("label", "number"),
    [*((label, 1) for label in LABELS), ("before-rename", 7), ("done", 4), ("before-commit", 3)],
)
def test_invariants_1_5_and_7_hold_when_the_daemon_dies_at(
    label: str, number: int, tmp_path: Path
) -> None:
    """Both sides have changes in hand when it happens."""
    _begin(tmp_path)
    before = _contents(tmp_path / "local", tmp_path / "remote")
    new = _change_both(tmp_path)
    if _run(tmp_path, label, number) == 0:
        assert number > 1, f"{label} was never reached"
    _check_after_crash(tmp_path, new, before)
    assert _run(tmp_path, "never") == 0
    local, remote = listing(tmp_path / "local"), listing(tmp_path / "remote")
    assert differences(local, remote) == []
    assert new <= _contents(tmp_path / "local")


@pytest.mark.parametrize("label", ["before-rename", "after-rename", "before-commit", "staged"])
def test_a_first_sync_that_dies_at_each_step_goes_on(label: str, tmp_path: Path) -> None:
    """Into both sides at once, with nothing agreed yet; dies five times in a row."""
    for number in range(40):
        _write(tmp_path / "local" / "here" / f"f{number}", f"here {number}")
        _write(tmp_path / "remote" / "there" / f"f{number}", f"there {number}")
    _write(tmp_path / "remote" / "large", "large", LARGE)
    new = _contents(tmp_path / "local", tmp_path / "remote")
    for number in range(1, 6):
        _run(tmp_path, label, number)
        _check_after_crash(tmp_path, new, set())
    assert _run(tmp_path, "never") == 0
    assert differences(listing(tmp_path / "local"), listing(tmp_path / "remote")) == []
    assert _contents(tmp_path / "local") == new
