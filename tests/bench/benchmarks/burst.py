"""2,000 files edited at once, until all are there."""

from __future__ import annotations

import time
from typing import Any

import making
from bench import Bench

FILES = 2000
PAUSE_SECONDS = 1.0


def run(bench: Bench) -> None:
    """Write every file of a tree, wait for every one of the other side."""
    files = bench.pace.part(FILES)
    local = bench.tree(files)
    paths = making.files_of(local)
    costs: dict[str, Any] = {}
    with bench.mirrored(local, "burst") as there:
        taken = []
        for number in range(bench.pace.runs):
            content = f"burst {number} {time.time()}".encode()
            time.sleep(PAUSE_SECONDS)
            with bench.costing(costs):
                began = time.perf_counter()
                for path in paths:
                    (local / path).write_bytes(content)
                for path in reversed(paths):
                    making.wait_until_it_holds(there / path, content)
                taken.append(time.perf_counter() - began)
    bench.report.tell("2,000 files edited at once", taken, "s", files=files, **costs)
