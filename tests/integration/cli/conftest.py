"""A command line that runs as people run it: a process, with or without a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.cli.fake_daemon import FakeDaemon

COMMAND = [sys.executable, "-P", "-m", "cstudio"]
SECONDS = 30
EXAMPLE = Path(__file__).resolve().parents[3] / "client/examples/templates/http-server.yaml"


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    status: int
    out: str
    err: str


class Cstudio:
    """The command line, in an environment of its own."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = dict(environment)
        self.folder = folder

    def __call__(self, *words: str | bytes, stdin: str = "", **env: str) -> Result:
        """Run a command without a terminal."""
        done = subprocess.run(
            [*COMMAND, *words],
            env={**self.environment, **env},
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=SECONDS,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start a command without a terminal."""
        return subprocess.Popen(
            [*COMMAND, *words],
            env={**self.environment, **env},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def on_terminal(
        self, *words: str, typed: str = "", until: Callable[[str], bool] | None = None
    ) -> Result:
        """Run a command on a terminal of 100 columns; both streams arrive as `out`.

        With `until`, it is interrupted as soon as that holds for what was shown.
        """
        process, screen = self._spawn(words)
        os.write(screen, typed.encode())
        shown, interrupted, deadline = "", False, time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if not (piece := _read(screen)) and process.poll() is not None:
                break
            shown += piece
            if until and not interrupted and until(shown):
                process.send_signal(signal.SIGINT)
                interrupted = True
        os.close(screen)
        return Result(process.wait(5), shown.replace("\r\n", "\n"), "")

    def _spawn(self, words: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], int]:
        screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        process = subprocess.Popen(
            [*COMMAND, *words],
            env={**self.environment, "TERM": "xterm"},
            cwd=self.folder,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,  # no code of ours between fork and exec: gRPC has threads
        )
        os.close(terminal)
        return process, screen


def _read(screen: int) -> str:
    if not select.select([screen], [], [], 0.05)[0]:
        return ""
    with contextlib.suppress(OSError):  # the other end was closed
        return os.read(screen, 65536).decode("utf-8", "replace")
    return ""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment(short_folder: Path) -> dict[str, str]:
    """An environment with nothing of the caller's in it but the path."""
    home = short_folder / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CSTUDIO_STATE_DIR": str(short_folder / "state"),
    }


@pytest.fixture
def fake(short_folder: Path) -> Iterator[FakeDaemon]:
    """A daemon that does what the test says."""
    with FakeDaemon(short_folder / "d.sock") as daemon:
        yield daemon


@pytest.fixture
def cstudio(environment: dict[str, str], short_folder: Path, fake: FakeDaemon) -> Cstudio:
    """The command line, talking to the fake."""
    return Cstudio({**environment, "CSTUDIO_SOCKET": str(fake.socket)}, short_folder / "home")


@pytest.fixture(scope="module")
def site() -> Iterator[Cstudio]:
    """The command line, with a daemon of its own in which the studio `site` runs."""
    folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp")).resolve()
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
        "CSTUDIO_STATE_DIR": str(folder / "state"),
        "CSTUDIO_ZONES_ROOT": str(folder / "zones"),
    }
    command = Cstudio(environment, home)
    try:
        done(command("template", "create", str(EXAMPLE)))
        create = ("studio", "create", "site", "--project", "DEMO", "--template", "http-server")
        done(command(*create, "--runtime", "local"))
        done(command("studio", "start", "site", "--wait"))
        yield command
    finally:
        for studio in ("site", "crash"):
            command("studio", "stop", studio, "--project", "DEMO", "--wait", "--discard")
        command("daemon", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def done(result: Result) -> str:
    assert result.status == 0, result.err
    return result.out
