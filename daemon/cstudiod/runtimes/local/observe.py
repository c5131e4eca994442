"""What a look at a studio of this machine means; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cstudiod.model import runner_reports
from cstudiod.model.reasons import of_exit, reason
from cstudiod.model.studios import Observation, Phase, Reason
from cstudiod.runtimes.local.records import Record


def observe(
    record: Record,
    *,
    is_alive: bool,
    status: Mapping[str, Any],
    ending: Mapping[str, Any],
    tail: str,
    now: float,
) -> Observation:
    """Return the observation of a spawned studio.

    `status` is what its runner reports, `ending` what the keeper noted, `tail`
    the end of its log; each may be empty.
    """
    report = runner_reports.read(status)
    restarts = record.restarts + report.restarts
    if not is_alive:
        why = Reason(**record.refused) if record.refused else ended(report, ending, tail)
        return _seen(record, Phase.ENDED, "", why, restarts)
    allowed = runner_reports.Limits(
        start_seconds=record.start_seconds, total_seconds=record.total_seconds
    )
    verdict = runner_reports.judge(report, now=now, spawned=record.spawned, allowed=allowed)
    return _seen(record, verdict.phase, verdict.stage, verdict.reason, restarts)


def ended(report: runner_reports.Report, ending: Mapping[str, Any], tail: str) -> Reason:
    """Return why the runner runs no more."""
    if report.reason is not None:
        return report.reason
    if not ending:
        return reason(
            "stopped_outside", "its processes are gone: this machine was restarted, or so", tail
        )
    code = int(ending.get("code") or 0)
    # A shell's view of a signal, as containers have it.
    return of_exit(code if code >= 0 else 128 - code, tail)


def _seen(
    record: Record, phase: Phase, stage: str, why: Reason | None, restarts: int
) -> Observation:
    return Observation(
        phase=phase,
        incarnation=record.incarnation,
        stage=stage,
        reason=why,
        launch_hash=record.hash,
        restarts=restarts,
        pod=f"cstudio-{record.uid}",
    )
