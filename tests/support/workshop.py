"""A daemon as a real process, with templates and studios, as a program of somebody's has it.

Everything goes over its socket with the generated stubs alone, so that what is checked
shares no code with what is tested. What a test saw is in the error when it waits in vain.
"""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from cstudio_api.v1 import (
    actions_pb2,
    actions_pb2_grpc,
    studios_pb2,
    studios_pb2_grpc,
    sync_sessions_pb2,
    sync_sessions_pb2_grpc,
    templates_pb2,
    templates_pb2_grpc,
    webapps_pb2,
    webapps_pb2_grpc,
)
from support.cli import Cstudio

SECONDS = 60.0
BUILD_SECONDS = 900.0
EXAMPLES = Path(__file__).parents[2] / "client" / "examples" / "templates"
STARTING, RUNNING, STOPPED, STOPPING = (
    getattr(studios_pb2.Studio, f"STATE_{name}")
    for name in ("STARTING", "RUNNING", "STOPPED", "STOPPING")
)


class Workshop:
    """One daemon; it is killed and started again as often as a test likes."""

    def __init__(self, state: Path, configuration: str = "") -> None:
        self.cstudio = Cstudio(state)
        self.state = state
        (state / "config.toml").write_text(configuration)
        self._channel: grpc.Channel | None = None
        self.begin()

    # -------------------------------------------------------------- the daemon

    def begin(self) -> None:
        """Start the daemon and connect."""
        self.cstudio.run("daemon", "start")
        self.connect()

    def connect(self) -> None:
        """Open a new connection: the socket is another one after a restart."""
        if self._channel is not None:
            self._channel.close()
        socket = self.cstudio.json("daemon", "status")["socket"]
        self._channel = grpc.insecure_channel(f"unix:{socket}")
        self.templates = templates_pb2_grpc.TemplatesStub(self._channel)
        self.studios = studios_pb2_grpc.StudiosStub(self._channel)
        self.actions = actions_pb2_grpc.ActionsStub(self._channel)
        self.sessions = sync_sessions_pb2_grpc.SyncSessionsStub(self._channel)
        self.webapps = webapps_pb2_grpc.WebAppsStub(self._channel)

    def kill(self) -> None:
        """End the daemon as a power cut does."""
        self.cstudio.kill_daemon()

    def killed_and_back(self) -> None:
        """End the daemon as a power cut does, and start it again."""
        self.kill()
        self.begin()

    def close(self) -> None:
        """Delete all web apps and studios, then stop the daemon."""
        with contextlib.suppress(grpc.RpcError, AssertionError):
            if not self.cstudio.daemon_pid():
                self.begin()
            for webapp in self.webapps.ListWebApps(webapps_pb2.ListWebAppsRequest()).webapps:
                self.webapps.UnpublishWebApp(webapps_pb2.UnpublishWebAppRequest(id=webapp.id))
            for studio in self.studios.ListStudios(studios_pb2.ListStudiosRequest()).studios:
                self.delete(studio.name, project=studio.project, discard=True)
        if self._channel is not None:
            self._channel.close()
        self.cstudio.close()

    # --------------------------------------------------------------- templates

    def template(self, source: str, name: str = "") -> str:
        """Keep a template, or change the one of that name; return its name."""
        if name:
            self.templates.UpdateTemplate(
                templates_pb2.UpdateTemplateRequest(name=name, source=source, file="t.yaml")
            )
            return name
        request = templates_pb2.CreateTemplateRequest(source=source, file="t.yaml")
        return str(self.templates.CreateTemplate(request).name)

    def example(self, stem: str) -> str:
        """Keep one of the templates that the READMEs show."""
        return self.template((EXAMPLES / f"{stem}.yaml").read_text("utf-8"))

    def build(self, name: str, runtime: str = "") -> Any:
        """Build to the end; fail with the log's end unless that went well."""
        build = self.templates.BuildTemplate(
            templates_pb2.BuildTemplateRequest(name=name, runtime=runtime)
        )
        said: list[str] = []
        follow = templates_pb2.FollowTemplateBuildRequest(id=build.id)
        for message in self.templates.FollowTemplateBuild(follow, timeout=BUILD_SECONDS):
            said += [line.text for line in message.lines]
            if message.HasField("build"):
                build = message.build
        assert build.state == build.STATE_SUCCEEDED, "\n".join([str(build), *said[-40:]])
        return build

    # ----------------------------------------------------------------- studios

    def create(self, name: str, template: str, *, project: str = "P", runtime: str = "") -> Any:
        """Make a studio."""
        return self.studios.CreateStudio(
            studios_pb2.CreateStudioRequest(
                name=name, project=project, template=template, runtime=runtime
            )
        )

    def show(self, name: str, project: str = "") -> Any:
        """Return a studio as it is now."""
        return self.studios.GetStudio(studios_pb2.GetStudioRequest(name=name, project=project))

    def until(self, name: str, holds: Callable[[Any], bool], seconds: float = SECONDS) -> Any:
        """Wait until a studio is as it should be, and return it."""
        end = time.monotonic() + seconds
        stages: list[str] = []
        while not holds(studio := self.show(name)):
            stage = f"{studio.State.Name(studio.state)} {studio.stage}"
            if stages[-1:] != [stage]:
                stages.append(stage)
            if time.monotonic() > end:
                raise AssertionError(f"{stages}\n{studio}\n{self.cstudio.log()[-3000:]}")
            time.sleep(0.05)
        return studio

    def start(self, name: str, seconds: float = SECONDS) -> Any:
        """Start a studio and return it when it runs; fail when the start ends otherwise."""
        self.studios.StartStudio(studios_pb2.StartStudioRequest(name=name))
        studio = self.until(name, lambda one: one.state in (RUNNING, STOPPED), seconds)
        assert studio.state == RUNNING, f"{studio}\n{self.cstudio.log()[-3000:]}"
        return studio

    def failed(self, name: str, seconds: float = SECONDS) -> Any:
        """Start a studio that cannot start, and return why."""
        self.studios.StartStudio(studios_pb2.StartStudioRequest(name=name))
        return self.until(name, lambda one: one.state == STOPPED, seconds).reason

    def stop(self, name: str, *, discard: bool = False, seconds: float = SECONDS) -> Any:
        """Stop a studio and return it when it is down, or is up because it must be."""
        self.studios.StopStudio(studios_pb2.StopStudioRequest(name=name, discard=discard))
        return self.until(
            name,
            lambda one: (
                one.state == STOPPED or (one.state == RUNNING and one.reason.code == "unsynced")
            ),
            seconds,
        )

    def delete(
        self, name: str, *, project: str = "", seconds: float = SECONDS, **how: bool
    ) -> None:
        """Delete a studio."""
        request = studios_pb2.DeleteStudioRequest(name=name, project=project, **how)
        self.studios.DeleteStudio(request, timeout=seconds)

    def zone(self, name: str, zone: str = "code_studio_versioned") -> Path:
        """Return the folder of a studio's zone on this machine."""
        return Path(next(one.local for one in self.show(name).zones if one.zone == zone))

    def session(self, name: str, zone: str = "code_studio_versioned") -> str:
        """Return the sync session of a running studio's zone."""
        return str(next(one.session for one in self.show(name).zones if one.zone == zone))

    def run_in(self, name: str, *command: str, folder: str = "") -> tuple[int, str]:
        """Run a command inside and return exit status and output."""
        request = studios_pb2.ExecuteInStudioRequest
        start = request.Start(name=name, command=command, folder=folder)
        said, status = b"", -1
        parts = iter((request(start=start), request(end=True)))
        for answer in self.studios.ExecuteInStudio(parts, timeout=SECONDS):
            said += answer.stdout + answer.stderr
            if answer.WhichOneof("message") == "exit_status":
                status = answer.exit_status
        return status, said.decode("utf-8", "replace")

    def inside(self, name: str, script: str) -> str:
        """Run a shell script inside, which must go well, and return what it printed."""
        status, said = self.run_in(name, "sh", "-c", script)
        assert status == 0, said
        return said

    def logs(self, name: str, *, lines: int = 200, previous: bool = False) -> str:
        """Return what a studio's programs said."""
        request = studios_pb2.ReadStudioLogsRequest(name=name, lines=lines, previous=previous)
        return b"".join(one.data for one in self.studios.ReadStudioLogs(request)).decode()

    def changes(self, verb: str, name: str, *zones: str, dry_run: bool = False) -> list[str]:
        """Push, pull or reset zones; return ``ZONE ACTION PATH`` for each change."""
        request = getattr(studios_pb2, f"{verb}StudioRequest")
        plan = getattr(self.studios, f"{verb}Studio")(
            request(name=name, zones=zones, validate_only=dry_run)
        )
        return sorted(f"{one.zone} {one.action} {one.path}" for one in plan.changes)

    def flush(self, session: str) -> Any:
        """Return when both sides of a session are in step."""
        return self.sessions.FlushSyncSession(
            sync_sessions_pb2.FlushSyncSessionRequest(name=f"syncSessions/{session}"),
            timeout=SECONDS,
        )

    # ----------------------------------------------------------------- actions

    def act(self, name: str, action: str = "", *command: str, seconds: int = 0) -> Any:
        """Begin a run."""
        request = actions_pb2.RunActionRequest(studio=name, action=action, command=command)
        if seconds:
            request.timeout.FromSeconds(seconds)
        return self.actions.RunAction(request)

    def followed(self, id: str) -> tuple[Any, str]:
        """Return a run at its end, and all it said."""
        said, run = b"", None
        request = actions_pb2.FollowActionRunRequest(id=id)
        for answer in self.actions.FollowActionRun(request, timeout=SECONDS):
            said += answer.stdout + answer.stderr
            run = answer.run if answer.HasField("run") else run
        return run, said.decode("utf-8", "replace")

    def ran(self, name: str, action: str = "", *command: str, seconds: int = 0) -> tuple[Any, str]:
        """Run to the end."""
        return self.followed(self.act(name, action, *command, seconds=seconds).id)


def fetched(url: str, seconds: float = 20.0) -> tuple[int, str]:
    """Return status and text of a page, after at most five redirects."""
    for _ in range(5):
        at = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=seconds)
        with contextlib.closing(connection):
            connection.request("GET", at._replace(scheme="", netloc="", fragment="").geturl())
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            if not (where := answer.getheader("Location")):
                return answer.status, text
            url = urllib.parse.urljoin(url, where)
    raise AssertionError(f"too many redirects: {url}")


def eventually(holds: Callable[[], Any], what: str = "", seconds: float = SECONDS) -> Any:
    """Return what `holds` gives as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, what or "it did not come true"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def workshop(state: Path, configuration: str = "") -> Iterator[Workshop]:
    """Run a daemon for a test, and leave nothing behind."""
    made = Workshop(state, configuration)
    try:
        yield made
    finally:
        made.close()
