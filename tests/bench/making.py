"""Trees to measure with, and waiting for what comes of a change."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

POLL_SECONDS = 0.0002
LIMIT_SECONDS = 120.0
FILES_A_FOLDER = 20


def make_tree(root: Path, files: int) -> None:
    """Make files of 2 to 7 KB, or 2.25 KB where there are 100,000 (225 MB in 5,000 folders)."""
    chance = random.Random(files)
    for number in range(files):
        folder = root / f"d{number // 2000}" / f"e{number // FILES_A_FOLDER % 100}"
        if number % FILES_A_FOLDER == 0:
            folder.mkdir(parents=True, exist_ok=True)
        size = 2250 + (number % 5000 if files < 50_000 else 0)
        (folder / f"f{number % FILES_A_FOLDER}.py").write_bytes(chance.randbytes(size))


def files_of(root: Path) -> Sequence[Path]:
    """Return the files' paths, relative and in order."""
    found = [
        Path(folder, name).relative_to(root) for folder, _, names in os.walk(root) for name in names
    ]
    return sorted(path for path in found if path.suffix == ".py")


def wait_for(is_there: Callable[[], bool]) -> float:
    """Return the seconds until something is true."""
    began = time.perf_counter()
    while not is_there():
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise TimeoutError(f"it did not happen in {LIMIT_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    return time.perf_counter() - began


def holds(path: Path, content: bytes) -> bool:
    """Tell whether a reader gets the whole new content."""
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def wait_until_it_holds(path: Path, content: bytes) -> float:
    """Return the seconds until a reader gets `content`."""
    return wait_for(lambda: holds(path, content))
