"""A folder that is filled once and used by many: a lock beside it, a marker in it.

The marker is written last, so a folder without it counts for nothing. Programs
that fill the folder are given the lock's descriptor: it is held as long as one
of them lives, even when the daemon does not.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MARKER = "cstudio-complete.json"
LOCK_POLL_SECONDS = 0.2


@contextmanager
def lock(folder: Path) -> Iterator[int]:
    """Open the folder's lock, without taking it, and give its descriptor."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(
        folder.with_name(folder.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def take(lock: int) -> bool:
    """Take the lock, unless somebody else has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def wait_for(lock: int) -> None:
    """Take the lock as soon as nobody else has it."""
    while not take(lock):  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(LOCK_POLL_SECONDS)


def is_complete(folder: Path) -> bool:
    """Tell whether the folder was filled to the end."""
    return (folder / MARKER).is_file()


def use(folder: Path) -> None:
    """Remember that the folder is used now."""
    os.utime(folder / MARKER)


def last_used(folder: Path) -> float:
    """Return when the folder was used last, in Unix seconds; 0: it is not complete."""
    try:
        return (folder / MARKER).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def complete(folder: Path, inputs: str) -> None:
    """Say that the folder is filled; `inputs` is JSON, kept for people."""
    aside = folder / (MARKER + ".new")
    aside.write_text(json.dumps({"inputs": json.loads(inputs), "made": int(time.time())}))
    os.replace(aside, folder / MARKER)


def inputs_of(folder: Path) -> Mapping[str, Any]:
    """Return what a folder was filled from; nothing when it was not, or is gone."""
    try:
        found = json.loads((folder / MARKER).read_text())["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def clear(folder: Path) -> None:
    """Delete the folder, the marker first."""
    (folder / MARKER).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def remove(folder: Path) -> bool:
    """Delete the folder; False: somebody fills it. The lock's file stays: one may wait for it."""
    with lock(folder) as descriptor:
        if not take(descriptor):
            return False
        clear(folder)
    return True
