"""A watch of studios: told by uid, handed on with what was last known of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from cstudio.client import streams, watching
from cstudio.client.watching import StudioChanged, StudioDeleted, StudioEvent
from cstudio_api.v1 import studios_pb2 as pb

SYNCED = pb.WatchStudiosResponse(synced=True, resume_token="2")


def told(name: str, project: str = "DEMO") -> pb.WatchStudiosResponse:
    studio = pb.Studio(name=name, project=project, uid=f"{project}.{name}")
    return pb.WatchStudiosResponse(studio=studio, resume_token="1")


class Stub:
    """Answers each watch with the next of its scripts."""

    def __init__(self, *scripts: list[Any]) -> None:
        self.scripts = list(scripts)
        self.requests: list[pb.WatchStudiosRequest] = []

    async def WatchStudios(
        self, request: pb.WatchStudiosRequest
    ) -> AsyncIterator[pb.WatchStudiosResponse]:
        self.requests.append(request)
        for item in self.scripts.pop(0):
            if isinstance(item, Exception):
                raise item
            yield item


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "RETRY_SECONDS", 0.0)


async def read(stub: Stub, count: int) -> list[str]:
    events: list[StudioEvent] = []
    async for event in watching.follow_studios(stub, "", "", 5.0):  # type: ignore[arg-type] # a script
        events.append(event)
        if len(events) == count:
            break
    return [word(event) for event in events]


def word(event: StudioEvent) -> str:
    match event:
        case StudioChanged():
            return f"+{event.studio.project}.{event.studio.name}"
        case StudioDeleted():
            return f"-{event.studio.project}.{event.studio.name}"
        case _:
            return "synced"


async def test_two_of_one_name_are_two() -> None:
    gone = pb.WatchStudiosResponse(deleted="DEMO.lab", resume_token="3")
    stub = Stub([told("lab"), told("lab", "FLOW"), SYNCED, gone])
    assert await read(stub, 4) == ["+DEMO.lab", "+FLOW.lab", "synced", "-DEMO.lab"]


async def test_what_vanished_during_a_break_is_deleted() -> None:
    broken = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="gone"
    )
    stub = Stub([told("a"), told("b"), broken], [told("b"), SYNCED])
    stub.scripts[0].insert(0, pb.WatchStudiosResponse(synced=True))
    stub.scripts[0][1].resume_token = stub.scripts[0][2].resume_token = ""
    assert await read(stub, 5) == ["synced", "+DEMO.a", "+DEMO.b", "+DEMO.b", "-DEMO.a"]
    assert [request.resume_token for request in stub.requests] == ["", ""]
