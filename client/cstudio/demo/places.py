"""Where the demo's studio is: a folder, and a process that works in it.

The story only says "write there", "read there"; how, depends on the place.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cstudio.demo import project
from cstudio.targets import Where

STOP_SECONDS = 3.0


class Place(Protocol):
    """The other side of the demo."""

    target: str
    """The folder of the demo there, as `sync create` takes it."""
    label: str
    """The same for people."""

    def start(self) -> str:
        """Start the studio's program in that folder; return what was started."""

    def write(self, name: str, text: str) -> None:
        """Save a file there."""

    def read(self, name: str) -> bytes | None:
        """Return what a file holds there; None when it is not there."""

    def close(self) -> None:
        """Stop the program and remove the folder; idempotent."""


class Local:
    """A folder of this machine and a process: what needs nothing installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.target = str(folder)
        self.label = str(folder)

    def start(self) -> str:
        """Start the program that was mirrored into the folder."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", project.PROGRAM],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops it
        )
        return f"process {self._process.pid}"

    def write(self, name: str, text: str) -> None:
        """Save a file in the folder."""
        (self._folder / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> bytes | None:
        """Return what a file of the folder holds."""
        with contextlib.suppress(OSError):
            return (self._folder / name).read_bytes()
        return None

    def close(self) -> None:
        """Stop the process; the folder goes with the demo's."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Place]:
    """Have a place, and leave it as it was."""
    from cstudio.demo.stage import undisturbed

    try:
        yield place
    finally:
        with undisturbed():
            place.close()


def choose(target: str, where: Where, folder: Path) -> Place:
    """Return the place that a target names; by default one below `folder`."""
    return Local(folder / "studio")
