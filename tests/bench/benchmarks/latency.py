"""Edit → visible: hot (edited before in the session) and cold, both ways."""

from __future__ import annotations

import random
import time

import making
from bench import Bench

PAUSE_SECONDS = 0.2


def run(bench: Bench, files: int) -> None:
    """Edit one file after another, each after a moment of quiet."""
    local = bench.tree(files)
    samples = bench.pace.samples
    with bench.mirrored(local, "latency") as there:
        paths = making.files_of(local)
        chance = random.Random(1)
        for heat in ("hot", "cold"):
            chosen = [paths[0]] * samples if heat == "hot" else chance.sample(paths, samples)
            for way, source, target in (("up", local, there), ("down", there, local)):
                taken = []
                for number, path in enumerate(chosen):
                    time.sleep(PAUSE_SECONDS)
                    content = f"{heat} {way} {number} {time.time()}".encode()
                    (source / path).write_bytes(content)
                    taken.append(making.wait_until_it_holds(target / path, content) * 1000)
                bench.report.tell(f"edit → visible, {heat}, {way}", taken, "ms", files=files)
