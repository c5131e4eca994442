"""A watch that survives breaks, against a scripted stub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from cstudio import errors
from cstudio.client import streams, watching
from cstudio.client.watching import Changed, Deleted, Event, Synced
from cstudio_api.v1 import sync_sessions_pb2 as pb

SYNCED = pb.WatchSyncSessionsResponse(
    synced=pb.WatchSyncSessionsResponse.Synced(), resume_token="2"
)


def upserted(name: str, token: str = "1") -> pb.WatchSyncSessionsResponse:
    session = pb.SyncSession(name=f"syncSessions/{name}")
    return pb.WatchSyncSessionsResponse(upserted=session, resume_token=token)


def deleted(name: str) -> pb.WatchSyncSessionsResponse:
    return pb.WatchSyncSessionsResponse(deleted=f"syncSessions/{name}", resume_token="3")


def broken(code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details="gone")


class Stub:
    """Answers each watch with the next of its scripts."""

    def __init__(self, *scripts: list[Any]) -> None:
        self.scripts = list(scripts)
        self.requests: list[pb.WatchSyncSessionsRequest] = []

    async def WatchSyncSessions(
        self, request: pb.WatchSyncSessionsRequest
    ) -> AsyncIterator[pb.WatchSyncSessionsResponse]:
        self.requests.append(request)
        for item in self.scripts.pop(0):
            if isinstance(item, Exception):
                raise item
            yield item


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "RETRY_SECONDS", 0.0)


async def read(stub: Stub, count: int, name: str = "") -> list[str]:
    events: list[Event] = []
    async for event in watching.follow(stub, name, 5.0):  # type: ignore[arg-type] # a script
        events.append(event)
        if len(events) == count:
            break
    return [word(event) for event in events]


def word(event: Event) -> str:
    match event:
        case Changed():
            return "+" + event.session.name.removeprefix("syncSessions/")
        case Deleted():
            return "-" + event.name
        case Synced():
            return "synced"


async def test_everything_comes_first_then_synced_then_changes() -> None:
    stub = Stub([upserted("a"), upserted("b"), SYNCED, upserted("a"), deleted("b")])
    assert await read(stub, 5) == ["+a", "+b", "synced", "+a", "-b"]


async def test_a_broken_stream_goes_on_from_its_token_and_syncs_once() -> None:
    stub = Stub([upserted("a"), SYNCED, broken()], [SYNCED, upserted("a", "9")])
    assert await read(stub, 3) == ["+a", "synced", "+a"]
    assert [request.resume_token for request in stub.requests] == ["", "2"]


async def test_an_expired_token_starts_anew_and_tells_what_vanished_meanwhile() -> None:
    expired = errors.StateError("too old", reason="RESUME_TOKEN_EXPIRED")
    stub = Stub([upserted("a"), upserted("b"), SYNCED, broken()], [], [upserted("b"), SYNCED])
    calls = iter([errors.UnreachableError("gone"), expired])
    assert await _read_translated(stub, calls) == ["+a", "+b", "synced", "+b", "-a"]
    assert [request.resume_token for request in stub.requests] == ["", "2", ""]


async def _read_translated(stub: Stub, translated: Any) -> list[str]:
    """Read while gRPC's failures are translated to what the test says."""
    stub.scripts[1] = [broken()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errors, "from_call", lambda error: next(translated))
        return await read(stub, 5)


async def test_a_stream_that_the_daemon_ends_is_opened_again() -> None:
    stub = Stub([upserted("a"), SYNCED], [upserted("a", "9")])
    assert await read(stub, 3) == ["+a", "synced", "+a"]


async def test_a_session_that_does_not_exist_is_no_reason_to_try_again() -> None:
    stub = Stub([broken(grpc.StatusCode.NOT_FOUND)])
    with pytest.raises(errors.NotFoundError):
        await read(stub, 1, "apj")
    assert stub.requests[0].name == "syncSessions/apj"


async def test_nobody_answering_for_long_ends_the_watch() -> None:
    stub = Stub([broken()])
    with pytest.raises(errors.UnreachableError):
        async for _ in watching.follow(stub, "", 0.0):  # type: ignore[arg-type] # a script
            pass
