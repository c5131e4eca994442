#!/usr/bin/env python3
"""Measures what a user waits for; README.md beside this file says how. No time is asserted."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import figures
from bench import Bench, Pace
from benchmarks import FIXED, LONG, SIZED
from places import open_place

USUAL = Pace(samples=30, runs=7, idle_seconds=30.0)
QUICK = Pace(samples=3, runs=1, idle_seconds=1.0, share=50)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", help="sizes of trees (1000 10000)")
    parser.add_argument("--only", nargs="+", choices=[*SIZED, *FIXED, *LONG], metavar="NAME")
    parser.add_argument("--place", choices=["pod", "child"], help="a pod, or a child process")
    parser.add_argument("--large", action="store_true", help="1 GB files, too")
    parser.add_argument("--quick", action="store_true", help="once, small, without a cluster")
    parser.add_argument("--output", type=Path, help="add the JSON lines to a file as well")
    parser.add_argument("--table", action="store_true", help="JSON lines on stdin to Markdown")
    return parser


def _perform(bench: Bench, chosen: argparse.Namespace) -> None:
    wanted = chosen.only or [*SIZED, *FIXED, *(LONG if chosen.large else ())]
    for files in chosen.files or ([100] if chosen.quick else [1000, 10_000]):
        for name in SIZED:
            if name in wanted:
                SIZED[name](bench, files)
    for name, run in (FIXED | LONG).items():
        if name in wanted:
            run(bench)


def main() -> None:
    """Run what is asked for."""
    chosen = _parser().parse_args()
    if chosen.table:
        figures.main()
        return
    kind = chosen.place or ("child" if chosen.quick else "pod")
    with tempfile.TemporaryDirectory(prefix="cstudio-bench-") as scratch:
        folder = Path(scratch)
        with open_place(kind, folder) as place:
            file = chosen.output.open("a") if chosen.output else None
            report = figures.Report(place.label, file)
            _perform(Bench(folder, place, report, QUICK if chosen.quick else USUAL), chosen)


if __name__ == "__main__":
    main()
