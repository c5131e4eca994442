"""What the gateway itself answers about studios."""

from __future__ import annotations

import pytest
from cstudiod.errors import TargetError
from cstudiod.gateway import faults
from cstudiod.model.studios import Reason, StudioState

REASON = Reason(code="evicted", message="its node was full", next="cstudio studio logs STUDIO")


@pytest.mark.parametrize("state", StudioState)
def test_every_state_has_its_words(state: StudioState) -> None:
    """And each of them may change by itself."""
    fault = faults.not_running("lab", state, None, "")
    assert (fault.status, fault.state) == (503, state.value)
    assert fault.refresh > 0


@pytest.mark.parametrize(
    ("state", "code"),
    [(StudioState.STOPPED, "studio_failed"), (StudioState.STARTING, "studio_starting")],
)
def test_a_reason_is_told(state: StudioState, code: str) -> None:
    """Stopped with a reason is failed; the next step names the studio."""
    fault = faults.not_running("lab", state, REASON, "waiting")
    assert (fault.status, fault.code) == (502, code)
    assert fault.message.endswith(": waiting: its node was full")
    assert fault.next == "cstudio studio logs lab"


def test_a_stopped_studio_can_be_started() -> None:
    """What to type."""
    fault = faults.not_running("lab", StudioState.STOPPED, None, "")
    assert fault.next == "cstudio studio start lab"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("UNREACHABLE", "port_not_listening"), ("CONNECTION_LOST", "studio_unreachable")],
)
def test_whether_nobody_listens_or_nothing_gets_there(reason: str, code: str) -> None:
    """The runtime's reason decides."""
    fault = faults.undialled("lab", 8888, TargetError("it said no", reason=reason))
    assert (fault.code, fault.status, fault.refresh > 0) == (code, 502, True)
    assert "it said no" in fault.message + fault.evidence
