"""A runner as a real process, with a launch document made for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BASE = "/code-studios/P.1/s"
PATIENCE_SECONDS = 20.0
QUICK = {
    "backoff_first": 0.1,
    "backoff_longest": 0.4,
    "check_starting": 0.1,
    "check_ready": 0.3,
    "grace": 5,
}
"""Short times: what is tested is the order of things, not how long they take."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(code: str, *arguments: str) -> list[str]:
    """Return the words that run some Python."""
    return [sys.executable, "-c", code, *arguments]


def eventually(holds: Callable[[], Any], what: str = "") -> Any:
    """Return what `holds` gives as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        if found := holds():
            return found
        assert time.monotonic() < deadline, what or "it did not come true"
        time.sleep(0.05)


class Studio:
    """One state folder, and at most one runner of it that the test started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.workdir = folder / "work"
        self.said = folder / "said"
        self.interpreter = sys.executable
        self._runner: subprocess.Popen[bytes] | None = None

    def document(self, **parts: Any) -> str:
        """Return a launch document with these parts."""
        timing = {**QUICK, **parts.pop("timing", {})}
        return json.dumps(
            {
                "version": 1,
                "base_path": BASE,
                "state": str(self.state),
                "workdir": str(self.workdir),
                "timing": timing,
                **parts,
            }
        )

    def write(self, **parts: Any) -> str:
        """Write a launch document with these parts, and return its file."""
        launch = self.folder / "launch.json"
        launch.write_text(self.document(**parts))
        return str(launch)

    def command(self, *words: str) -> list[str]:
        """Return the words that start the runner."""
        return [self.interpreter, "-m", "cstudio_runner", *words]

    def start(self, *, options: dict[str, Any] | None = None, **parts: Any) -> Studio:
        """Start the runner with a launch document; `options` are Popen's."""
        launch = self.write(**parts)
        with self.said.open("ab") as said:
            given = {"stdout": said, "stderr": said, **(options or {})}
            self._runner = subprocess.Popen(self.command(launch), **given)
        return self

    @property
    def runner(self) -> subprocess.Popen[bytes]:
        assert self._runner is not None
        return self._runner

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the package to its end."""
        env = {**os.environ, **environment}
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=30, env=env, check=False
        )

    def probe(self) -> subprocess.CompletedProcess[str]:
        return self.run("probe", str(self.folder / "launch.json"))

    def status(self) -> dict[str, Any]:
        """Return status.json, or nothing before there is one."""
        try:
            status = json.loads((self.state / "status.json").read_text())
        except FileNotFoundError:
            return {}
        assert isinstance(status, dict)
        return status

    def entry(self, name: str) -> dict[str, Any]:
        """Return what is told about one entrypoint."""
        entries = self.status().get("entrypoints", [])
        return next((one for one in entries if one["name"] == name), {})

    def output(self) -> str:
        return self.said.read_text(errors="replace")

    def until_ready(self) -> Studio:
        eventually(
            lambda: self.status().get("ready"), "not ready: " + self.said.read_text()[-2000:]
        )
        return self

    def until_said(self, text: str) -> None:
        eventually(lambda: text in self.output(), f"never said {text!r}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; return its exit status."""
        self.runner.send_signal(number)
        return self.runner.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """End what a failed test left."""
        if self._runner is None:
            return
        if self._runner.poll() is None:
            self._runner.terminate()
            try:
                self._runner.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._runner.kill()
                self._runner.wait()
        if self._runner.stdout is not None:
            self._runner.stdout.close()
