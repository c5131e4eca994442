"""The benchmarks, one a file: each has a `run(bench, files)`."""

from __future__ import annotations

from collections.abc import Callable

from bench import Bench

from benchmarks import (
    burst,
    checkout,
    commands,
    first_sync,
    gateway,
    huge,
    idle,
    large,
    latency,
    many,
    start,
    studio_start,
)

SIZED: dict[str, Callable[[Bench, int], None]] = {
    "first-sync": first_sync.run,
    "latency": latency.run,
    "start": start.run,
    "idle": idle.run,
}
"""Run once for every size that is asked for."""

FIXED: dict[str, Callable[[Bench], None]] = {
    "burst": burst.run,
    "checkout": checkout.run,
    "large": large.run,
    "many": many.run,
    "commands": commands.run,
    "gateway": gateway.run,
    "studio-start": studio_start.run,
}

LONG: dict[str, Callable[[Bench], None]] = {"huge": huge.run}
"""Only with `--large`."""
