"""The runner as process 1 of a container, on the oldest Python and on Debian's."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cstudio_runner
import pytest
from support import containers
from support.containers import NONROOT, PYTHON, PYTHON38, Container

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]

PACKAGE = str(Path(cstudio_runner.__file__).parent)
SERVE = ["python3", "-m", "http.server", "${port}", "--bind", "${host}"]
ORPHANS = "while true; do (setsid sleep 0.05 &); sleep 0.05; done"
HOG = "b'x' * (512 << 20)"


def _eventually(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 40
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def _studio(image: str, *flags: str, **parts: Any) -> Iterator[Container]:
    launch = json.dumps(
        {
            "version": 1,
            "base_path": "/code-studios/P/s",
            "workdir": "/tmp/work",
            "timing": {"backoff_first": 0.2},
            **parts,
        }
    )
    where = "/etc/launch.json"
    environment = ["--env", "PYTHONPATH=/opt/cstudio", "--env", f"CSTUDIO_LAUNCH={where}"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(launch)
        file.flush()
        os.chmod(file.name, 0o444)
        with containers.container(
            image,
            command=["python3", "-m", "cstudio_runner"],
            volumes={PACKAGE: "/opt/cstudio/cstudio_runner:ro", file.name: f"{where}:ro"},
            flags=["--init=false", *environment, *flags],
        ) as box:
            yield box


def _probe(box: Container) -> tuple[int, str]:
    done = box.exec("python3", "-m", "cstudio_runner", "probe", check=False)
    return done.returncode, done.stdout.decode().strip()


def _status(box: Container) -> dict[str, Any]:
    done = box.exec("python3", "-m", "cstudio_runner", "status")
    status: dict[str, Any] = json.loads(done.stdout)
    return status


def _logs(box: Container) -> str:
    done = containers.docker("logs", box.name)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


@pytest.mark.parametrize("image", [PYTHON38, PYTHON, NONROOT])
def test_as_process_1(image: str) -> None:
    """Ready by an exec probe though its server is on loopback; no zombies; a clean stop."""
    with _studio(
        image,
        entrypoints=[
            {"name": "web", "port": 8000, "command": SERVE},
            {"name": "orphans", "command": ORPHANS},
        ],
        ports=[{"port": 8000}],
        readiness={"tcp": True, "url": "http://localhost:8000/"},
    ) as box:
        _eventually(lambda: _probe(box) == (0, "ready"), "never ready")
        assert _status(box)["pid"] == 1
        time.sleep(1)
        states = box.sh("cat /proc/[0-9]*/stat 2>/dev/null || true").splitlines()
        zombies = [line for line in states if line.rpartition(")")[2].split()[:2] == ["Z", "1"]]
        assert len(zombies) < 5, "dozens ended meanwhile"
        began = time.monotonic()
        containers.docker("stop", "-t", "30", box.name)
        assert time.monotonic() - began < 15
        assert box.inspect()["State"]["ExitCode"] == 0
        assert "[cstudio] stopped" in _logs(box)


def test_a_program_that_takes_all_memory() -> None:
    """Told with the limit, whether it is the entrypoint or a program below it."""
    with _studio(
        PYTHON,
        *("--memory", "96m", "--memory-swap", "96m"),
        entrypoints=[
            {"name": "hog", "label": "Hog", "command": ["python3", "-c", HOG]},
            {"name": "calm", "command": ["sleep", "600"]},
        ],
    ) as box:
        reason = _eventually(lambda: _status(box).get("reason"), "nothing was told")
        assert reason["code"] == "oom_killed"
        assert reason["message"] == (
            "`Hog` was ended by SIGKILL: the studio used its whole memory limit of 96 MiB"
        )
        assert _status(box)["oom_kills"] >= 1
    with _studio(
        PYTHON,
        *("--memory", "96m", "--memory-swap", "96m"),
        entrypoints=[{"name": "sh", "command": f'python3 -c "{HOG}"; exec sleep 600'}],
    ) as box:
        _eventually(lambda: _status(box).get("oom_kills"), "not counted")
        assert "the memory limit of 96 MiB is used up" in _logs(box)
        assert _status(box)["reason"] is None
