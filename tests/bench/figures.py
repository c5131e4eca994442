"""What a benchmark says: JSON lines, and the table made of them."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

PERCENTILE = 0.99


class Report:
    """Writes results to stdout, and to a file if one is named."""

    def __init__(self, place: str, file: TextIO | None = None) -> None:
        """`place` says where the remote side is."""
        self._place = place
        self._file = file

    def tell(self, name: str, samples: Sequence[float], unit: str, **more: Any) -> None:
        """Write one result; `samples` are in `unit`."""
        line = json.dumps(
            {
                "name": name,
                "unit": unit,
                **{key: round(value, 3) for key, value in spread(samples).items()},
                "runs": len(samples),
                "place": self._place,
                "load": round(os.getloadavg()[0], 1),
                **more,
                "versions": versions(),
            },
            ensure_ascii=False,
        )
        print(line, flush=True)
        if self._file is not None:
            print(line, file=self._file, flush=True)


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and extremes."""
    ordered = sorted(samples)
    return {
        "median": statistics.median(ordered),
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * PERCENTILE))],
        "least": ordered[0],
        "most": ordered[-1],
    }


@cache
def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "cstudio": f"{metadata.version('cstudio')} ({_commit()})",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}, {os.cpu_count()} cores",
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or "no commit"


def table(lines: Iterable[str]) -> str:
    """Return JSON lines as a Markdown table, with the command that repeats it."""
    results = [json.loads(line) for line in lines if line.strip()]
    rows = [
        "| what | files | median | 99 % | least – most | runs | beside | load |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [_row(one) for one in results]
    if results:
        last = results[-1]
        told = last["versions"]
        rows += [
            "",
            f"cstudio {told['cstudio']}, Python {told['python']}, {told['system']}; remote side:"
            f" {last['place']}. Again: `python tests/bench/run.py | tee results.jsonl`,"
            " `python tests/bench/run.py --table < results.jsonl`.",
        ]
    return "\n".join(rows)


def _row(one: dict[str, Any]) -> str:
    files = f"{one['files']:,}" if "files" in one else ""
    return (
        f"| {one['name']} | {files} | {one['median']} {one['unit']} | {one['p99']} "
        f"| {one['least']} – {one['most']} | {one['runs']} | {one.get('beside', '')} "
        f"| {one['load']} |"
    )


def main() -> None:
    """Turn JSON lines on stdin into the table."""
    print(table(sys.stdin))
