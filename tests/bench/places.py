"""Where the remote side is: a pod of a real cluster, or a child process.

Both show the remote folder under a path of this machine, so that nothing is
measured but the tool: a pod's through ``/proc/<pid>/root`` (which needs root).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import costs
from support import kubernetes
from support.cli import Cstudio

_START_SECONDS = 20.0


class Place(Protocol):
    """Where remote folders are."""

    label: str
    cstudio: Cstudio

    def target(self, name: str) -> Sequence[str]:
        """Return the words that name a remote folder for `sync create`."""

    def inside(self, name: str) -> Path:
        """Return where that folder is seen from here."""

    def agents(self) -> list[int]:
        """Return the running agents."""

    def pipe(self, argument: str) -> Sequence[str]:
        """Return a command that runs a shell script there, with our stdin."""


class Pod:
    """A pod of the current cluster."""

    def __init__(self, folder: Path, namespace: kubernetes.Namespace) -> None:
        """Start the pod."""
        self.label = "a pod's volume in memory, through the API server"
        self.cstudio = Cstudio(folder / "state")
        self._namespace = namespace
        memory = kubernetes.Volume(mount="/bench", kind="tmpfs")
        self._pod = namespace.run_pod("bench", volumes=[memory])
        self._main = self._main_process()

    def _main_process(self) -> int:
        self._namespace.sh(self._pod, "sleep 86399 >/dev/null 2>&1 &")
        found = subprocess.run(
            ["pgrep", "-n", "-f", "sleep 86399"], capture_output=True, check=True
        )
        return int(found.stdout)

    def target(self, name: str) -> Sequence[str]:
        """Return the words that name a remote folder for `sync create`."""
        return (f"pod/{self._pod}:/bench/{name}", "-n", self._namespace.name)

    def inside(self, name: str) -> Path:
        """Return where that folder is seen from here."""
        return Path(f"/proc/{self._main}/root/bench/{name}")

    def agents(self) -> list[int]:
        """Return the running agents."""
        return costs.agents_in(os.readlink(f"/proc/{self._main}/ns/mnt"))

    def pipe(self, argument: str) -> Sequence[str]:
        """Return a command that runs a shell script there, with our stdin."""
        exec_words = ("kubectl", "-n", self._namespace.name, "exec", "-i", self._pod, "--")
        return (*exec_words, "sh", "-c", f"cd /bench && {argument}")


class Child:
    """Folders of this machine, each served by an agent in a child process."""

    def __init__(self, folder: Path) -> None:
        """Start the daemon that does so."""
        self.label = "an agent in a child process"
        self.cstudio = Cstudio(folder / "state")
        self._folder = folder / "remote"
        self._folder.mkdir()
        script = Path(__file__).with_name("child_daemon.py")
        log = folder / "state" / "cstudiod.log"
        self._daemon = subprocess.Popen(
            [sys.executable, str(script), "--state-dir", str(folder / "state")],
            env=self.cstudio.environment,
            stdout=subprocess.DEVNULL,
            stderr=log.open("wb"),
        )
        end = time.monotonic() + _START_SECONDS
        while self.cstudio.run("daemon", "status", status=None).returncode:
            if time.monotonic() > end:
                raise TimeoutError(self.cstudio.log())
            time.sleep(0.1)

    def target(self, name: str) -> Sequence[str]:
        """Return the words that name a remote folder for `sync create`."""
        return (str(self.inside(name)),)

    def inside(self, name: str) -> Path:
        """Return where that folder is."""
        return self._folder / name

    def agents(self) -> list[int]:
        """Return the running agents."""
        return costs.agents_under(self._daemon.pid)

    def pipe(self, argument: str) -> Sequence[str]:
        """Return a command that runs a shell script there, with our stdin."""
        return ("sh", "-c", f"cd {self._folder} && {argument}")


@contextmanager
def open_place(kind: str, folder: Path) -> Iterator[Place]:
    """Make the remote side, and remove it afterwards."""
    if kind == "child":
        place: Place = Child(folder)
        try:
            yield place
        finally:
            place.cstudio.close()
            shutil.rmtree(folder / "remote", ignore_errors=True)
        return
    with kubernetes.namespace("cstudio-bench") as space:
        place = Pod(folder, space)
        try:
            yield place
        finally:
            place.cstudio.close()
