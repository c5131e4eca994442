"""`service Studios`: convert, call, answers."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

from cstudio_api.v1 import studios_pb2 as pb
from cstudio_api.v1 import studios_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from cstudiod.errors import CstudioError, UsageError
from cstudiod.ports import Channel
from cstudiod.rpc import forwarding
from cstudiod.rpc import studio_answers as answers
from cstudiod.rpc.callers import caller_of
from cstudiod.rpc.paging import page
from cstudiod.services.commands import Command, Commands, checked
from cstudiod.services.studio_life import Life
from cstudiod.services.studios import Studios

_LINES = 1000
_WAITING = 64
"""Pieces of stdout that may wait for a slow caller."""
_PARTING_SECONDS = 5.0
_NO_END = (
    b"cstudio: the way into this cluster cannot tell a command that its input has ended; one that"
    b" waits for that waits for ever (Kubernetes 1.30 can, and SPDY where proxies let it through)\n"
)
"""How long a call stays open for a caller that has its exit status."""


class StudiosServicer(studios_pb2_grpc.StudiosServicer):
    """Studios as resources, and their verbs."""

    def __init__(self, studios: Studios, commands: Commands) -> None:
        """Serve `studios`; `commands` runs things in them."""
        self._studios = studios
        self._commands = commands

    def _shown(self, life: Life) -> pb.Studio:
        return answers.studio(self._studios.view(life))

    async def CreateStudio(self, request: pb.CreateStudioRequest, context: Any) -> pb.Studio:
        """Make a studio."""
        return answers.studio(
            await self._studios.create(
                caller_of(context),
                name=request.name,
                project=request.project,
                template=request.template,
                runtime=request.runtime,
                configuration=request.configuration,
                validate_only=request.validate_only,
            )
        )

    async def GetStudio(self, request: pb.GetStudioRequest, context: Any) -> pb.Studio:
        """Return one studio."""
        view = self._studios.get(caller_of(context), request.name, request.project)
        return answers.studio(view)

    async def ListStudios(
        self, request: pb.ListStudiosRequest, context: Any
    ) -> pb.ListStudiosResponse:
        """Return a page of studios."""
        found = self._studios.all(caller_of(context), request.project)
        items, token = page(found, request.page_size, request.page_token)
        return pb.ListStudiosResponse(
            studios=[answers.studio(one) for one in items], next_page_token=token
        )

    async def DeleteStudio(self, request: pb.DeleteStudioRequest, context: Any) -> Empty:
        """End a studio and forget it."""
        await self._studios.delete(
            caller_of(context),
            request.name,
            request.project,
            with_files=request.with_files,
            with_image=request.with_image,
            discard=request.discard,
            validate_only=request.validate_only,
        )
        return Empty()

    async def StartStudio(self, request: pb.StartStudioRequest, context: Any) -> pb.Studio:
        """Want a studio up."""
        caller = caller_of(context)
        return self._shown(
            self._studios.start(caller, request.name, request.project, debug=request.debug)
        )

    async def StopStudio(self, request: pb.StopStudioRequest, context: Any) -> pb.Studio:
        """Want a studio down."""
        caller = caller_of(context)
        return self._shown(
            self._studios.stop(caller, request.name, request.project, discard=request.discard)
        )

    async def RestartStudio(self, request: pb.RestartStudioRequest, context: Any) -> pb.Studio:
        """Stop and start."""
        caller = caller_of(context)
        return self._shown(
            self._studios.restart(caller, request.name, request.project, discard=request.discard)
        )

    async def ChangeStudioOwner(
        self, request: pb.ChangeStudioOwnerRequest, context: Any
    ) -> pb.Studio:
        """Give a studio to somebody else."""
        caller = caller_of(context)
        return answers.studio(
            await self._studios.change_owner(caller, request.name, request.project, request.owner)
        )

    async def KeepStudioAlive(self, request: pb.KeepStudioAliveRequest, context: Any) -> pb.Studio:
        """Put an idle stop off."""
        seconds = request.time.ToTimedelta().total_seconds() if request.HasField("time") else 0.0
        caller = caller_of(context)
        return answers.studio(
            self._studios.keep_alive(caller, request.name, request.project, seconds)
        )

    async def WatchStudios(
        self, request: pb.WatchStudiosRequest, context: Any
    ) -> AsyncIterator[pb.WatchStudiosResponse]:
        """Yield everything, then `synced`, then changes."""
        caller = caller_of(context)
        changes = self._studios.watch(caller, request.name, request.project, request.resume_token)
        async for change in changes:
            message = pb.WatchStudiosResponse(resume_token=change.token)
            if change.upserted is not None:
                message.studio.CopyFrom(answers.studio(change.upserted))
            elif change.deleted:
                message.deleted = change.deleted
            else:
                message.synced = True
            yield message

    async def ReadStudioLogs(
        self, request: pb.ReadStudioLogsRequest, context: Any
    ) -> AsyncIterator[pb.ReadStudioLogsResponse]:
        """Read what the programs of a studio say."""
        async for data in self._studios.logs(
            caller_of(context),
            request.name,
            request.project,
            follow=request.follow,
            lines=request.lines or _LINES,
            previous=request.previous,
            contains=request.contains,
        ):
            yield pb.ReadStudioLogsResponse(data=data)

    # --------------------------------------------------------- single shots

    async def PushStudio(self, request: pb.PushStudioRequest, context: Any) -> pb.StudioPlan:
        """Make the studio's zones like the server's, once."""
        return await self._once("push", request, context)

    async def PullStudio(self, request: pb.PullStudioRequest, context: Any) -> pb.StudioPlan:
        """Make the server's zones like the studio's, once."""
        return await self._once("pull", request, context)

    async def ResetStudio(self, request: pb.ResetStudioRequest, context: Any) -> pb.StudioPlan:
        """Make the studio's zones like the server's, and forget what differed."""
        return await self._once("reset", request, context)

    async def _once(self, work: str, request: Any, context: Any) -> pb.StudioPlan:
        return answers.plan(
            await self._studios.once(
                caller_of(context),
                request.name,
                request.project,
                work,
                request.zones,
                dry_run=request.validate_only,
            )
        )

    # ------------------------------------------------------------ a command

    async def ExecuteInStudio(
        self, requests: AsyncIterator[pb.ExecuteInStudioRequest], context: Any
    ) -> AsyncIterator[pb.ExecuteInStudioResponse]:
        """Run a command and join its streams with the caller's."""
        start = await _start(requests)
        life = self._studios.enter(caller_of(context), start.name, start.project)
        self._studios.must_run(life)
        command = Command(
            takes_input=True,
            id=f"x{secrets.token_hex(6)}",
            words=checked(start.command),
            folder=self._commands.folder(life, start.folder),
        )
        is_over = False
        try:
            async with self._commands.open(life, command) as channel:
                yield pb.ExecuteInStudioResponse(started=True)
                async for message in joined(channel, requests):
                    is_over = message.HasField("exit_status")
                    yield message
        finally:
            if not is_over:  # the caller went away: so does the command
                await asyncio.shield(self._commands.end(life, command.id))

    async def ForwardStudioPort(
        self, requests: AsyncIterator[pb.ForwardStudioPortRequest], context: Any
    ) -> AsyncIterator[pb.ForwardStudioPortResponse]:
        """Connect to a port and join the connection with the caller's."""
        start = await forwarding.start(requests)
        life = self._studios.enter(caller_of(context), start.name, start.project)
        self._studios.must_run(life)
        async with self._commands.dialled(life, start.port) as (reader, writer):
            joined = forwarding.joined(reader, writer, requests)
            async with contextlib.aclosing(joined) as given:
                async for answer in given:
                    yield answer


async def _start(requests: AsyncIterator[pb.ExecuteInStudioRequest]) -> Any:
    async for request in requests:
        if request.HasField("start"):
            return request.start
        break
    raise UsageError("the first message must say what to run")


async def joined(
    channel: Channel, requests: AsyncIterator[pb.ExecuteInStudioRequest]
) -> AsyncIterator[pb.ExecuteInStudioResponse]:
    """Yield output as it comes, while stdin is passed on, and at last the exit status."""
    waiting: asyncio.Queue[pb.ExecuteInStudioResponse | None] = asyncio.Queue()
    room = asyncio.Semaphore(_WAITING)  # for stdout: stderr comes whether we like it or not

    def warn(said: bytes) -> None:
        waiting.put_nowait(pb.ExecuteInStudioResponse(stderr=said))

    channel.hear_stderr(warn)

    async def listen() -> None:
        while data := await channel.read():
            await room.acquire()
            waiting.put_nowait(pb.ExecuteInStudioResponse(stdout=data))

    listening = asyncio.ensure_future(listen())  # noqa: TID251 - both are ended below
    listening.add_done_callback(lambda _: waiting.put_nowait(None))
    feeding = asyncio.ensure_future(_feed(channel, requests, warn))  # noqa: TID251
    try:
        while (message := await waiting.get()) is not None:
            yield message
            if message.HasField("stdout"):
                room.release()
        await listening
        ended = await channel.wait()
        while not waiting.empty():  # stderr goes on when stdout is closed
            if (message := waiting.get_nowait()) is not None:
                yield message
        status = ended.code if ended.code is not None else 255
        yield pb.ExecuteInStudioResponse(exit_status=status)
        await asyncio.wait([feeding], timeout=_PARTING_SECONDS)  # the caller ends the call
    finally:
        listening.cancel()
        feeding.cancel()
        await asyncio.wait([listening, feeding])


async def _feed(
    channel: Channel,
    requests: AsyncIterator[pb.ExecuteInStudioRequest],
    warn: Callable[[bytes], None],
) -> None:
    """Pass stdin on; read all of it, also when the command reads no more."""
    listens, has_data = True, False
    async for request in requests:
        if not listens:
            continue
        try:
            if request.HasField("end"):
                if not await channel.end_input() and has_data:
                    warn(_NO_END)
            else:
                has_data = True
                await channel.write(request.stdin)
        except (CstudioError, OSError):  # it has ended, or closed its stdin
            listens = False
