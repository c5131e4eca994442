#!/usr/bin/env python3
"""Measures what performance.md asks for, on a real pod; one JSON line a figure.

    python tests/bench/run.py [--files 1000 10000] [--only latency first-sync …]

Needs the installed `cstudio`, root (a pod's folder is read through /proc, so
that nothing is measured but the tool), and a cluster (KUBECONFIG). Nothing
here asserts a time. `--table` turns JSON lines on stdin into a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import kubernetes
from support.cli import Cstudio

POLL_SECONDS = 0.0002
LIMIT_SECONDS = 60.0
SAMPLES = 30


def make_tree(root: Path, files: int) -> None:
    """Make `files` files of 2 to 7 KB, 20 a folder."""
    chance = random.Random(files)
    for number in range(files):
        folder = root / f"d{number // 2000}" / f"e{number // 20 % 100}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number % 20}.py").write_bytes(chance.randbytes(2250 + number % 5000))


def wait_for(is_there: Callable[[], bool]) -> float:
    """Return the milliseconds until something is true."""
    began = time.perf_counter()
    while not is_there():
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise TimeoutError("it did not happen in a minute")
        time.sleep(POLL_SECONDS)
    return (time.perf_counter() - began) * 1000


def holds(path: Path, content: bytes) -> bool:
    """Tell whether a reader gets the whole new content."""
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def wait_until_it_holds(path: Path, content: bytes) -> float:
    """Return the milliseconds until a reader gets `content`."""
    return wait_for(lambda: holds(path, content))


class Bench:
    """A pod, a session's command, and where the pod's files are on this machine."""

    def __init__(self, folder: Path, namespace: kubernetes.Namespace) -> None:
        self.folder = folder
        self.namespace = namespace
        self.pod = namespace.run_pod("bench")
        self.cstudio = Cstudio(folder / "state")
        self.inside = Path(f"/proc/{self._main_process()}/root")

    def _main_process(self) -> int:
        self.namespace.sh(self.pod, "sleep 86399 >/dev/null 2>&1 &")
        found = subprocess.run(
            ["pgrep", "-n", "-f", "sleep 86399"], capture_output=True, check=True
        )
        return int(found.stdout)

    def mirror(self, local: Path, name: str) -> float:
        """Mirror a folder into the pod; return the seconds until it is in step."""
        began = time.perf_counter()
        self.cstudio.run(
            "sync", "create", str(local), f"pod/{self.pod}:/{name}", "--name", name,
            "-n", self.namespace.name, "--create", "--wait", timeout=600,
        )  # fmt: skip
        return time.perf_counter() - began

    def drop(self, name: str) -> None:
        """End a session and remove its copy."""
        self.cstudio.run("sync", "delete", name, "--yes")
        self.namespace.sh(self.pod, f"rm -rf /{name}")

    def tar_seconds(self, local: Path) -> float:
        """Return what `tar | kubectl exec tar` takes for the same tree."""
        self.namespace.sh(self.pod, "rm -rf /tarred; mkdir /tarred")
        began = time.perf_counter()
        subprocess.run(
            f"tar -C {local} -cf - . | kubectl -n {self.namespace.name} exec -i {self.pod}"
            " -- tar -C /tarred -xf -",
            shell=True,
            check=True,
        )
        return time.perf_counter() - began


def tell(name: str, figures: dict[str, float], **more: Any) -> None:
    """Print one result."""
    rounded = {key: round(value, 3) for key, value in figures.items()}
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({"name": name, **rounded, "load": load, **more}), flush=True)


def spread(samples: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and extremes."""
    ordered = sorted(samples)
    return {
        "median": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "least": ordered[0],
        "most": ordered[-1],
    }


def latency(bench: Bench, files: int) -> None:
    """Edit → visible, hot and cold, both ways."""
    local = bench.folder / f"latency{files}"
    make_tree(local, files)
    name = f"latency{files}"
    bench.mirror(local, name)
    there = bench.inside / name
    paths = sorted(path.relative_to(local) for path in local.rglob("*.py"))
    chance = random.Random(1)
    for heat, chosen in (("hot", [paths[0]] * SAMPLES), ("cold", chance.sample(paths, SAMPLES))):
        for way, source, target in (("up", local, there), ("down", there, local)):
            samples = []
            for number, path in enumerate(chosen):
                time.sleep(0.2)
                content = f"{heat} {way} {number} {time.time()}".encode()
                (source / path).write_bytes(content)
                samples.append(wait_until_it_holds(target / path, content))
            tell(f"edit → visible, {heat}, {way}", spread(samples), unit="ms", files=files)
    idle_and_memory(bench, files)
    bench.drop(name)


def idle_and_memory(bench: Bench, files: int) -> None:
    """CPU of daemon and agent while nothing happens, and what they hold."""
    agents = subprocess.run(["pgrep", "-n", "-f", "python3 -I -c"], capture_output=True).stdout
    for who, pid in (("daemon", bench.cstudio.daemon_pid()), ("agent", int(agents or 0))):
        before = _ticks(pid)
        time.sleep(15)
        used = (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / 15 * 100
        tell(f"idle CPU, {who}", {"median": used}, unit="% of a core", files=files)
        status = Path(f"/proc/{pid}/status").read_text()
        rss = int(status.split("VmRSS:")[1].split()[0]) / 1024
        tell(f"memory, {who}", {"median": rss}, unit="MB", files=files)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def first_sync(bench: Bench, files: int) -> None:
    """A tree into an empty folder, beside the tar pipe."""
    local = bench.folder / f"first{files}"
    make_tree(local, files)
    ours, tars = [], []
    for number in range(3):
        tars.append(bench.tar_seconds(local))
        ours.append(bench.mirror(local, f"first{number}"))
        bench.drop(f"first{number}")
    figures = {**spread(ours), "tar_pipe": statistics.median(tars)}
    tell("first sync, command to in step", figures, unit="s", files=files)


def burst(bench: Bench, files: int) -> None:
    """2,000 files edited at once, until all are there."""
    local = bench.folder / "burst"
    make_tree(local, 2000)
    bench.mirror(local, "burst")
    there = bench.inside / "burst"
    paths = sorted(local.rglob("*.py"))
    samples = []
    for number in range(5):
        content = f"burst {number}".encode()
        began = time.perf_counter()
        for path in paths:
            path.write_bytes(content)
        for path in reversed(paths):
            wait_until_it_holds(there / path.relative_to(local), content)
        samples.append(time.perf_counter() - began)
        time.sleep(1)
    tell("2,000 files edited at once", spread(samples), unit="s", files=2000)
    bench.drop("burst")


def large(bench: Bench, files: int) -> None:
    """A new 100 MiB file, and 16 bytes changed in it."""
    local = bench.folder / "large"
    local.mkdir()
    bench.mirror(local, "large")
    there = bench.inside / "large" / "big.bin"
    content = bytearray(random.Random(3).randbytes(100 * 1024 * 1024))
    fresh, changed = [], []
    for number in range(3):
        content[:4] = number.to_bytes(4, "big")
        began = time.perf_counter()
        (local / "big.bin").write_bytes(content)
        wait_for(lambda: _ends_like(there, content))
        fresh.append(time.perf_counter() - began)
        began = time.perf_counter()
        content[50_000_000:50_000_016] = os.urandom(16)
        with (local / "big.bin").open("r+b") as file:
            file.seek(50_000_000)
            file.write(content[50_000_000:50_000_016])
        wait_for(lambda: _ends_like(there, content))
        changed.append(time.perf_counter() - began)
        (local / "big.bin").unlink()
        wait_for(lambda: not there.exists())
    tell("new 100 MiB file", spread(fresh), unit="s")
    tell("16 bytes changed in 100 MiB", spread(changed), unit="s")
    bench.drop("large")


def _ends_like(path: Path, content: bytearray) -> bool:
    """Compare the two places that tell versions apart, and the size."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(50_000_000)
            middle = file.read(16)
            return (
                head == content[:4]
                and middle == content[50_000_000:50_000_016]
                and os.fstat(file.fileno()).st_size == len(content)
            )
    except OSError:
        return False


def commands(bench: Bench, files: int) -> None:
    """How long a person waits for the command line."""
    for words in (["--help"], ["sync", "list"]):
        samples = []
        for _ in range(11):
            began = time.perf_counter()
            bench.cstudio.run(*words)
            samples.append((time.perf_counter() - began) * 1000)
        tell(f"cstudio {' '.join(words)}", spread(samples), unit="ms")


BENCHMARKS = {
    "latency": latency,
    "first-sync": first_sync,
    "burst": burst,
    "large": large,
    "commands": commands,
}


def table() -> None:
    """Turn JSON lines into a Markdown table."""
    print("| what | files | median | 99 % | least – most | beside |")
    print("|---|---|---|---|---|---|")
    for line in sys.stdin:
        one = json.loads(line)
        unit = one.get("unit", "")
        most = f"{one['least']} – {one['most']}" if "least" in one else ""
        beside = f"tar pipe {one['tar_pipe']} s" if "tar_pipe" in one else ""
        print(
            f"| {one['name']} | {one.get('files', '')} | {one['median']} {unit} "
            f"| {one.get('p99', '')} | {most} | {beside} |"
        )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--table", action="store_true", help="read JSON lines, write Markdown")
    chosen = parser.parse_args()
    if chosen.table:
        return table()
    with tempfile.TemporaryDirectory() as folder, kubernetes.namespace("cstudio-bench") as space:
        bench = Bench(Path(folder), space)
        machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
        print(
            json.dumps({"machine": machine, "python": platform.python_version()}), file=sys.stderr
        )
        try:
            for name in chosen.only:
                sized = name in ("latency", "first-sync")
                for files in chosen.files if sized else chosen.files[:1]:
                    BENCHMARKS[name](bench, files)
        finally:
            bench.cstudio.close()
    return None


if __name__ == "__main__":
    main()
