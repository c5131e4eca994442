"""What a caller is shown of a session."""

from __future__ import annotations

import dataclasses

from cstudio_api.v1 import errors_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from cstudiod.model.sync_sessions import (
    Mode,
    Reason,
    Session,
    Spec,
    State,
    Status,
    Target,
    TargetKind,
)
from cstudiod.rpc import answers, requests

SESSION = Session(
    uid="5f0c",
    spec=Spec(
        name="api",
        local=b"/srv/caf\xe9".decode("utf-8", "surrogateescape"),
        target=Target(kind=TargetKind.DEPLOYMENT, name="api", path="/app", namespace="shop"),
        labels={"team": "a"},
    ),
    status=Status(state=State.WATCHING, files=3, endpoint="agent", last_synced=12.5),
    create_time=1.0,
    update_time=2.0,
    etag="5f0c-1",
)


def test_a_session_that_is_well_has_no_reason() -> None:
    """Absent messages mean: nothing to tell."""
    shown = answers.session(SESSION)
    assert shown.name == "syncSessions/api"
    assert shown.local_root == r"/srv/caf\xe9"
    assert shown.state == pb.SyncSession.STATE_WATCHING
    assert not shown.HasField("reason")
    assert not shown.HasField("progress")
    assert shown.last_synced_time.ToNanoseconds() == 12_500_000_000


def test_what_is_shown_can_be_asked_for_again() -> None:
    """The answer of one daemon is a request that another understands."""
    shown = answers.session(SESSION)
    again = requests.spec(pb.CreateSyncSessionRequest(sync_session_id="api", sync_session=shown))
    assert again == SESSION.spec


def test_every_mode_and_state_has_its_value() -> None:
    """An enum of the model is an enum of the contract."""
    for mode in Mode:
        spec = dataclasses.replace(SESSION.spec, mode=mode)
        shown = answers.session(dataclasses.replace(SESSION, spec=spec))
        assert pb.SyncSession.Mode.Name(shown.mode) == f"MODE_{mode.name}"
    for state in State:
        status = dataclasses.replace(SESSION.status, state=state)
        shown = answers.session(dataclasses.replace(SESSION, status=status))
        assert pb.SyncSession.State.Name(shown.state) == f"STATE_{state.name}"


def test_a_reason_has_the_path_in_both_forms_and_the_next_step() -> None:
    """Bytes for programs, text for people; no retry, no time of it."""
    reason = Reason(
        code="DISK_FULL",
        message=b"no room for caf\xe9".decode("utf-8", "surrogateescape"),
        since=7.0,
        path=b"caf\xe9",
        next="cstudio sync resume api",
    )
    status = dataclasses.replace(SESSION.status, state=State.HALTED, reason=reason)
    shown = answers.session(dataclasses.replace(SESSION, status=status)).reason
    assert shown.code == errors_pb2.ERROR_REASON_DISK_FULL
    assert shown.message == r"no room for caf\xe9"
    assert (shown.path.raw, shown.path.display) == (b"caf\xe9", r"caf\xe9")
    assert not shown.HasField("retry_time")
