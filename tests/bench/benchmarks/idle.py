"""What daemon and agent use while nothing happens, and what they hold."""

from __future__ import annotations

import time

import costs
from bench import Bench

SETTLE_SECONDS = 3.0


def run(bench: Bench, files: int) -> None:
    """Wait, and ask the kernel before and after."""
    with bench.mirrored(bench.tree(files), "idle"):
        time.sleep(SETTLE_SECONDS)
        groups = {"daemon": [bench.cstudio.daemon_pid()], "agent": bench.place.agents()}
        before = {who: costs.cost(pids) for who, pids in groups.items()}
        began = time.perf_counter()
        time.sleep(bench.pace.idle_seconds)
        seconds = time.perf_counter() - began
        for who, pids in groups.items():
            spent = costs.cost(pids).since(before[who])
            share = spent.cpu_seconds / seconds * 100
            switches = round(spent.switches / seconds, 1)
            bench.report.tell(
                f"idle, {who}", [share], "% of a core", files=files, switches_a_second=switches
            )
            memory = [costs.memory_mb(pid) for pid in pids]
            bench.report.tell(f"memory, {who}", memory, "MB", files=files)
