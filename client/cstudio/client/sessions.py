"""Sync sessions: made, steered and observed.

A session is named by the word that people use, `api`. Paths below a root are
bytes. Everything that returns pages in the contract returns all of them here.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import paths_pb2, sync_sessions_pb2_grpc
from cstudio_api.v1 import sync_sessions_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from cstudio import errors, targets, words
from cstudio.client import naming, watching
from cstudio.client.calls import LOOKING_SECONDS, call, duration, pages
from cstudio.client.watching import Changed, Deleted, Event, Synced

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2_grpc import SyncSessionsAsyncStub

__all__ = ["Changed", "Deleted", "Event", "Exclusions", "Sessions", "Synced"]

SESSIONS_PAGE = 500
PATHS_PAGE = 5000
FLUSH_SECONDS = 60.0
FLUSH_GRACE_SECONDS = 5.0
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Exclusions:
    """What a session leaves alone."""

    patterns: Sequence[str] = ()
    """Lines as in a `.gitignore`."""
    gitignore: bool = False
    """Honour the `.gitignore` files of the local tree."""
    defaults: bool = True
    """Leave out version control, caches and editors' temporary files."""

    def message(self) -> pb.SyncExclusions:
        """Return the contract's form."""
        return pb.SyncExclusions(
            patterns=self.patterns, gitignore=self.gitignore, defaults=self.defaults
        )


class Sessions:
    """Calls of the service `SyncSessions`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: SyncSessionsAsyncStub = sync_sessions_pb2_grpc.SyncSessionsStub(channel)  # type: ignore[assignment] # one class, two types

    async def create(
        self,
        local: str,
        target: str,
        *,
        name: str = "",
        mode: str = "two-way-safe",
        exclusions: Exclusions | None = None,
        where: targets.Where | None = None,
        create_folder: bool = False,
        labels: Mapping[str, str] | None = None,
        paused: bool = False,
        dry_run: bool = False,
    ) -> pb.SyncSession:
        """Create a session and start it; the name is made from the folder's by default.

        Raises:
            UsageError: a word is off, or the name is taken.
            StateError: a root is owned by another session.
            TargetError: the target cannot be used.
        """
        session = pb.SyncSession(
            local_root=targets.absolute(local),
            target=_target(target, where or targets.Where()),
            mode=words.parse_mode(mode),
            exclusions=(exclusions or Exclusions()).message(),
            create_remote_root=create_folder,
            labels=labels,
        )
        request = pb.CreateSyncSessionRequest(
            sync_session=session,
            paused=paused,
            validate_only=dry_run,
            working_folder=targets.utf8(targets.working_folder()),
        )
        return await self._create(request, name)

    async def _create(self, request: pb.CreateSyncSessionRequest, name: str) -> pb.SyncSession:
        if name:
            request.sync_session_id = name
            return await call(self._stub.CreateSyncSession, request, LOOKING_SECONDS)
        for candidate in naming.candidates(request.sync_session.local_root):
            request.sync_session_id = candidate
            try:
                return await call(self._stub.CreateSyncSession, request, LOOKING_SECONDS)
            except errors.ExistsError as error:
                if error.metadata.get("session", candidate) != candidate:
                    raise  # a root is taken, not the name
        raise errors.ExistsError("every name for this folder is taken", hint="--name NAME")

    async def get(self, name: str) -> pb.SyncSession:
        """Return one session."""
        request = pb.GetSyncSessionRequest(name=naming.resource(name))
        return await call(self._stub.GetSyncSession, request)

    async def list(self) -> builtins.list[pb.SyncSession]:
        """Return all sessions, by name."""
        request = pb.ListSyncSessionsRequest(page_size=SESSIONS_PAGE)
        return await pages(self._stub.ListSyncSessions, request, lambda page: page.sync_sessions)

    async def update(
        self, session: pb.SyncSession, fields: Sequence[str], *, dry_run: bool = False
    ) -> pb.SyncSession:
        """Take over the named fields: `mode`, `labels`, `exclusions`, `exclusions.patterns`, …."""
        request = pb.UpdateSyncSessionRequest(
            sync_session=session, update_mask=FieldMask(paths=fields), validate_only=dry_run
        )
        return await call(self._stub.UpdateSyncSession, request)

    async def delete(self, name: str, *, dry_run: bool = False) -> None:
        """End a session and forget it; files on both sides stay."""
        request = pb.DeleteSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        await call(self._stub.DeleteSyncSession, request)

    def watch(
        self, name: str = "", *, patience_seconds: float = PATIENCE_SECONDS
    ) -> AsyncIterator[Event]:
        """Follow one session, or all: everything, then `Synced`, then what changes.

        Goes on by itself when the daemon is restarted.
        """
        return watching.follow(self._stub, name, patience_seconds)

    async def pause(self, name: str, *, dry_run: bool = False) -> pb.SyncSession:
        """Stop a session's work until it is resumed."""
        request = pb.PauseSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.PauseSyncSession, request)

    async def resume(self, name: str, *, dry_run: bool = False) -> pb.SyncSession:
        """Let a session go on; a disconnected one tries at once."""
        request = pb.ResumeSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.ResumeSyncSession, request)

    async def flush(
        self, name: str, timeout_seconds: float = FLUSH_SECONDS
    ) -> pb.FlushSyncSessionResponse:
        """Wait until everything written before the call is on the other side."""
        request = pb.FlushSyncSessionRequest(
            name=naming.resource(name), timeout=duration(timeout_seconds)
        )
        deadline = timeout_seconds + FLUSH_GRACE_SECONDS
        return await call(self._stub.FlushSyncSession, request, deadline)

    async def plan(
        self, name: str, work: pb.SyncWork = pb.SYNC_WORK_CYCLE
    ) -> builtins.list[pb.SyncPlannedChange]:
        """Tell what a cycle, a push, a pull or a reset would do now."""
        request = pb.PlanSyncSessionRequest(
            name=naming.resource(name), work=work, page_size=PATHS_PAGE
        )
        return await pages(self._stub.PlanSyncSession, request, lambda page: page.changes)

    async def push(self, name: str, *, dry_run: bool = False) -> pb.SyncPlan:
        """Make the remote side like the local one, once."""
        request = pb.PushSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.PushSyncSession, request, LOOKING_SECONDS)

    async def pull(self, name: str, *, dry_run: bool = False) -> pb.SyncPlan:
        """Make the local side like the remote one, once."""
        request = pb.PullSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.PullSyncSession, request, LOOKING_SECONDS)

    async def reset(self, name: str, *, dry_run: bool = False) -> pb.SyncPlan:
        """Forget what both sides agreed on; the next cycle compares afresh."""
        request = pb.ResetSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.ResetSyncSession, request, LOOKING_SECONDS)

    async def accept(self, name: str, *, dry_run: bool = False) -> pb.SyncSession:
        """Let a halted session do what it stopped at."""
        request = pb.AcceptSyncSessionRequest(name=naming.resource(name), validate_only=dry_run)
        return await call(self._stub.AcceptSyncSession, request)

    async def conflicts(self, name: str) -> builtins.list[pb.SyncConflict]:
        """List paths on which both sides changed differently."""
        request = pb.ListSyncConflictsRequest(parent=naming.resource(name), page_size=PATHS_PAGE)
        return await pages(self._stub.ListSyncConflicts, request, lambda page: page.conflicts)

    async def read_conflict(self, name: str, path: bytes) -> pb.ReadSyncConflictResponse:
        """Return what both sides have at a path in conflict, as far as it is short text."""
        request = pb.ReadSyncConflictRequest(
            parent=naming.resource(name), path=paths_pb2.FilePath(raw=path)
        )
        return await call(self._stub.ReadSyncConflict, request, LOOKING_SECONDS)

    async def resolve(
        self,
        name: str,
        keep: str,
        *,
        paths: Sequence[bytes] = (),
        globs: Sequence[str] = (),
        dry_run: bool = False,
    ) -> int:
        """Decide conflicts, all of them when none is named; return how many."""
        request = pb.ResolveSyncConflictsRequest(
            parent=naming.resource(name),
            paths=[paths_pb2.FilePath(raw=path) for path in paths],
            globs=globs,
            keep=words.parse_keep(keep),
            validate_only=dry_run,
        )
        return (await call(self._stub.ResolveSyncConflicts, request)).resolved_count

    async def problems(self, name: str) -> builtins.list[pb.SyncProblem]:
        """List paths that are not in step for a reason of their own."""
        request = pb.ListSyncProblemsRequest(parent=naming.resource(name), page_size=PATHS_PAGE)
        return await pages(self._stub.ListSyncProblems, request, lambda page: page.problems)

    async def explain(self, name: str, path: bytes) -> pb.ExplainSyncPathResponse:
        """Tell why a path is, or is not, in step."""
        request = pb.ExplainSyncPathRequest(
            parent=naming.resource(name), path=paths_pb2.FilePath(raw=path)
        )
        return await call(self._stub.ExplainSyncPath, request, LOOKING_SECONDS)

    async def trash(self, name: str) -> builtins.list[pb.SyncTrashItem]:
        """List what was kept aside, newest first."""
        request = pb.ListSyncTrashRequest(parent=naming.resource(name), page_size=PATHS_PAGE)
        return await pages(self._stub.ListSyncTrash, request, lambda page: page.items)

    async def restore(
        self, name: str, *, id: str = "", path: bytes = b"", dry_run: bool = False
    ) -> pb.SyncTrashItem:
        """Put something from the trash back, by its id or by where it was."""
        request = pb.RestoreSyncTrashRequest(parent=naming.resource(name), validate_only=dry_run)
        if id:
            request.id = id
        else:
            request.path.raw = path
        return await call(self._stub.RestoreSyncTrash, request, LOOKING_SECONDS)

    async def restore_deletions(self, name: str, *, dry_run: bool = False) -> None:
        """Bring back what a halted session was about to delete, and go on."""
        request = pb.RestoreSyncTrashRequest(parent=naming.resource(name), validate_only=dry_run)
        await call(self._stub.RestoreSyncTrash, request, LOOKING_SECONDS)


def _target(text: str, where: targets.Where) -> pb.SyncTarget:
    return pb.SyncTarget(
        text=targets.utf8(text),
        namespace=where.namespace,
        container=where.container,
        context=where.context,
        kubeconfig=targets.kubeconfig(where.kubeconfig),
        pod=where.pod,
        all_replicas=where.all_replicas,
    )
