"""A real Docker for tests: containers made of the test images.

    with containers.container(PYTHON, tmpfs={"/data": "8m"}) as box:
        box.sh("ls /data")
        box.restart()

Everything goes through the `docker` command, so that what is checked shares no
code with what is tested. Without Docker the test is skipped with the reason.
"""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from support.kubernetes import BAKED, BUSYBOX, NONROOT, NOSHELL, PYTHON, PYTHON38, SLEEP

__all__ = [
    "BAKED", "BUSYBOX", "NONROOT", "NOSHELL", "PYTHON", "PYTHON38", "Container", "container",
    "docker", "require",
]  # fmt: skip


@functools.cache
def _why_not() -> str:
    """Return why Docker cannot be used; empty when it can."""
    if shutil.which("docker") is None:
        return "no Docker: there is no `docker` command (tests/cluster/setup installs it)"
    if (answer := docker("version", check=False, timeout=15)).returncode != 0:
        return f"no Docker: {answer.stderr.decode().strip()}"
    if docker("image", "inspect", PYTHON, check=False).returncode != 0:
        return f"no image {PYTHON} in Docker (tests/cluster/setup builds it)"
    return ""


def require() -> None:
    """Skip the test, with the reason, when there is no Docker."""
    if why := _why_not():
        pytest.skip(why)


def docker(
    *args: str, input: bytes | None = None, check: bool = True, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run docker, and raise with what it said when it fails."""
    done = subprocess.run(["docker", *args], input=input, capture_output=True, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(args)}: {done.stderr.decode('utf-8', 'replace')}")
    return done


class Container:
    """A running container."""

    def __init__(self, name: str) -> None:
        self.name = name

    def inspect(self) -> dict[str, Any]:
        """Return all that Docker knows of it."""
        found: dict[str, Any] = json.loads(docker("inspect", self.name).stdout)[0]
        return found

    def exec(
        self, *argv: str, input: bytes | None = None, check: bool = True, user: str = ""
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in it, through docker."""
        flags = (["-i"] if input is not None else []) + (["-u", user] if user else [])
        return docker("exec", *flags, self.name, *argv, input=input, check=check)

    def sh(self, script: str) -> str:
        """Run a shell script in it and return what it prints."""
        return self.exec("sh", "-c", script).stdout.decode()

    def is_running(self, marker: str) -> bool:
        """Tell whether a process in it has `marker` in its command line."""
        return marker.encode() in docker("top", self.name, "-eo", "pid,args").stdout

    def restart(self) -> None:
        """Stop it at once and start it again, with the files it had."""
        docker("restart", "-t", "0", self.name)

    def stop(self) -> None:
        """Stop it at once."""
        docker("stop", "-t", "0", self.name)

    def start(self) -> None:
        """Start it again."""
        docker("start", self.name)

    def pause(self) -> None:
        """Freeze everything in it."""
        docker("pause", self.name)

    def unpause(self) -> None:
        """Let it go on."""
        docker("unpause", self.name)

    def remove(self) -> None:
        """End it and delete its files."""
        docker("rm", "-f", "-v", self.name, check=False)


@contextlib.contextmanager
def container(
    image: str = PYTHON,
    *,
    command: Sequence[str] = SLEEP,
    name: str = "",
    tmpfs: Mapping[str, str] | None = None,
    volumes: Mapping[str, str] | None = None,
    user: str = "",
    flags: Sequence[str] = (),
) -> Iterator[Container]:
    """Run a container for a test, or skip the test; remove it afterwards.

    `tmpfs` maps a folder to its size (``8m``), `volumes` a folder of this
    machine to one in the container (with ``:ro`` for reading only).
    """
    require()
    made = Container(name or f"cstudio-test-{uuid.uuid4().hex[:8]}")
    args = ["run", "-d", "--init", "--name", made.name, *flags]
    args += [f"--tmpfs={path}:size={size}" for path, size in (tmpfs or {}).items()]
    args += [f"--volume={here}:{there}" for here, there in (volumes or {}).items()]
    args += ["--user", user] if user else []
    docker(*args, image, *(() if image == NOSHELL else command))
    try:
        yield made
    finally:
        made.remove()
