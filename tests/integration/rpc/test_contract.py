"""The contract as any program meets it: a real daemon, its socket, and the stubs alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from cstudio_api.v1 import daemon_pb2, daemon_pb2_grpc, sync_sessions_pb2_grpc
from cstudio_api.v1 import sync_sessions_pb2 as pb
from google.protobuf import field_mask_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from support.cli import Cstudio

SERVICES = ("cstudio.v1.Daemon", "cstudio.v1.SyncSessions")
SECONDS = 30


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cstudio]:
    """A daemon for the whole file: each test makes sessions of its own."""
    made = Cstudio(tmp_path_factory.mktemp("contract"))
    made.run("daemon", "start")
    yield made
    made.close()


@pytest.fixture(scope="module")
def channel(daemon: Cstudio) -> Iterator[grpc.Channel]:
    """A connection to its socket."""
    socket = daemon.json("daemon", "status")["socket"]
    with grpc.insecure_channel(f"unix:{socket}") as opened:
        yield opened


@pytest.fixture(scope="module")
def sessions(channel: grpc.Channel) -> sync_sessions_pb2_grpc.SyncSessionsStub:
    """The service, as generated."""
    return sync_sessions_pb2_grpc.SyncSessionsStub(channel)


def create(name: str, folder: Path, **fields: Any) -> pb.CreateSyncSessionRequest:
    """Return a request for a session between two folders below `folder`."""
    for side in ("local", "remote"):
        (folder / side).mkdir(exist_ok=True)
    target = pb.SyncTarget(text=str(folder / "remote"))
    session = pb.SyncSession(local_root=str(folder / "local"), target=target)
    return pb.CreateSyncSessionRequest(sync_session_id=name, sync_session=session, **fields)


def refusal(error: grpc.RpcError) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """Return code, reason and metadata; there is exactly one `ErrorInfo`."""
    call = cast("grpc.Call", error)
    status = rpc_status.from_call(call)
    assert status is not None
    (detail,) = status.details
    info = error_details_pb2.ErrorInfo()
    assert detail.Unpack(info)
    assert info.domain == "cstudio"
    return call.code(), info.reason, dict(info.metadata)


def test_health_is_told_for_each_service(channel: grpc.Channel) -> None:
    """And for the whole, with the standard service."""
    health: Any = health_pb2_grpc.HealthStub(channel)
    for service in ("", *SERVICES):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_names_the_services(channel: grpc.Channel) -> None:
    """A tool needs no protos of ours."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="*")
    (answer,) = stub.ServerReflectionInfo(iter([asked]), timeout=SECONDS)
    names = {service.name for service in answer.list_services_response.service}
    assert {*SERVICES, "grpc.health.v1.Health"} <= names


def test_the_daemon_says_who_it_is(channel: grpc.Channel, daemon: Cstudio) -> None:
    """Process, folder and every runtime, usable or with the reason why not."""
    stub = daemon_pb2_grpc.DaemonStub(channel)
    info = stub.GetDaemonInfo(daemon_pb2.GetDaemonInfoRequest(), timeout=SECONDS)
    assert info.pid == daemon.daemon_pid()
    assert info.state_folder == str(daemon.state)
    assert info.uptime.ToNanoseconds() > 0
    assert {"docker", "kubernetes"} <= {runtime.name for runtime in info.runtimes}
    assert all(runtime.available or runtime.reason for runtime in info.runtimes)


def test_validate_only_changes_nothing(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, tmp_path: Path
) -> None:
    """The answer is the session as it would be; there is none afterwards."""
    answer = sessions.CreateSyncSession(
        create("dry", tmp_path, validate_only=True), timeout=SECONDS
    )
    assert answer.name == "syncSessions/dry"
    with pytest.raises(grpc.RpcError) as caught:
        sessions.GetSyncSession(pb.GetSyncSessionRequest(name=answer.name), timeout=SECONDS)
    code, reason, metadata = refusal(caught.value)
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert metadata["next"] == "cstudio sync list"


def test_a_wrong_etag_is_stale_and_changes_nothing(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, tmp_path: Path
) -> None:
    """Two editors of one session: the slower one is told."""
    made = sessions.CreateSyncSession(create("etags", tmp_path, paused=True), timeout=SECONDS)
    mask = field_mask_pb2.FieldMask(paths=["labels"])

    def relabel(value: str) -> pb.SyncSession:
        asked = pb.SyncSession(name=made.name, etag=made.etag, labels={"team": value})
        request = pb.UpdateSyncSessionRequest(sync_session=asked, update_mask=mask)
        return sessions.UpdateSyncSession(request, timeout=SECONDS)

    assert relabel("a").etag != made.etag
    with pytest.raises(grpc.RpcError) as caught:
        relabel("b")
    assert refusal(caught.value)[:2] == (grpc.StatusCode.ABORTED, "STALE")
    now = sessions.GetSyncSession(pb.GetSyncSessionRequest(name=made.name), timeout=SECONDS)
    assert dict(now.labels) == {"team": "a"}


def test_pages_have_every_session_once(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, tmp_path: Path
) -> None:
    """By name, two at a time."""
    names = [f"page-{letter}" for letter in "abcde"]
    for name in names:
        (tmp_path / name).mkdir()
        sessions.CreateSyncSession(create(name, tmp_path / name, paused=True), timeout=SECONDS)
    found: list[str] = []
    request = pb.ListSyncSessionsRequest(page_size=2)
    while True:
        answer = sessions.ListSyncSessions(request, timeout=SECONDS)
        assert len(answer.sync_sessions) <= 2
        found += [one.name.removeprefix("syncSessions/") for one in answer.sync_sessions]
        request.page_token = answer.next_page_token
        if not answer.next_page_token:
            break
    assert [name for name in found if name.startswith("page-")] == names
    assert found == sorted(set(found))


def test_a_watch_goes_on_where_it_was_left(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, tmp_path: Path
) -> None:
    """First everything, then `synced`; with a token only what changed since."""
    made = sessions.CreateSyncSession(create("watched", tmp_path, paused=True), timeout=SECONDS)
    stream = sessions.WatchSyncSessions(pb.WatchSyncSessionsRequest(), timeout=SECONDS)
    upserted, token = set(), ""
    for event in stream:
        token = event.resume_token
        if event.WhichOneof("event") == "synced":
            break
        upserted.add(event.upserted.name)
    cast("grpc.Call", stream).cancel()
    assert made.name in upserted

    sessions.DeleteSyncSession(pb.DeleteSyncSessionRequest(name=made.name), timeout=SECONDS)
    stream = sessions.WatchSyncSessions(
        pb.WatchSyncSessionsRequest(resume_token=token), timeout=SECONDS
    )
    seen = []
    for event in stream:
        seen.append(event.deleted or event.WhichOneof("event"))
        if event.WhichOneof("event") == "synced":
            break
    cast("grpc.Call", stream).cancel()
    assert seen == [made.name, "synced"]


@pytest.mark.parametrize("token", ["nonsense", "0123456789ab-1"])
def test_a_token_of_another_daemon_has_expired(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, token: str
) -> None:
    """The reader is told to begin again."""
    with pytest.raises(grpc.RpcError) as caught:
        next(sessions.WatchSyncSessions(pb.WatchSyncSessionsRequest(resume_token=token)))
    code, reason, _ = refusal(caught.value)
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RESUME_TOKEN_EXPIRED")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.GetSyncSessionRequest(name="api"), "INVALID_ARGUMENT"),
        (pb.ListSyncSessionsRequest(page_size=-1), "INVALID_ARGUMENT"),
        (pb.ListSyncSessionsRequest(page_token="nonsense"), "INVALID_ARGUMENT"),
        (pb.UpdateSyncSessionRequest(sync_session={"name": "syncSessions/x"}), "INVALID_ARGUMENT"),
        (pb.CreateSyncSessionRequest(), "INVALID_ARGUMENT"),
        (
            pb.ResolveSyncConflictsRequest(parent="syncSessions/x", keep="KEEP_UNSPECIFIED"),
            "INVALID_ARGUMENT",
        ),
        (
            pb.ExplainSyncPathRequest(parent="syncSessions/x", path={"display": "../etc"}),
            "INVALID_PATH",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(
    channel: grpc.Channel, request_: Any, reason: str
) -> None:
    """Never `UNKNOWN`, never `BUG`."""
    stub = sync_sessions_pb2_grpc.SyncSessionsStub(channel)
    method = getattr(stub, type(request_).__name__.removesuffix("Request"))
    with pytest.raises(grpc.RpcError) as caught:
        method(request_, timeout=SECONDS)
    assert refusal(caught.value)[:2] == (grpc.StatusCode.INVALID_ARGUMENT, reason)


def test_a_refusal_can_quote_any_name(
    sessions: sync_sessions_pb2_grpc.SyncSessionsStub, tmp_path: Path
) -> None:
    """A local root that is not UTF-8 and not there."""
    request = create("odd", tmp_path)
    request.sync_session.local_root = rf"{tmp_path}/caf\xe9"
    with pytest.raises(grpc.RpcError) as caught:
        sessions.CreateSyncSession(request, timeout=SECONDS)
    assert refusal(caught.value)[1] == "LOCAL_ROOT_MISSING"
    assert r"caf\xe9" in str(cast("grpc.Call", caught.value).details())


def test_ending_the_daemon_ends_its_watches_with_ok(tmp_path: Path) -> None:
    """A reader sees the end of the stream, and no error."""
    own = Cstudio(tmp_path / "state")
    own.run("daemon", "start")
    with grpc.insecure_channel(f"unix:{own.json('daemon', 'status')['socket']}") as opened:
        stub = sync_sessions_pb2_grpc.SyncSessionsStub(opened)
        stream = stub.WatchSyncSessions(pb.WatchSyncSessionsRequest(), timeout=SECONDS)
        assert next(stream).WhichOneof("event") == "synced"
        shut_down = daemon_pb2_grpc.DaemonStub(opened).ShutDownDaemon
        shut_down(daemon_pb2.ShutDownDaemonRequest(), timeout=SECONDS)
        assert list(stream) == []
        assert cast("grpc.Call", stream).code() == grpc.StatusCode.OK
    own.close()
