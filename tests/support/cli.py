"""The `cstudio` command as a user has it, with a daemon and a state folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class Cstudio:
    """Runs the installed `cstudio` against one state folder."""

    def __init__(self, state: Path, environment: Mapping[str, str] | None = None) -> None:
        """`state` is made; the daemon starts with the first command."""
        self.state = state
        state.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **os.environ,
            "CSTUDIO_STATE_DIR": str(state),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        self.environment.pop("XDG_RUNTIME_DIR", None)
        self.command = _command()

    def run(
        self, *args: str, status: int | None = 0, timeout: float = 120, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; fail with its whole output unless it exits with `status`."""
        done = subprocess.run(
            [*self.command, *args],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            input=input,
        )
        if status is not None and done.returncode != status:
            raise AssertionError(
                f"cstudio {' '.join(args)} exited {done.returncode}, not {status}\n"
                f"stdout: {done.stdout}\nstderr: {done.stderr}\nlog: {self.log()[-3000:]}"
            )
        return done

    def json(self, *args: str, status: int | None = 0) -> Any:
        """Run a command with `-o json` and return the document."""
        return json.loads(self.run(*args, "-o", "json", status=status).stdout)

    def show(self, name: str) -> dict[str, Any]:
        """Return one session."""
        return self.json("sync", "show", name)  # type: ignore[no-any-return]

    def wait(
        self, name: str, is_right: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """Wait until a session is as it should be, and return it."""
        deadline = time.monotonic() + seconds
        while True:
            session = self.show(name)
            if is_right(session):
                return session
            if time.monotonic() > deadline:
                raise AssertionError(f"still not: {session}\nlog: {self.log()[-3000:]}")
            time.sleep(0.1)

    def flush(self, name: str, status: int = 0, seconds: float = 60) -> None:
        """Return when both sides are in step."""
        self.run("sync", "flush", name, "--timeout", str(seconds), status=status)

    def log(self) -> str:
        """Return the daemon's log."""
        file = self.state / "cstudiod.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def daemon_pid(self) -> int:
        """Return the running daemon's process id; 0 when there is none."""
        try:
            pid = int((self.state / "lock").read_text() or 0)
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return 0
        return pid

    def kill_daemon(self) -> None:
        """End the daemon with SIGKILL and wait until it is gone."""
        pid = self.daemon_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            for _ in range(100):
                if not self.daemon_pid() or _is_zombie(pid):
                    break
                time.sleep(0.05)

    def close(self) -> None:
        """Stop the daemon."""
        if self.daemon_pid():
            self.run("daemon", "stop", status=None)
            self.kill_daemon()


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except OSError:
        return True


def _command() -> list[str]:
    beside = Path(sys.executable).with_name("cstudio")
    found = str(beside) if beside.exists() else shutil.which("cstudio")
    return [found] if found else [sys.executable, "-m", "cstudio.cli.main"]
