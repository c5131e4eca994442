"""Watches of sync sessions and of studios, as events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstudio_api.v1 import studios_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb

from cstudio.client import naming, streams
from cstudio.client.streams import Synced

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2_grpc import StudiosAsyncStub
    from cstudio_api.v1.sync_sessions_pb2_grpc import SyncSessionsAsyncStub

__all__ = [
    "Changed",
    "Deleted",
    "Event",
    "StudioChanged",
    "StudioDeleted",
    "StudioEvent",
    "Synced",
    "follow",
    "follow_studios",
]


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A session as it is now: new to this reader, or changed."""

    session: pb.SyncSession


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A session is gone."""

    name: str


Event = Changed | Deleted | Synced


@dataclass(frozen=True, kw_only=True)
class StudioChanged:
    """A studio as it is now: new to this reader, or changed."""

    studio: studios_pb2.Studio


@dataclass(frozen=True, kw_only=True)
class StudioDeleted:
    """A studio is gone; `studio` is as it was last seen."""

    studio: studios_pb2.Studio


StudioEvent = StudioChanged | StudioDeleted | Synced


def follow(
    stub: SyncSessionsAsyncStub, name: str, patience_seconds: float
) -> AsyncGenerator[Event, None]:
    """Yield events for ever; goes on after breaks of up to `patience_seconds`.

    Raises:
        CstudioError: no such session, or nobody answers any more.
    """
    wanted = naming.resource(name) if name else ""

    async def begin(token: str) -> AsyncGenerator[streams.Answer[pb.SyncSession], None]:
        request = pb.WatchSyncSessionsRequest(name=wanted, resume_token=token)
        async for answer in stub.WatchSyncSessions(request):
            yield _session_answer(answer)

    return streams.events(
        begin,
        patience_seconds,
        changed=lambda session: Changed(session=session),
        deleted=lambda session: Deleted(name=naming.short(session.name)),
    )


def follow_studios(
    stub: StudiosAsyncStub, name: str, project: str, patience_seconds: float
) -> AsyncGenerator[StudioEvent, None]:
    """Yield events for ever; goes on after breaks of up to `patience_seconds`.

    Raises:
        CstudioError: no such studio, or nobody answers any more.
    """

    async def begin(token: str) -> AsyncGenerator[streams.Answer[studios_pb2.Studio], None]:
        request = studios_pb2.WatchStudiosRequest(name=name, project=project, resume_token=token)
        async for answer in stub.WatchStudios(request):
            yield _studio_answer(answer)

    return streams.events(
        begin,
        patience_seconds,
        changed=lambda studio: StudioChanged(studio=studio),
        deleted=lambda studio: StudioDeleted(studio=studio),
    )


def _session_answer(answer: pb.WatchSyncSessionsResponse) -> streams.Answer[pb.SyncSession]:
    token = answer.resume_token
    match answer.WhichOneof("event"):
        case "upserted":
            return streams.Answer(token=token, key=answer.upserted.name, item=answer.upserted)
        case "synced":
            return streams.Answer(token=token, synced=True)
        case _:
            return streams.Answer(token=token, key=answer.deleted)


def _studio_answer(
    answer: studios_pb2.WatchStudiosResponse,
) -> streams.Answer[studios_pb2.Studio]:
    token = answer.resume_token
    match answer.WhichOneof("event"):
        case "studio":
            return streams.Answer(token=token, key=answer.studio.uid, item=answer.studio)
        case "synced":
            return streams.Answer(token=token, synced=True)
        case _:
            return streams.Answer(token=token, key=answer.deleted)
