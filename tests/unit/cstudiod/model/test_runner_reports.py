"""What a runner reports is judged alike everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from cstudiod.model.runner_reports import Limits, Verdict, judge, read
from cstudiod.model.studios import Phase

ALLOWED = Limits(start_seconds=60, total_seconds=90)

BAD_COMMAND = {"code": "bad_command", "message": "`x` is not found", "evidence": "ENOENT"}
EXITED = {"code": "entrypoint_exited", "message": "`x` exited with status 1 after 0.1 s"}
OOM = {"code": "oom_killed", "message": "`x` was ended by SIGKILL"}


def look_at(body: dict[str, Any], seconds: float) -> Verdict:
    return judge(read(body), now=1000 + seconds, spawned=1000, allowed=ALLOWED)


def status(phase: str = "starting", **more: Any) -> dict[str, Any]:
    """A report as the runner writes it, shortened."""
    return {"phase": phase, "ready": phase == "ready", "entrypoints": [], **more}


def look(message: str, **url: Any) -> dict[str, Any]:
    return {"ready": False, "message": message, "url": url or None}


@pytest.mark.parametrize(
    ("body", "seconds", "phase", "code", "fatal"),
    [
        ({}, 1, Phase.STARTING, "", None),
        ({}, 99, Phase.STARTING, "readiness_timeout", True),
        (status(), 1, Phase.STARTING, "", None),
        (status(), 89, Phase.STARTING, "", None),
        (status(entrypoints=[{"started": 1010.0}]), 69, Phase.STARTING, "", None),
        (
            status(entrypoints=[{"started": 1010.0}]),
            71,
            Phase.STARTING,
            "readiness_timeout",
            True,
        ),
        (status("ready"), 99, Phase.READY, "", None),
        (status("ready", reason=EXITED), 99, Phase.READY, "entrypoint_exited", False),
        (status("unready"), 99, Phase.UNREADY, "", None),
        (status(reason=BAD_COMMAND), 1, Phase.STARTING, "bad_command", True),
        (status(reason=EXITED), 1, Phase.STARTING, "entrypoint_exited", False),
        (status(reason=EXITED), 99, Phase.STARTING, "entrypoint_exited", True),
        (
            status(reason=EXITED, entrypoints=[{"state": "ended", "reason": EXITED}]),
            1,
            Phase.STARTING,
            "entrypoint_exited",
            True,
        ),
        (status(reason=OOM), 1, Phase.STARTING, "oom_killed", False),
        (status(reason={"code": "what"}), 1, Phase.STARTING, "", None),
        (status(readiness=look("port 1 refuses")), 99, Phase.STARTING, "readiness_timeout", True),
        (
            status(readiness=look("404", outcome="wrong_prefix", url="/a", other_url="/b")),
            99,
            Phase.STARTING,
            "wrong_prefix",
            True,
        ),
    ],
)
def test_judge(
    body: dict[str, Any], seconds: float, phase: Phase, code: str, fatal: bool | None
) -> None:
    """A reason ends the start at once, in time, or never, as the table says."""
    verdict = look_at(body, seconds)
    assert verdict.phase is phase
    assert (verdict.reason.code if verdict.reason else "") == code
    assert (verdict.reason.fatal if verdict.reason else None) == fatal


def test_misshapen_reports_mean_nothing() -> None:
    """The studio is trusted less than this machine."""
    for body in ({"entrypoints": 3, "reason": [], "readiness": "x"}, {"entrypoints": [1, None]}):
        assert look_at(body, 0).phase is Phase.STARTING


def test_a_timeout_shows_what_was_tried() -> None:
    """The URL is told as it was asked for."""
    body = status(readiness=look("it answers 503", url="http://localhost:1/x", status=503))
    reason = look_at(body, 99).reason
    assert reason is not None
    assert "http://localhost:1/x answered 503" in reason.evidence
    assert "it answers 503" in reason.message
