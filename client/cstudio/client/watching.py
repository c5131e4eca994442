"""A watch that survives a broken stream and a restart of the daemon.

What comes in: streams of the contract, each with tokens to go on from. What
goes out: one unbroken sequence of events, in which a session that vanished while
nobody was looking is deleted like any other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import sync_sessions_pb2 as pb

from cstudio import errors
from cstudio.client import naming

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2_grpc import SyncSessionsAsyncStub

RETRY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A session as it is now: new to this reader, or changed."""

    session: pb.SyncSession


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A session is gone."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Synced:
    """Everything that was there at the start has arrived; comes once."""


Event = Changed | Deleted | Synced


@dataclass
class _Reader:
    """What has been seen so far."""

    name: str
    token: str = ""
    known: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    """Seen since the stream began anew."""
    synced: bool = False

    def begin(self) -> pb.WatchSyncSessionsRequest:
        """Return the request for the next stream."""
        self.fresh = set(self.known) if self.token else set()
        return pb.WatchSyncSessionsRequest(name=self.name, resume_token=self.token)

    def read(self, answer: pb.WatchSyncSessionsResponse) -> list[Event]:
        """Take one answer; return what it means for whoever reads us."""
        self.token = answer.resume_token
        match answer.WhichOneof("event"):
            case "upserted":
                self.known.add(answer.upserted.name)
                self.fresh.add(answer.upserted.name)
                return [Changed(session=answer.upserted)]
            case "deleted":
                return self._forget({answer.deleted})
            case "synced":
                return self._synced()
        return []

    def _forget(self, names: set[str]) -> list[Event]:
        gone = sorted(names & self.known)
        self.known -= names
        return [Deleted(name=naming.short(name)) for name in gone]

    def _synced(self) -> list[Event]:
        events = self._forget(self.known - self.fresh)
        if not self.synced:
            events.append(Synced())
        self.synced = True
        return events


async def follow(
    stub: SyncSessionsAsyncStub, name: str, patience_seconds: float
) -> AsyncIterator[Event]:
    """Yield events for ever; goes on after breaks of up to `patience_seconds`.

    Raises:
        CstudioError: no such session, or nobody answers any more.
    """
    reader = _Reader(naming.resource(name) if name else "")
    last_answer = time.monotonic()
    while True:
        try:
            async for answer in stub.WatchSyncSessions(reader.begin()):
                last_answer = time.monotonic()
                for event in reader.read(answer):
                    yield event
        except grpc.aio.AioRpcError as error:
            _go_on_or_raise(errors.from_call(error), reader, last_answer + patience_seconds)
        else:
            if time.monotonic() > last_answer + max(patience_seconds, RETRY_SECONDS):
                raise errors.UnreachableError("the daemon has ended", reason="SHUTTING_DOWN")
        await asyncio.sleep(RETRY_SECONDS)


def _go_on_or_raise(error: errors.CstudioError, reader: _Reader, deadline: float) -> None:
    if error.reason == "RESUME_TOKEN_EXPIRED" and reader.token:
        reader.token = ""
    elif not isinstance(error, errors.UnreachableError) or time.monotonic() > deadline:
        raise error
