"""`service SyncSessions`: convert, call, answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

from cstudio_api.v1 import sync_sessions_pb2 as pb
from cstudio_api.v1 import sync_sessions_pb2_grpc
from cstudio_sync import paths
from google.protobuf.empty_pb2 import Empty

from cstudiod.rpc import answers, requests
from cstudiod.rpc.names import session_id, session_name
from cstudiod.rpc.paging import DEFAULT_PATHS, page, page_by_path
from cstudiod.services.sync_sessions import SyncSessions

T = TypeVar("T")


class SyncSessionsServicer(sync_sessions_pb2_grpc.SyncSessionsServicer):
    """Sync sessions as resources, and their verbs."""

    def __init__(self, sessions: SyncSessions) -> None:
        """Serve `sessions`."""
        self._sessions = sessions

    async def CreateSyncSession(
        self, request: pb.CreateSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Make a session."""
        spec = requests.spec(request)
        return answers.session(
            await self._sessions.create(spec, validate_only=request.validate_only)
        )

    async def GetSyncSession(
        self, request: pb.GetSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Return one session."""
        return answers.session(self._sessions.get(session_id(request.name)))

    async def ListSyncSessions(
        self, request: pb.ListSyncSessionsRequest, context: Any
    ) -> pb.ListSyncSessionsResponse:
        """Return a page of sessions."""
        items, token = page(self._sessions.all(), request.page_size, request.page_token)
        shown = [answers.session(one) for one in items]
        return pb.ListSyncSessionsResponse(sync_sessions=shown, next_page_token=token)

    async def UpdateSyncSession(
        self, request: pb.UpdateSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Change what was asked for."""
        asked, mask = request.sync_session, set(request.update_mask.paths)
        requests.check_mask(mask)
        name = session_id(asked.name)
        now = self._sessions.get(name).spec.exclusions
        updated = await self._sessions.update(
            name,
            exclusions_=requests.updated_exclusions(request, now),
            mode=requests.mode(asked.mode) if "mode" in mask else None,
            labels=requests.labels(asked.labels) if "labels" in mask else None,
            etag=asked.etag,
            validate_only=request.validate_only,
        )
        return answers.session(updated)

    async def DeleteSyncSession(self, request: pb.DeleteSyncSessionRequest, context: Any) -> Empty:
        """End a session and forget it."""
        name = session_id(request.name)
        await self._sessions.delete(name, request.etag, validate_only=request.validate_only)
        return Empty()

    async def WatchSyncSessions(
        self, request: pb.WatchSyncSessionsRequest, context: Any
    ) -> AsyncIterator[pb.WatchSyncSessionsResponse]:
        """Yield everything, then `synced`, then changes."""
        name = session_id(request.name) if request.name else ""
        async for change in self._sessions.watch(name, request.resume_token):
            message = pb.WatchSyncSessionsResponse(resume_token=change.token)
            if change.upserted is not None:
                message.upserted.CopyFrom(answers.session(change.upserted))
            elif change.deleted:
                message.deleted = session_name(change.deleted)
            else:
                message.synced.SetInParent()
            yield message

    async def PauseSyncSession(
        self, request: pb.PauseSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Stop syncing until resumed."""
        name = session_id(request.name)
        return answers.session(
            await self._sessions.pause(name, request.etag, validate_only=request.validate_only)
        )

    async def ResumeSyncSession(
        self, request: pb.ResumeSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Go on."""
        name = session_id(request.name)
        return answers.session(
            await self._sessions.resume(name, request.etag, validate_only=request.validate_only)
        )

    async def FlushSyncSession(
        self, request: pb.FlushSyncSessionRequest, context: Any
    ) -> pb.FlushSyncSessionResponse:
        """Return when everything written before the call is on the other side."""
        name = session_id(request.name)
        result = await self._sessions.flush(name, request.timeout.ToNanoseconds() / 1e9)
        return answers.flushed(result, self._sessions.get(name))

    async def PlanSyncSession(
        self, request: pb.PlanSyncSessionRequest, context: Any
    ) -> pb.PlanSyncSessionResponse:
        """Return what would be done, page by page."""
        name = session_id(request.name)
        changes = await self._sessions.plan(name, requests.work(request.work))
        items, token = _paths(changes, request)
        return pb.PlanSyncSessionResponse(
            changes=[answers.planned(one) for one in items],
            next_page_token=token,
            total_size=len(changes),
        )

    async def PushSyncSession(
        self, request: pb.PushSyncSessionRequest, context: Any
    ) -> pb.SyncPlan:
        """Make the remote side what the local one is."""
        name = session_id(request.name)
        return answers.plan(
            await self._sessions.push(name, request.etag, validate_only=request.validate_only)
        )

    async def PullSyncSession(
        self, request: pb.PullSyncSessionRequest, context: Any
    ) -> pb.SyncPlan:
        """Make the local side what the remote one is."""
        name = session_id(request.name)
        return answers.plan(
            await self._sessions.pull(name, request.etag, validate_only=request.validate_only)
        )

    async def ResetSyncSession(
        self, request: pb.ResetSyncSessionRequest, context: Any
    ) -> pb.SyncPlan:
        """Forget what was agreed about everything that differs."""
        name = session_id(request.name)
        return answers.plan(
            await self._sessions.reset(name, request.etag, validate_only=request.validate_only)
        )

    async def AcceptSyncSession(
        self, request: pb.AcceptSyncSessionRequest, context: Any
    ) -> pb.SyncSession:
        """Let a halted session go on."""
        name = session_id(request.name)
        return answers.session(
            await self._sessions.accept(name, request.etag, validate_only=request.validate_only)
        )

    async def ListSyncConflicts(
        self, request: pb.ListSyncConflictsRequest, context: Any
    ) -> pb.ListSyncConflictsResponse:
        """Return a page of conflicts."""
        found = self._sessions.conflicts(session_id(request.parent))
        wanted = request.contains.casefold()
        if wanted:
            found = [one for one in found if wanted in paths.display(one.path).casefold()]
        items, token = page_by_path(found, request.page_size, request.page_token)
        shown = [answers.conflict(one) for one in items]
        return pb.ListSyncConflictsResponse(
            conflicts=shown, next_page_token=token, total_size=len(found)
        )

    async def ReadSyncConflict(
        self, request: pb.ReadSyncConflictRequest, context: Any
    ) -> pb.ReadSyncConflictResponse:
        """Return what both sides have at a path in conflict."""
        found, local, remote = await self._sessions.read_conflict(
            session_id(request.parent), requests.raw_path(request.path)
        )
        return pb.ReadSyncConflictResponse(
            conflict=answers.conflict(found),
            local=answers.content(local),
            remote=answers.content(remote),
        )

    async def ResolveSyncConflicts(
        self, request: pb.ResolveSyncConflictsRequest, context: Any
    ) -> pb.ResolveSyncConflictsResponse:
        """Settle conflicts."""
        count = await self._sessions.resolve(
            session_id(request.parent),
            [requests.raw_path(path) for path in request.paths],
            list(request.globs),
            requests.keep(request.keep),
            validate_only=request.validate_only,
        )
        return pb.ResolveSyncConflictsResponse(resolved_count=count)

    async def ListSyncProblems(
        self, request: pb.ListSyncProblemsRequest, context: Any
    ) -> pb.ListSyncProblemsResponse:
        """Return a page of problems."""
        found = self._sessions.problems(session_id(request.parent))
        items, token = _paths(found, request)
        shown = [answers.problem(one) for one in items]
        return pb.ListSyncProblemsResponse(problems=shown, next_page_token=token)

    async def ExplainSyncPath(
        self, request: pb.ExplainSyncPathRequest, context: Any
    ) -> pb.ExplainSyncPathResponse:
        """Say why a path is, or is not, in step."""
        path = requests.raw_path(request.path)
        return answers.explanation(await self._sessions.explain(session_id(request.parent), path))

    async def ListSyncTrash(
        self, request: pb.ListSyncTrashRequest, context: Any
    ) -> pb.ListSyncTrashResponse:
        """Return a page of what was kept aside."""
        found = self._sessions.trash(session_id(request.parent))
        items, token = _paths(found, request)
        shown = [answers.kept(one) for one in items]
        return pb.ListSyncTrashResponse(items=shown, next_page_token=token)

    async def RestoreSyncTrash(
        self, request: pb.RestoreSyncTrashRequest, context: Any
    ) -> pb.SyncTrashItem:
        """Bring something back."""
        path = requests.raw_path(request.path) if request.HasField("path") else None
        found = await self._sessions.restore(
            session_id(request.parent),
            id=request.id,
            path=path,
            validate_only=request.validate_only,
        )
        return answers.kept(found) if found is not None else pb.SyncTrashItem()


def _paths(items: Sequence[T], request: Any) -> tuple[Sequence[T], str]:
    return page(items, request.page_size, request.page_token, default=DEFAULT_PATHS)
