"""What a studio's runner reports (`cstudio_runner.status`), and what follows from it.

Every runtime gets the same report: from a file, out of a container, or through
the readiness probe. Whatever is missing or misshapen in it means nothing: it
comes from a place that is trusted less than this machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.model.blueprints import KubernetesSettings
from cstudiod.model.reasons import FACTS, reason
from cstudiod.model.studios import Phase, Reason

PATIENT = frozenset({"entrypoint_exited", "oom_killed"})
"""What a runner's next attempt may put right; fatal when the time is over."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is read of status.json."""

    phase: str = ""
    """``starting``, ``ready``, ``unready``, ``stopping``, ``stopped``; empty: no report."""
    is_ready: bool = False
    waiting_for: str = ""
    """What readiness lacks, in a sentence."""
    reason: Reason | None = None
    """Of an entrypoint."""
    restarts: int = 0
    """Of all entrypoints together."""
    running_since: float = 0.0
    """When the first of its programs started, seconds since the epoch; 0: none has.

    Before, the runner waits for the studio's files."""
    url: str = ""
    """Of the readiness request, as it was asked for."""
    url_status: int = 0
    other_url: str = ""
    """Asked instead, with the prefix taken off or put on."""
    other_status: int = 0
    is_wrong_prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a report means for the studio."""

    phase: Phase
    stage: str = ""
    reason: Reason | None = None


def read(body: Mapping[str, Any]) -> Report:
    """Return what a status document says; empty: an empty report."""
    look = _part(body, "readiness")
    url = _part(look, "url")
    listed = body.get("entrypoints")
    entrypoints = [
        item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, Mapping)
    ]
    return Report(
        phase=str(body.get("phase") or ""),
        is_ready=body.get("ready") is True,
        waiting_for=str(look.get("message") or ""),
        reason=_reason(_part(body, "reason"), entrypoints),
        running_since=min(
            (_time(item.get("started")) for item in entrypoints if _time(item.get("started"))),
            default=0.0,
        ),
        restarts=sum(_number(item.get("restarts")) for item in entrypoints),
        url=str(url.get("url") or ""),
        url_status=_number(url.get("status")),
        other_url=str(url.get("other_url") or ""),
        other_status=_number(url.get("other_status")),
        is_wrong_prefix=url.get("outcome") == "wrong_prefix",
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a start may take."""

    start_seconds: float = 600.0
    """From the start of its programs."""
    total_seconds: float = 1200.0
    """From its spawn, its files' copying included."""


def limits(settings: KubernetesSettings) -> Limits:
    """Return what the template says."""
    total = settings.start_minutes + settings.initial_sync_minutes
    return Limits(start_seconds=settings.start_minutes * 60, total_seconds=total * 60)


def judge(report: Report, *, now: float, spawned: float, allowed: Limits) -> Verdict:
    """Return how a studio fares whose runner runs.

    Args:
        report: What its runner says.
        now: Seconds since the epoch.
        spawned: When it was ordered, likewise.
        allowed: When waiting ends.
    """
    if report.is_ready:
        return Verdict(phase=Phase.READY, reason=_not_fatal(report.reason))
    stage = report.waiting_for or "starting the runner"
    if report.phase in ("unready", "stopping", "stopped"):
        return Verdict(phase=Phase.UNREADY, stage=stage, reason=report.reason)
    why = report.reason
    if _is_late(report, now, spawned, allowed) and (why is None or not why.fatal):
        why = dataclasses.replace(why, fatal=True) if why else too_late(report, allowed)
    return Verdict(phase=Phase.STARTING, stage=stage, reason=why)


def _is_late(report: Report, now: float, spawned: float, allowed: Limits) -> bool:
    since = report.running_since
    has_run_long = bool(since) and now - since > allowed.start_seconds
    return has_run_long or now - spawned > allowed.total_seconds


def too_late(report: Report, allowed: Limits) -> Reason:
    """Return why a studio whose programs run is not ready when its time is over."""
    seconds = allowed.start_seconds if report.running_since else allowed.total_seconds
    lacking = report.waiting_for or "the runner has reported nothing"
    tried = f"{report.url} answered {report.url_status or 'nothing'}" if report.url else ""
    if report.is_wrong_prefix:
        return reason(
            "wrong_prefix",
            f"the server answers at {report.other_url}, not at {report.url}: it"
            " serves another path than the browser will ask for",
            f"{tried}; {report.other_url} answered {report.other_status}",
        )
    return reason(
        "readiness_timeout",
        f"it was not ready within {seconds:.0f} s: {lacking}",
        "\n".join(part for part in (lacking, tried) if part),
    )


def _reason(body: Mapping[str, Any], entrypoints: list[Mapping[str, Any]]) -> Reason | None:
    code = str(body.get("code") or "")
    if code not in FACTS:
        return None
    gave_up = any(item.get("state") == "ended" and item.get("reason") for item in entrypoints)
    return reason(
        code,
        str(body.get("message") or code),
        str(body.get("evidence") or ""),
        next=str(body.get("next") or ""),
        fatal=gave_up if code in PATIENT else None,
    )


def _not_fatal(why: Reason | None) -> Reason | None:
    return dataclasses.replace(why, fatal=False) if why else None


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _time(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
