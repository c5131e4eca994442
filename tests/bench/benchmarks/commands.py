"""How long a person waits for the command line."""

from __future__ import annotations

import time

from bench import Bench


def run(bench: Bench) -> None:
    """With a daemon that runs already."""
    bench.cstudio.run("sync", "list")
    for words in (["--help"], ["sync", "list"]):
        taken = []
        for _ in range(bench.pace.samples):
            began = time.perf_counter()
            bench.cstudio.run(*words)
            taken.append((time.perf_counter() - began) * 1000)
        bench.report.tell(f"`cstudio {' '.join(words)}`", taken, "ms")
