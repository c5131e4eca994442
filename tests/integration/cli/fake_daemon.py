"""A daemon that does what a test says, behind a real socket.

It keeps sessions in memory and moves no file. What it answers and refuses are
the contract's own messages, so that the command line cannot tell the difference.
"""

from __future__ import annotations

import concurrent.futures
import os
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cstudio.connect
import grpc
from cstudio_api.v1 import (
    actions_pb2_grpc,
    daemon_pb2,
    daemon_pb2_grpc,
    keys_pb2,
    keys_pb2_grpc,
    paths_pb2,
    studios_pb2_grpc,
    sync_sessions_pb2_grpc,
    templates_pb2_grpc,
    zones_pb2_grpc,
)
from cstudio_api.v1 import sync_sessions_pb2 as pb
from google.protobuf import empty_pb2
from google.rpc import code_pb2
from grpc_health.v1 import health, health_pb2_grpc
from integration.cli.answers import WHEN, refuse
from integration.cli.fake_studios import Actions, Studios, Zones
from integration.cli.fake_templates import Templates

PREFIX = "syncSessions/"


def path(raw: bytes, display: str) -> paths_pb2.FilePath:
    return paths_pb2.FilePath(raw=raw, display=display)


def session(name: str, **changes: Any) -> pb.SyncSession:
    """A session that is in step, but for the changes."""
    made = pb.SyncSession(
        name=PREFIX + name,
        uid=f"uid-{name}",
        local_root="/home/ada/src",
        target=pb.SyncTarget(text="deploy/api:/app", kind=pb.SyncTarget.KIND_DEPLOYMENT),
        mode=pb.SyncSession.MODE_TWO_WAY_SAFE,
        state=pb.SyncSession.STATE_WATCHING,
        files=1204,
        bytes=5_300_000,
        watch=pb.SyncWatch(local=pb.SyncWatch.METHOD_INOTIFY, remote=pb.SyncWatch.METHOD_POLL),
        endpoint=pb.SyncSession.ENDPOINT_AGENT,
        place="pod api-7c9 (container app)",
        last_synced_time=WHEN,
        create_time=WHEN,
        update_time=WHEN,
        etag="1",
    )
    made.MergeFrom(pb.SyncSession(**changes))
    return made


class Sessions(sync_sessions_pb2_grpc.SyncSessionsServicer):
    """The service of that name."""

    def __init__(self) -> None:
        self.held: dict[str, pb.SyncSession] = {}
        self.seen: list[Any] = []
        """Every request, in order."""
        self.refusals: dict[str, tuple[int, str, str, dict[str, str]]] = {}
        """What a method refuses with: code, reason, message, metadata."""
        self.conflicts: list[pb.SyncConflict] = []
        self.problems: list[pb.SyncProblem] = []
        self.trash: list[pb.SyncTrashItem] = []
        self.changes: list[pb.SyncPlannedChange] = []
        self.explanation = pb.ExplainSyncPathResponse()
        self.events: queue.Queue[pb.WatchSyncSessionsResponse | None] = queue.Queue()
        """What watches are told after `synced`; None ends the stream."""
        self.after_create: list[pb.SyncSession] = []
        """The states that a created session goes through, told to watches."""
        self.flush_in_step = True

    def keep(self, one: pb.SyncSession) -> None:
        self.held[one.name] = one

    def _note(self, method: str, request: Any, context: grpc.ServicerContext) -> None:
        self.seen.append(request)
        if method in self.refusals:
            code, reason, message, metadata = self.refusals[method]
            refuse(context, code, reason, message, **metadata)

    def _find(self, name: str, context: grpc.ServicerContext) -> pb.SyncSession:
        if name not in self.held:
            short = name.removeprefix(PREFIX)
            refuse(
                context,
                code_pb2.NOT_FOUND,
                "NOT_FOUND",
                f"there is no session `{short}`",
                name=short,
                next="cstudio sync list",
            )
        return self.held[name]

    def CreateSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("create", request, context)
        name = PREFIX + request.sync_session_id
        if name in self.held:
            refuse(
                context,
                code_pb2.ALREADY_EXISTS,
                "ALREADY_EXISTS",
                f"`{name}` is taken",
                session=request.sync_session_id,
            )
        made = session(request.sync_session_id)
        made.local_root = request.sync_session.local_root
        made.target.text = request.sync_session.target.text
        made.mode = request.sync_session.mode
        if not request.validate_only:
            self.keep(made)
        for state in self.after_create:
            self.events.put(pb.WatchSyncSessionsResponse(upserted=state, resume_token="t"))
        if self.after_create:
            made.state = pb.SyncSession.STATE_CONNECTING
        return made

    def GetSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("get", request, context)
        return self._find(request.name, context)

    def ListSyncSessions(self, request: Any, context: Any) -> pb.ListSyncSessionsResponse:
        """One session a page, so that clients must page."""
        self._note("list", request, context)
        names = sorted(self.held)
        at = int(request.page_token or 0)
        more = str(at + 1) if at + 1 < len(names) else ""
        page = [self.held[name] for name in names[at : at + 1]]
        return pb.ListSyncSessionsResponse(sync_sessions=page, next_page_token=more)

    def UpdateSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("update", request, context)
        self._find(request.sync_session.name, context)
        return pb.SyncSession.FromString(request.sync_session.SerializeToString())

    def DeleteSyncSession(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._note("delete", request, context)
        self._find(request.name, context)
        if not request.validate_only:
            del self.held[request.name]
        return empty_pb2.Empty()

    def WatchSyncSessions(
        self, request: Any, context: Any
    ) -> Iterator[pb.WatchSyncSessionsResponse]:
        self._note("watch", request, context)
        if request.name:
            self._find(request.name, context)
        for name in sorted(self.held):
            if request.name in ("", name):
                yield pb.WatchSyncSessionsResponse(upserted=self.held[name], resume_token="t")
        yield pb.WatchSyncSessionsResponse(
            synced=pb.WatchSyncSessionsResponse.Synced(), resume_token="t"
        )
        while context.is_active():
            try:
                event = self.events.get(timeout=0.05)
            except queue.Empty:
                continue
            if event is None:
                return
            yield event

    def PauseSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("pause", request, context)
        found = self._find(request.name, context)
        if not request.validate_only:
            found.state = pb.SyncSession.STATE_PAUSED
        return found

    def ResumeSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("resume", request, context)
        found = self._find(request.name, context)
        if not request.validate_only:
            found.state = pb.SyncSession.STATE_WATCHING
        return found

    def FlushSyncSession(self, request: Any, context: Any) -> pb.FlushSyncSessionResponse:
        self._note("flush", request, context)
        found = self._find(request.name, context)
        return pb.FlushSyncSessionResponse(
            in_step=self.flush_in_step,
            conflict_count=len(self.conflicts),
            problem_count=len(self.problems),
            sync_session=found,
        )

    def PlanSyncSession(self, request: Any, context: Any) -> pb.PlanSyncSessionResponse:
        self._note("plan", request, context)
        self._find(request.name, context)
        return pb.PlanSyncSessionResponse(changes=self.changes, total_size=len(self.changes))

    def _shot(self, method: str, request: Any, context: Any) -> pb.SyncPlan:
        self._note(method, request, context)
        self._find(request.name, context)
        return pb.SyncPlan(changes=self.changes)

    def PushSyncSession(self, request: Any, context: Any) -> pb.SyncPlan:
        return self._shot("push", request, context)

    def PullSyncSession(self, request: Any, context: Any) -> pb.SyncPlan:
        return self._shot("pull", request, context)

    def ResetSyncSession(self, request: Any, context: Any) -> pb.SyncPlan:
        return self._shot("reset", request, context)

    def AcceptSyncSession(self, request: Any, context: Any) -> pb.SyncSession:
        self._note("accept", request, context)
        return self._find(request.name, context)

    def ListSyncConflicts(self, request: Any, context: Any) -> pb.ListSyncConflictsResponse:
        self._note("conflicts", request, context)
        self._find(request.parent, context)
        return pb.ListSyncConflictsResponse(conflicts=self.conflicts)

    def ResolveSyncConflicts(self, request: Any, context: Any) -> pb.ResolveSyncConflictsResponse:
        self._note("resolve", request, context)
        self._find(request.parent, context)
        return pb.ResolveSyncConflictsResponse(resolved_count=len(self.conflicts))

    def ListSyncProblems(self, request: Any, context: Any) -> pb.ListSyncProblemsResponse:
        self._note("problems", request, context)
        self._find(request.parent, context)
        return pb.ListSyncProblemsResponse(problems=self.problems)

    def ExplainSyncPath(self, request: Any, context: Any) -> pb.ExplainSyncPathResponse:
        self._note("explain", request, context)
        self._find(request.parent, context)
        return self.explanation

    def ListSyncTrash(self, request: Any, context: Any) -> pb.ListSyncTrashResponse:
        self._note("trash", request, context)
        self._find(request.parent, context)
        return pb.ListSyncTrashResponse(items=self.trash)

    def RestoreSyncTrash(self, request: Any, context: Any) -> pb.SyncTrashItem:
        self._note("restore", request, context)
        if request.WhichOneof("item") is None:
            return pb.SyncTrashItem()
        wanted, path = request.id, request.path.raw
        found = [one for one in self.trash if wanted == one.id or (path and path == one.path.raw)]
        if not found:
            said = "the trash has no such item"
            refuse(context, code_pb2.NOT_FOUND, "TRASH_ITEM_NOT_FOUND", said)
        return found[0]


class Keys(keys_pb2_grpc.KeysServicer):
    """The service of that name, as far as links go."""

    def CreateSignInLink(self, request: Any, context: Any) -> keys_pb2.SignInLink:
        return keys_pb2.SignInLink(url=f"http://localhost:7000/sign-in?to={request.path}#secret")


class Daemon(daemon_pb2_grpc.DaemonServicer):
    """The service of that name."""

    def __init__(self, socket: Path) -> None:
        self.info = daemon_pb2.DaemonInfo(
            version=cstudio.connect.version(),
            pid=os.getpid(),
            start_time=WHEN,
            state_folder=str(socket.parent),
            socket=str(socket),
            runtimes=[
                daemon_pb2.Runtime(name="local", available=True),
                daemon_pb2.Runtime(name="docker", reason="not installed", next="install Docker"),
            ],
        )
        self.checks = [
            daemon_pb2.Check(
                name="docker",
                status=daemon_pb2.Check.STATUS_WARN,
                detail="Docker is not installed",
                next="install Docker, when you need it",
            )
        ]

    def GetDaemonInfo(self, request: Any, context: Any) -> daemon_pb2.DaemonInfo:
        return self.info

    def ListChecks(self, request: Any, context: Any) -> daemon_pb2.ListChecksResponse:
        return daemon_pb2.ListChecksResponse(checks=self.checks)

    def ShutDownDaemon(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


class FakeDaemon:
    """All services on a socket."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.sessions = Sessions()
        self.templates = Templates()
        self.studios = Studios()
        self.actions = Actions(self.studios)
        self.zones = Zones()
        self.daemon = Daemon(socket)
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        sync_sessions_pb2_grpc.add_SyncSessionsServicer_to_server(self.sessions, self._server)
        templates_pb2_grpc.add_TemplatesServicer_to_server(self.templates, self._server)
        studios_pb2_grpc.add_StudiosServicer_to_server(self.studios, self._server)
        actions_pb2_grpc.add_ActionsServicer_to_server(self.actions, self._server)
        zones_pb2_grpc.add_ZonesServicer_to_server(self.zones, self._server)
        keys_pb2_grpc.add_KeysServicer_to_server(Keys(), self._server)
        daemon_pb2_grpc.add_DaemonServicer_to_server(self.daemon, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), self._server)
        self._server.add_insecure_port(f"unix:{socket}")

    def __enter__(self) -> FakeDaemon:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0.1).wait()
