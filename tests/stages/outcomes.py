"""What became of a stage, and the report at the end. Values only."""

from __future__ import annotations

import collections
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a stage found. A check that counts no tests counts as one."""

    passed: int = 0
    failed: int = 0
    skipped: tuple[str, ...] = ()
    """One reason for each test that was skipped."""
    skipped_whole: str = ""
    """Why the stage did not run at all; empty when it did."""
    note: str = ""

    def word(self) -> str:
        """Return the outcome in a word or two."""
        if self.failed:
            return f"FAILED ({self.failed} of {self.failed + self.passed})"
        if self.skipped_whole:
            return "skipped"
        return self.note or f"{self.passed} passed"


PASSED = Outcome(passed=1, note="ok")
NO_TESTS = Outcome(note="no tests yet")


def failure(note: str = "") -> Outcome:
    """Return the outcome of a check that failed."""
    return Outcome(failed=1, note=note)


def from_junit(text: str, status: int) -> Outcome:
    """Read pytest's report; `status` is its exit status, which has the last word."""
    passed = failed = 0
    skipped = []
    for case in ElementTree.fromstring(text).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif (skip := case.find("skipped")) is not None:
            skipped.append(skip.get("message") or "no reason given")
        else:
            passed += 1
    if status and not failed:
        failed = 1
    return Outcome(passed=passed, failed=failed, skipped=tuple(skipped))


@dataclass(frozen=True, kw_only=True)
class Row:
    """A stage in the report."""

    stage: str
    seconds: float
    outcome: Outcome


def report(rows: Sequence[Row], everything: bool) -> str:
    """Return the closing table, what was skipped and why, and the counting line."""
    width = max((len(row.stage) for row in rows), default=0)
    lines = [f"{row.stage:<{width}}  {row.seconds:7.1f} s  {row.outcome.word()}" for row in rows]
    skips = list(_skips(rows))
    if skips:
        lines += ["", "skipped:", *skips]
        if not everything:
            lines.append("(`tests/run --all` skips nothing; it needs root on Debian 12)")
    passed = sum(row.outcome.passed for row in rows)
    failed = sum(row.outcome.failed for row in rows)
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed"])


def _skips(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        if row.outcome.skipped_whole:
            yield f"  {row.stage}: {row.outcome.skipped_whole}"
        for reason, count in collections.Counter(row.outcome.skipped).items():
            yield f"  {row.stage}: {count} test{'s' * (count > 1)}: {reason}"
