"""The services `Studios`, `Actions` and `Zones`, in memory; commands run on this machine."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import grpc
from cstudio_api.v1 import (
    actions_pb2,
    actions_pb2_grpc,
    studios_pb2_grpc,
    zones_pb2,
    zones_pb2_grpc,
)
from cstudio_api.v1 import studios_pb2 as pb
from google.protobuf import empty_pb2
from google.rpc import code_pb2
from integration.cli.answers import WHEN, Refusal, refuse

RUNNING = pb.Studio.STATE_RUNNING
STARTING = pb.Studio.STATE_STARTING
STOPPING = pb.Studio.STATE_STOPPING
STOPPED = pb.Studio.STATE_STOPPED


def studio(name: str, project: str = "DEMO", state: int = RUNNING, **changes: Any) -> pb.Studio:
    """A studio that runs, but for the changes."""
    made = pb.Studio(
        name=name,
        uid=f"uid-{project}-{name}",
        project=project,
        owner="ada",
        template="lab",
        runtime="local",
        state=state,  # type: ignore[arg-type] # an enum is a number
        ports=[
            pb.StudioPort(port=9000, label="API", url="http://127.0.0.1:7000/s/9000/"),
            pb.StudioPort(port=8888, label="Lab", html=True, url="http://127.0.0.1:7000/s/8888/"),
        ],
        zones=[
            pb.StudioZone(
                zone="code_studio_versioned",
                local="/zones/DEMO/lab",
                remote="/home/dataiku/workspace/app",
                session=f"{name}-code" if state == RUNNING else "",
                state="watching" if state == RUNNING else "",
            ),
            pb.StudioZone(
                zone="project_lib_versioned",
                local="/zones/DEMO/lib",
                remote="/home/dataiku/workspace/project-lib-versioned",
                one_way=True,
                session=f"{name}-lib" if state == RUNNING else "",
                state="watching" if state == RUNNING else "",
            ),
        ],
        state_time=WHEN,
        create_time=WHEN,
        etag="1",
    )
    made.MergeFrom(pb.Studio(**changes))
    return made


class Studios(studios_pb2_grpc.StudiosServicer):
    """The service of that name."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], pb.Studio] = {}
        self.seen: list[Any] = []
        """Every request, in order."""
        self.refusals: dict[str, Refusal] = {}
        self.after: list[pb.Studio] = []
        """The states that a studio goes through once it is started or stopped."""
        self.events: queue.Queue[pb.WatchStudiosResponse] = queue.Queue()
        self.changes: list[pb.StudioPlan.Change] = []
        self.output = b""
        self.ended = threading.Event()
        """Set when the caller of a command went away, and the command was ended."""

    def keep(self, one: pb.Studio) -> None:
        self.held[one.project, one.name] = one

    def note(self, method: str, request: Any, context: Any) -> None:
        self.seen.append(request)
        if method in self.refusals:
            code, reason, message, metadata = self.refusals[method]
            refuse(context, code, reason, message, **metadata)

    def find(self, name: str, project: str, context: Any) -> pb.Studio:
        """Find one as the contract says: by project too, where two have the name."""
        found = [
            one for one in self.held.values() if one.name == name and project in ("", one.project)
        ]
        if not found:
            said = f"there is no studio `{name}`"
            refuse(context, code_pb2.NOT_FOUND, "NOT_FOUND", said, next="cstudio studio list")
        if len(found) > 1:
            projects = " and ".join(sorted(one.project for one in found))
            refuse(
                context,
                code_pb2.INVALID_ARGUMENT,
                "AMBIGUOUS_NAME",
                f"the projects {projects} have a studio `{name}`",
                next="add --project KEY",
                projects=projects,
            )
        return found[0]

    def CreateStudio(self, request: Any, context: Any) -> pb.Studio:
        self.note("create", request, context)
        made = studio(request.name, request.project, STOPPED)
        made.template = request.template
        made.runtime = request.runtime or "local"
        if not request.validate_only:
            self.keep(made)
        return made

    def GetStudio(self, request: Any, context: Any) -> pb.Studio:
        self.note("get", request, context)
        return self.find(request.name, request.project, context)

    def ListStudios(self, request: Any, context: Any) -> pb.ListStudiosResponse:
        """One a page, so that clients must page."""
        self.note("list", request, context)
        keys = [key for key in sorted(self.held) if request.project in ("", key[0])]
        at = int(request.page_token or 0)
        return pb.ListStudiosResponse(
            studios=[self.held[key] for key in keys[at : at + 1]],
            next_page_token=str(at + 1) if at + 1 < len(keys) else "",
        )

    def DeleteStudio(self, request: Any, context: Any) -> empty_pb2.Empty:
        self.note("delete", request, context)
        found = self.find(request.name, request.project, context)
        if not request.validate_only:
            del self.held[found.project, found.name]
        return empty_pb2.Empty()

    def _begin(self, method: str, request: Any, context: Any, state: int) -> pb.Studio:
        self.note(method, request, context)
        found = self.find(request.name, request.project, context)
        begun = studio(found.name, found.project, state)
        begun.ClearField("reason")
        self.keep(begun)
        for one in self.after:
            self.keep(one)
            self.events.put(pb.WatchStudiosResponse(studio=one, resume_token="t"))
        return begun

    def StartStudio(self, request: Any, context: Any) -> pb.Studio:
        if self.held.get(("DEMO", request.name), pb.Studio()).state == RUNNING:
            self.note("start", request, context)
            return self.find(request.name, request.project, context)
        return self._begin("start", request, context, STARTING)

    def StopStudio(self, request: Any, context: Any) -> pb.Studio:
        if request.discard:
            self.refusals.pop("stop", None)
        return self._begin("stop", request, context, STOPPING)

    def RestartStudio(self, request: Any, context: Any) -> pb.Studio:
        return self._begin("restart", request, context, STOPPING)

    def ChangeStudioOwner(self, request: Any, context: Any) -> pb.Studio:
        self.note("change owner", request, context)
        found = self.find(request.name, request.project, context)
        found.owner = request.owner
        return found

    def KeepStudioAlive(self, request: Any, context: Any) -> pb.Studio:
        self.note("keep alive", request, context)
        return self.find(request.name, request.project, context)

    def WatchStudios(self, request: Any, context: Any) -> Iterator[pb.WatchStudiosResponse]:
        self.note("watch", request, context)
        if request.name:
            self.find(request.name, request.project, context)
        if self.events.empty():
            for one in list(self.held.values()):
                if request.name in ("", one.name) and request.project in ("", one.project):
                    yield pb.WatchStudiosResponse(studio=one, resume_token="t")
        yield pb.WatchStudiosResponse(synced=True, resume_token="t")
        while context.is_active():
            with contextlib.suppress(queue.Empty):
                yield self.events.get(timeout=0.05)

    def ReadStudioLogs(self, request: Any, context: Any) -> Iterator[pb.ReadStudioLogsResponse]:
        self.note("logs", request, context)
        self.find(request.name, request.project, context)
        for at in range(0, len(self.output), 7):
            yield pb.ReadStudioLogsResponse(data=self.output[at : at + 7])

    def _shot(self, method: str, request: Any, context: Any) -> pb.StudioPlan:
        self.note(method, request, context)
        self.find(request.name, request.project, context)
        return pb.StudioPlan(changes=self.changes)

    def PushStudio(self, request: Any, context: Any) -> pb.StudioPlan:
        return self._shot("push", request, context)

    def PullStudio(self, request: Any, context: Any) -> pb.StudioPlan:
        return self._shot("pull", request, context)

    def ResetStudio(self, request: Any, context: Any) -> pb.StudioPlan:
        return self._shot("reset", request, context)

    def ExecuteInStudio(self, requests: Any, context: Any) -> Iterator[pb.ExecuteInStudioResponse]:
        """Run the command; stdin is what comes until `end`."""
        start = next(requests).start
        self.note("exec", start, context)
        self.find(start.name, start.project, context)
        process = subprocess.Popen(
            list(start.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(lambda: self._end(process))
        yield pb.ExecuteInStudioResponse(started=True)
        feeder = threading.Thread(target=_feed, args=(process, requests), daemon=True)
        feeder.start()
        told: queue.Queue[pb.ExecuteInStudioResponse | None] = queue.Queue()
        for name in ("stdout", "stderr"):
            threading.Thread(target=_drain, args=(process, name, told), daemon=True).start()
        for _ in range(2):
            while (answer := told.get()) is not None:
                yield answer
        yield pb.ExecuteInStudioResponse(exit_status=process.wait())
        feeder.join(5)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            self.ended.set()


def _feed(process: subprocess.Popen[bytes], requests: Any) -> None:
    """Pass stdin on; read all of it, also when the command reads no more."""
    assert process.stdin is not None
    with contextlib.suppress(grpc.RpcError):  # the caller is gone
        for request in requests:
            with contextlib.suppress(OSError, ValueError):  # the command is
                if request.WhichOneof("message") == "end":
                    process.stdin.close()
                else:
                    process.stdin.write(request.stdin)
                    process.stdin.flush()


def _drain(process: subprocess.Popen[bytes], name: str, told: queue.Queue[Any]) -> None:
    with getattr(process, name) as pipe:
        while data := pipe.read1(65536):
            told.put(pb.ExecuteInStudioResponse(**{name: data}))
    told.put(None)


class Actions(actions_pb2_grpc.ActionsServicer):
    """The service of that name; what a run says and how it ends is what the test says."""

    def __init__(self, studios: Studios) -> None:
        self.studios = studios
        self.seen: list[Any] = []
        self.offered = [
            actions_pb2.Action(name="test", label="Test", command="pytest -q", wait=True)
        ]
        self.runs: dict[str, actions_pb2.ActionRun] = {}
        self.ends = actions_pb2.ActionRun(state=actions_pb2.ActionRun.STATE_ENDED)
        self.output: list[actions_pb2.FollowActionRunResponse] = []
        self.stays = False
        """The run goes on until it is cancelled."""

    def ListActions(self, request: Any, context: Any) -> actions_pb2.ListActionsResponse:
        self.studios.find(request.studio, request.project, context)
        return actions_pb2.ListActionsResponse(actions=self.offered)

    def RunAction(self, request: Any, context: Any) -> actions_pb2.ActionRun:
        self.seen.append(request)
        found = self.studios.find(request.studio, request.project, context)
        if request.action and request.action not in [one.name for one in self.offered]:
            said = f"`{request.studio}` has no action `{request.action}`"
            refuse(context, code_pb2.NOT_FOUND, "NOT_FOUND", said)
        run = actions_pb2.ActionRun(
            id=f"r{len(self.runs) + 1}",
            studio=found.name,
            project=found.project,
            action=request.action,
            command=request.command or ["sh", "-c", "pytest -q"],
            state=actions_pb2.ActionRun.STATE_RUNNING,
            requester="ada",
            start_time=WHEN,
        )
        self.runs[run.id] = run
        return run

    def GetActionRun(self, request: Any, context: Any) -> actions_pb2.ActionRun:
        if request.id not in self.runs:
            said = f"there is no run `{request.id}`"
            refuse(context, code_pb2.NOT_FOUND, "NOT_FOUND", said, next="cstudio action history")
        return self.runs[request.id]

    def ListActionRuns(self, request: Any, context: Any) -> actions_pb2.ListActionRunsResponse:
        found = [one for one in self.runs.values() if request.studio in ("", one.studio)]
        return actions_pb2.ListActionRunsResponse(runs=found[::-1])

    def FollowActionRun(
        self, request: Any, context: Any
    ) -> Iterator[actions_pb2.FollowActionRunResponse]:
        run = self.GetActionRun(request, context)
        yield from self.output
        while self.stays and context.is_active():
            threading.Event().wait(0.05)
        run.MergeFrom(self.ends)
        yield actions_pb2.FollowActionRunResponse(run=run)

    def CancelActionRun(self, request: Any, context: Any) -> actions_pb2.ActionRun:
        self.seen.append(request)
        run = self.GetActionRun(request, context)
        run.state = actions_pb2.ActionRun.STATE_CANCELLED
        self.stays = False
        return run


class Zones(zones_pb2_grpc.ZonesServicer):
    """The service of that name."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.held = [
            zones_pb2.Zone(
                zone="project_lib_versioned",
                scope="project",
                folder="/zones/DEMO/lib",
                exists=True,
                files=3,
                bytes=1500,
                is_versioned=True,
            ),
            zones_pb2.Zone(
                zone="user_versioned", scope="user", owner="ada", folder="/zones/users/ada"
            ),
        ]

    def ListZones(self, request: Any, context: Any) -> zones_pb2.ListZonesResponse:
        self.seen.append(request)
        return zones_pb2.ListZonesResponse(zones=self.held)
