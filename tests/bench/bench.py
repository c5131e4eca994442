"""What benchmarks share: trees, sessions, and what they cost."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import costs
import making
from cstudio.client import Client
from cstudio_api.v1 import sync_sessions_pb2 as pb
from figures import Report
from places import Place

STATE_POLL_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often things are done."""

    samples: int
    """Of a latency."""
    runs: int
    """Of what takes longer."""
    idle_seconds: float
    share: int = 1
    """Sizes that are always the same are divided by this: to see that it works, not how fast."""

    def part(self, size: int) -> int:
        """Return as much of a size as this pace takes."""
        return max(1, size // self.share)


class Bench:
    """One run: a place, a folder of ours, and where results go."""

    def __init__(self, folder: Path, place: Place, report: Report, pace: Pace) -> None:
        self.folder = folder
        self.place = place
        self.report = report
        self.pace = pace
        self.cstudio = place.cstudio

    def tree(self, files: int) -> Path:
        """Return a folder with so many files; made once."""
        root = self.folder / f"tree{files}"
        if not root.exists():
            making.make_tree(root, files)
        return root

    def mirror(self, local: Path, name: str) -> float:
        """Mirror a folder; return the seconds from the command until it is in step."""
        began = time.perf_counter()
        self.cstudio.run(
            "sync", "create", str(local), *self.place.target(name), "--name", name,
            "--create", "--wait", timeout=900,
        )  # fmt: skip
        return time.perf_counter() - began

    def drop(self, name: str) -> None:
        """End a session and remove its copy."""
        self.cstudio.run("sync", "delete", name, "--yes")
        self.remote_shell(f"rm -rf {name}")

    @contextmanager
    def mirrored(self, local: Path, name: str) -> Iterator[Path]:
        """Have a folder mirrored; gives where the other side is seen."""
        self.mirror(local, name)
        try:
            yield self.place.inside(name)
        finally:
            self.drop(name)

    def remote_shell(self, script: str, stdin: str = "") -> float:
        """Run a script at the remote side, fed by a local command; return its seconds."""
        words = list(self.place.pipe(script))
        began = time.perf_counter()
        if not stdin:
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        else:
            with subprocess.Popen(["sh", "-c", stdin], stdout=subprocess.PIPE) as feeder:
                subprocess.run(words, check=True, stdin=feeder.stdout)
        return time.perf_counter() - began

    def tar_seconds(self, local: Path) -> float:
        """Return what the plain tar pipe takes for a tree."""
        self.remote_shell("rm -rf tarred && mkdir tarred")
        took = self.remote_shell("tar -C tarred -xf -", f"tar -C {local} -cf - .")
        self.remote_shell("rm -rf tarred")
        return took

    def pids(self) -> list[int]:
        """Return the daemon and its agents."""
        return [self.cstudio.daemon_pid(), *self.place.agents()]

    @contextmanager
    def costing(self, told: dict[str, Any]) -> Iterator[None]:
        """Add to `told` the CPU and context switches of what is done within."""
        pids = {"daemon": [self.cstudio.daemon_pid()], "agent": self.place.agents()}
        before = {who: costs.cost(of) for who, of in pids.items()}
        yield
        pids["agent"] = pids["agent"] or self.place.agents()
        for who, of in pids.items():
            spent = costs.cost(of).since(before[who])
            told.setdefault(f"{who}_cpu_s", []).append(round(spent.cpu_seconds, 2))
            told.setdefault(f"{who}_switches", []).append(spent.switches)

    def resume_seconds(self, name: str) -> float:
        """Pause a session, let it go on; return the seconds until it watches again."""
        with Client.sync(state=str(self.cstudio.state)) as client:
            client.sessions.pause(name)
            while client.sessions.get(name).state != pb.SyncSession.STATE_PAUSED:
                time.sleep(STATE_POLL_SECONDS)
            began = time.perf_counter()
            client.sessions.resume(name)
            while client.sessions.get(name).state != pb.SyncSession.STATE_WATCHING:
                time.sleep(STATE_POLL_SECONDS)
            return time.perf_counter() - began

    def copy_of(self, files: int, name: str) -> Path:
        """Return a tree of its own, for a benchmark that changes it."""
        root = self.folder / name
        if not root.exists():
            shutil.copytree(self.tree(files), root)
        return root
