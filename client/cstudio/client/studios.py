"""Studios: created, started, stopped, observed and entered.

A studio is named by its name, and by its project too where two projects have one
of that name.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import studios_pb2 as pb
from cstudio_api.v1 import studios_pb2_grpc

from cstudio import errors
from cstudio.client import forwarding, watching
from cstudio.client.calls import COPYING_SECONDS, LOOKING_SECONDS, call, duration, pages, stream
from cstudio.client.watching import StudioEvent

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2_grpc import StudiosAsyncStub

PAGE = 500
PATIENCE_SECONDS = 15.0

Take = Callable[[bytes], object]


class Studios:
    """Calls of the service `Studios`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: StudiosAsyncStub = studios_pb2_grpc.StudiosStub(channel)  # type: ignore[assignment] # one class, two types

    async def create(
        self,
        name: str,
        project: str,
        template: str,
        *,
        runtime: str = "",
        configuration: str = "",
        dry_run: bool = False,
    ) -> pb.Studio:
        """Create a studio, and put its starter files into the zones.

        `runtime` is `local`, `docker` or `kubernetes`; empty: the template's, or the
        daemon's default. `configuration` names a container configuration.
        """
        request = pb.CreateStudioRequest(
            name=name,
            project=project,
            template=template,
            runtime=runtime,
            configuration=configuration,
            validate_only=dry_run,
        )
        return await call(self._stub.CreateStudio, request, LOOKING_SECONDS)

    async def get(self, name: str, project: str = "") -> pb.Studio:
        """Return one studio.

        Raises:
            NotFoundError: there is none.
            UsageError: several projects have one of that name (`AMBIGUOUS_NAME`).
        """
        return await call(self._stub.GetStudio, pb.GetStudioRequest(name=name, project=project))

    async def list(self, project: str = "") -> builtins.list[pb.Studio]:
        """Return studios, of one project or of all, by project and name."""
        request = pb.ListStudiosRequest(project=project, page_size=PAGE)
        return await pages(self._stub.ListStudios, request, lambda page: page.studios)

    async def delete(
        self,
        name: str,
        project: str = "",
        *,
        with_files: bool = False,
        with_image: bool = False,
        discard: bool = False,
        dry_run: bool = False,
    ) -> None:
        """End a studio and forget it; its zones stay, unless `with_files`."""
        request = pb.DeleteStudioRequest(
            name=name,
            project=project,
            with_files=with_files,
            with_image=with_image,
            discard=discard,
            validate_only=dry_run,
        )
        await call(self._stub.DeleteStudio, request, COPYING_SECONDS)

    async def start(self, name: str, project: str = "", *, debug: bool = False) -> pb.Studio:
        """Begin to start a studio; `watch` tells how it goes on.

        With `debug` what fails is kept up for a look.
        """
        request = pb.StartStudioRequest(name=name, project=project, debug=debug)
        return await call(self._stub.StartStudio, request, LOOKING_SECONDS)

    async def stop(self, name: str, project: str = "", *, discard: bool = False) -> pb.Studio:
        """Begin to stop a studio: what was written inside is copied back first.

        Raises:
            StateError: it cannot be copied back (`UNSYNCED`), and not `discard`.
        """
        request = pb.StopStudioRequest(name=name, project=project, discard=discard)
        return await call(self._stub.StopStudio, request, COPYING_SECONDS)

    async def restart(self, name: str, project: str = "", *, discard: bool = False) -> pb.Studio:
        """Stop and start, with the template as it is now."""
        request = pb.RestartStudioRequest(name=name, project=project, discard=discard)
        return await call(self._stub.RestartStudio, request, COPYING_SECONDS)

    async def change_owner(self, name: str, owner: str, project: str = "") -> pb.Studio:
        """Give a studio to somebody else, named by login."""
        request = pb.ChangeStudioOwnerRequest(name=name, project=project, owner=owner)
        return await call(self._stub.ChangeStudioOwner, request)

    async def keep_alive(
        self, name: str, project: str = "", *, seconds: float | None = None
    ) -> pb.Studio:
        """Put an idle stop off, for so long or once more the idle time."""
        request = pb.KeepStudioAliveRequest(name=name, project=project)
        if seconds is not None:
            request.time.CopyFrom(duration(seconds))
        return await call(self._stub.KeepStudioAlive, request)

    def watch(
        self, name: str = "", project: str = "", *, patience_seconds: float = PATIENCE_SECONDS
    ) -> AsyncIterator[StudioEvent]:
        """Follow one studio, a project's, or all: everything, then `Synced`, then changes.

        Goes on by itself when the daemon is restarted.
        """
        return watching.follow_studios(self._stub, name, project, patience_seconds)

    async def logs(
        self,
        name: str,
        project: str = "",
        *,
        follow: bool = False,
        lines: int = 0,
        previous: bool = False,
        contains: str = "",
    ) -> AsyncGenerator[bytes, None]:
        """Yield what the programs of a studio say, in pieces that are not cut at lines.

        With `contains` only lines that have that text in them, in any case, and whole ones.
        """
        request = pb.ReadStudioLogsRequest(
            name=name,
            project=project,
            follow=follow,
            lines=lines,
            previous=previous,
            contains=contains,
        )
        async for answer in stream(self._stub.ReadStudioLogs, request):
            yield answer.data

    async def push(
        self, name: str, project: str = "", *, zones: Sequence[str] = (), dry_run: bool = False
    ) -> pb.StudioPlan:
        """Make the studio's zones like the server's, once."""
        request = pb.PushStudioRequest(
            name=name, project=project, zones=zones, validate_only=dry_run
        )
        return await call(self._stub.PushStudio, request, COPYING_SECONDS)

    async def pull(
        self, name: str, project: str = "", *, zones: Sequence[str] = (), dry_run: bool = False
    ) -> pb.StudioPlan:
        """Make the server's zones like the studio's, once."""
        request = pb.PullStudioRequest(
            name=name, project=project, zones=zones, validate_only=dry_run
        )
        return await call(self._stub.PullStudio, request, COPYING_SECONDS)

    async def reset(
        self, name: str, project: str = "", *, zones: Sequence[str] = (), dry_run: bool = False
    ) -> pb.StudioPlan:
        """Make the studio's zones like the server's, and forget what differed."""
        request = pb.ResetStudioRequest(
            name=name, project=project, zones=zones, validate_only=dry_run
        )
        return await call(self._stub.ResetStudio, request, COPYING_SECONDS)

    async def execute(
        self,
        name: str,
        command: Sequence[str],
        project: str = "",
        *,
        folder: str = "",
        stdin: AsyncIterator[bytes] | None = None,
        stdout: Take,
        stderr: Take,
    ) -> int:
        """Run a command in a studio; return its exit status.

        Cancelling the call ends the command. `stdout` and `stderr` are called with
        what comes, as it comes.

        Raises:
            StateError: the studio does not run (`STUDIO_NOT_RUNNING`).
        """
        start = pb.ExecuteInStudioRequest.Start(
            name=name, project=project, command=command, folder=folder
        )
        started = asyncio.Event()
        running = self._stub.ExecuteInStudio(_said(start, started, stdin))
        try:
            async for answer in running:
                match answer.WhichOneof("message"):
                    case "started":
                        started.set()
                    case "stdout":
                        stdout(answer.stdout)
                    case "stderr":
                        stderr(answer.stderr)
                    case "exit_status":
                        return answer.exit_status
        except grpc.aio.AioRpcError as error:
            raise errors.from_call(error) from error
        finally:
            running.cancel()
        raise errors.TargetError(
            "the connection to the command was lost before it ended", reason="CONNECTION_LOST"
        )

    async def forward(
        self,
        name: str,
        port: int,
        project: str = "",
        *,
        local_port: int | None = None,
        on_ready: Callable[[int], object],
        on_trouble: Callable[[errors.CstudioError], object],
    ) -> None:
        """Give a port of a studio, exposed or not, a port of this machine, until cancelled.

        `local_port` is where, 0: anywhere, None: at the same number if that is free;
        `on_ready` is told where it is. `on_trouble` is told why a connection failed.

        Raises:
            StateError: the studio does not run (`STUDIO_NOT_RUNNING`), or the local port is
                taken (`WRONG_STATE`).
        """
        start = pb.ForwardStudioPortRequest.Start(name=name, project=project, port=port)
        await forwarding.listen(self._stub, start, local_port, on_ready, on_trouble)


async def _said(
    start: pb.ExecuteInStudioRequest.Start,
    started: asyncio.Event,
    stdin: AsyncIterator[bytes] | None,
) -> AsyncIterator[pb.ExecuteInStudioRequest]:
    """Yield the command; once it runs, what is written to its stdin, then its end."""
    yield pb.ExecuteInStudioRequest(start=start)
    await started.wait()
    if stdin is not None:
        async for data in stdin:
            yield pb.ExecuteInStudioRequest(stdin=data)
    yield pb.ExecuteInStudioRequest(end=True)
