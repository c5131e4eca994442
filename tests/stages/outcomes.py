"""What became of a stage, and the report at the end. Values only."""

from __future__ import annotations

import collections
import dataclasses
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
    unsteady: tuple[str, ...] = ()
    """Tests that failed, and passed when they were run again."""
    note: str = ""

    def word(self) -> str:
        """Return the outcome in a word or two."""
        if self.failed:
            return f"FAILED ({self.failed} of {self.failed + self.passed})"
        if self.skipped_whole:
            return "skipped"
        if self.unsteady:
            return f"{self.passed} passed, {len(self.unsteady)} of them at the second try"
        return self.note or f"{self.passed} passed"


PASSED = Outcome(passed=1, note="ok")
NO_TESTS = Outcome(note="no tests yet")


def failure(note: str = "") -> Outcome:
    """Return the outcome of a check that failed."""
    return Outcome(failed=1, note=note)


def from_junit(text: str, status: int) -> Outcome:
    """Read pytest's report; `status` is its exit status, which has the last word."""
    cases = list(ElementTree.fromstring(text).iter("testcase"))
    failed = sum(_has_failed(case) for case in cases)
    skips = [case.find("skipped") for case in cases if not _has_failed(case)]
    skipped = [skip.get("message") or "no reason given" for skip in skips if skip is not None]
    return Outcome(
        passed=len(cases) - failed - len(skipped),
        failed=failed or int(status != 0),
        skipped=tuple(skipped),
    )


def failures(text: str) -> list[str]:
    """Return the names of the tests that failed by pytest's report, each once."""
    cases = ElementTree.fromstring(text).iter("testcase")
    names = [f"{case.get('classname')}::{case.get('name')}" for case in cases if _has_failed(case)]
    return list(dict.fromkeys(names))


def second_try(first: Outcome, names: Sequence[str], again: Outcome) -> Outcome:
    """Return what became of a stage whose failed tests, `names`, were run `again`."""
    if again.failed or again.passed < len(names):
        return first
    return dataclasses.replace(
        first, passed=first.passed + len(names), failed=0, unsteady=tuple(names)
    )


def _has_failed(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


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
    if unsteady := [(row.stage, name) for row in rows for name in row.outcome.unsteady]:
        lines += ["", "unsteady, to be looked into: failed, and passed when run again:"]
        lines += [f"  {stage}: {name}" for stage, name in unsteady]
    passed = sum(row.outcome.passed for row in rows)
    failed = sum(row.outcome.failed for row in rows)
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed"])


def _skips(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        if row.outcome.skipped_whole:
            yield f"  {row.stage}: {row.outcome.skipped_whole}"
        for reason, count in collections.Counter(row.outcome.skipped).items():
            yield f"  {row.stage}: {count} test{'s' * (count > 1)}: {reason}"
