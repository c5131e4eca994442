"""What is checked when the daemon dies at a labelled step of `support.crashing`.

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

from cstudio_sync.entries import FILE
from cstudiod.store.ancestor import Ancestor
from support.compare import differences, listing
from support.crashing import CRASHED

SUPPORT = Path(__file__).parents[1]
LARGE = 2_500_000


def run(folder: Path, label: str, number: int = 1, *, pod: str = "") -> int:
    """Mirror until it dies at a step, or settles; `pod` is NAMESPACE/NAME, else it is all here."""
    done = subprocess.run(
        [sys.executable, "-m", "support.crashing", str(folder), label, str(number), pod],
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in (0, CRASHED), done.stderr.decode()
    return done.returncode


def write(path: Path, seed: str, size: int = 3000) -> bytes:
    """Write a file that its seed alone decides; return its content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = random.Random(seed).randbytes(size)
    path.write_bytes(content)
    return content


def begin(folder: Path, *, pod: str = "") -> None:
    """Make both sides equal: 60 files, one large, folders."""
    for number in range(60):
        write(folder / "local" / f"d{number % 6}" / f"f{number}", f"first {number}")
    write(folder / "local" / "large", "first", LARGE)
    (folder / "local" / "gone" / "deep").mkdir(parents=True)
    (folder / "remote").mkdir()
    assert run(folder, "never", pod=pod) == 0
    assert differences(listing(folder / "local"), listing(folder / "remote")) == []


def change_both(folder: Path) -> set[bytes]:
    """Edit, add, delete and rename on each side; return the contents that are new."""
    new = set()
    for side, other in (("local", 0), ("remote", 30)):
        root = folder / side
        for number in range(other, other + 10):
            new.add(write(root / f"d{number % 6}" / f"f{number}", f"{side} edit {number}"))
            new.add(write(root / side / f"new{number}", f"{side} new {number}"))
        new.add(write(root / f"large-{side}", f"{side} large", LARGE))
        for number in range(other + 10, other + 15):
            (root / f"d{number % 6}" / f"f{number}").unlink()
        (root / "empty" / side).mkdir(parents=True)
    (folder / "remote" / "gone" / "deep").rmdir()
    (folder / "remote" / "gone").rmdir()
    new.add(write(folder / "remote" / "large", "edited large", LARGE))
    return new


def contents(*folders: Path) -> set[bytes]:
    """Return the contents of all files that are shown: nothing of a temporary name is."""
    found = set()
    for top in folders:
        for folder, below, names in os.walk(top):
            below[:] = [name for name in below if not name.startswith(".cstudio-tmp-")]
            for name in names:
                path = Path(folder, name)
                if path.is_file() and not name.startswith(".cstudio-tmp-"):
                    found.add(path.read_bytes())
    return found


def check_after_crash(folder: Path, new: set[bytes], before: set[bytes]) -> None:
    """Check the invariants on the disks, and that the ancestor is not ahead of them."""
    local, remote = folder / "local", folder / "remote"
    held = contents(local, remote)
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


def die_and_go_on(folder: Path, label: str, number: int = 1, *, pod: str = "") -> None:
    """Die at a step with changes of both sides in hand, check, and go on to the end."""
    begin(folder, pod=pod)
    before = contents(folder / "local", folder / "remote")
    new = change_both(folder)
    if run(folder, label, number, pod=pod) == 0:
        assert number > 1, f"{label} was never reached"
    check_after_crash(folder, new, before)
    assert run(folder, "never", pod=pod) == 0
    local, remote = listing(folder / "local"), listing(folder / "remote")
    assert differences(local, remote) == []
    assert new <= contents(folder / "local")
