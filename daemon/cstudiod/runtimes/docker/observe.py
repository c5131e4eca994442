"""What a look at a studio's container means; pure.

The order: what Docker says of a container that does not run, then what the
runner reports.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from cstudiod.model import runner_reports
from cstudiod.model.reasons import of_exit, of_refusal
from cstudiod.model.studios import Observation, Phase, Reason
from cstudiod.runtimes.docker import settings

CLOCK_SECONDS = 2.0
"""A report may be this much older than the start that Docker noted."""


def observe(
    inspected: Mapping[str, Any], *, status: Mapping[str, Any], tail: str, now: float
) -> Observation:
    """Return the observation of a container.

    Args:
        inspected: Docker's "inspect a container".
        status: The runner's report; empty: none, or it cannot be read now.
        tail: The end of the log, when it does not run.
        now: Seconds since the epoch.
    """
    state: Mapping[str, Any] = inspected.get("State") or {}
    started = seconds(str(state.get("StartedAt") or ""))
    report = runner_reports.read(status if _is_of_this_run(status, started) else {})
    if state.get("Paused"):
        return _seen(inspected, Phase.UNREADY, "paused by somebody", None, report)
    if state.get("Running"):
        labels = _labels(inspected)
        allowed = runner_reports.Limits(
            start_seconds=float(labels[settings.START_SECONDS]),
            total_seconds=float(labels[settings.TOTAL_SECONDS]),
        )
        verdict = runner_reports.judge(report, now=now, spawned=started, allowed=allowed)
        return _seen(inspected, verdict.phase, verdict.stage, verdict.reason, report)
    if state.get("Status") == "created" and not state.get("Error"):
        return _seen(inspected, Phase.STARTING, "starting the container", None, report)
    return _seen(inspected, Phase.ENDED, "", ended(inspected, report, tail), report)


def ended(inspected: Mapping[str, Any], report: runner_reports.Report, tail: str) -> Reason:
    """Return why a container does not run."""
    state: Mapping[str, Any] = inspected.get("State") or {}
    if state.get("Error"):
        return of_refusal(str(state["Error"]))
    if report.reason is not None and not state.get("OOMKilled"):
        return report.reason
    return of_exit(
        int(state.get("ExitCode") or 0),
        tail,
        is_oom=bool(state.get("OOMKilled")),
        limit=_labels(inspected)[settings.MEMORY],
    )


def seconds(time: str) -> float:
    """Return Docker's time (RFC 3339 with nanoseconds) as seconds since the epoch; 0: none."""
    head, dot, fraction = time.rstrip("Z").partition(".")
    try:
        whole = datetime.datetime.fromisoformat(head).replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        return 0.0
    return max(0.0, whole + (float(f"0.{fraction}") if dot and fraction.isdigit() else 0.0))


def _is_of_this_run(status: Mapping[str, Any], started: float) -> bool:
    began = status.get("started")
    return isinstance(began, int | float) and began >= started - CLOCK_SECONDS


def _labels(inspected: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the container's labels; those that are missing as a plain order has them."""
    usual = runner_reports.Limits()
    return {
        settings.START_SECONDS: str(usual.start_seconds),
        settings.TOTAL_SECONDS: str(usual.total_seconds),
        settings.MEMORY: "",
        settings.HASH: "",
        **((inspected.get("Config") or {}).get("Labels") or {}),
    }


def _seen(
    inspected: Mapping[str, Any],
    phase: Phase,
    stage: str,
    why: Reason | None,
    report: runner_reports.Report,
) -> Observation:
    return Observation(
        phase=phase,
        incarnation=str(inspected.get("Id") or ""),
        stage=stage,
        reason=why,
        launch_hash=_labels(inspected)[settings.HASH],
        restarts=report.restarts,
        pod=str(inspected.get("Name") or "").lstrip("/"),
    )
