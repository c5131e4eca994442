"""A git checkout that rewrites 2,000 files, until both sides are quiet and equal."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import making
from bench import Bench

FILES = 2000
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0")


def run(bench: Bench) -> None:
    """Check out two branches in turn; `.git` itself is excluded by default."""
    files = bench.pace.part(FILES)
    local = bench.copy_of(files, "checkout")
    _make_branches(local)
    paths = making.files_of(local)
    taken = []
    costs: dict[str, Any] = {}
    with bench.mirrored(local, "checkout") as there:
        for number in range(bench.pace.runs):
            time.sleep(1.0)
            with bench.costing(costs):
                began = time.perf_counter()
                _git(local, "checkout", "-q", ("one", "two")[number % 2])
                for path in reversed(paths):
                    making.wait_until_it_holds(there / path, (local / path).read_bytes())
                taken.append(time.perf_counter() - began)
    bench.report.tell("git checkout of 2,000 files", taken, "s", files=files, **costs)


def _make_branches(root: Path) -> None:
    _git(root, "init", "-q", "-b", "one")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "One")
    _git(root, "checkout", "-q", "-b", "two")
    for path in making.files_of(root):
        (root / path).write_bytes(b"two " + (root / path).read_bytes())
    _git(root, "commit", "-q", "-a", "-m", "Two")


def _git(root: Path, *words: str) -> None:
    subprocess.run([*_GIT, "-C", str(root), *words], check=True)
