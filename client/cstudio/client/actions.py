"""Actions: command lines that run in a studio, each run kept and followed by several."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import actions_pb2 as pb
from cstudio_api.v1 import actions_pb2_grpc

from cstudio.client.calls import LOOKING_SECONDS, call, duration, pages, stream

if TYPE_CHECKING:
    from cstudio_api.v1.actions_pb2_grpc import ActionsAsyncStub

PAGE = 500


class Actions:
    """Calls of the service `Actions`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: ActionsAsyncStub = actions_pb2_grpc.ActionsStub(channel)  # type: ignore[assignment] # one class, two types

    async def list(self, studio: str, project: str = "") -> builtins.list[pb.Action]:
        """Return the actions that a studio's template has, in its order."""
        request = pb.ListActionsRequest(studio=studio, project=project)
        return [*(await call(self._stub.ListActions, request)).actions]

    async def run(
        self,
        studio: str,
        action: str = "",
        project: str = "",
        *,
        command: Sequence[str] = (),
        folder: str = "",
        timeout_seconds: float | None = None,
    ) -> pb.ActionRun:
        """Start an action, or a command line; it goes on by itself, see `follow`.

        Raises:
            NotFoundError: the studio has no such action.
            StateError: the studio does not run (`STUDIO_NOT_RUNNING`).
        """
        request = pb.RunActionRequest(
            studio=studio, project=project, action=action, command=command, folder=folder
        )
        if timeout_seconds is not None:
            request.timeout.CopyFrom(duration(timeout_seconds))
        return await call(self._stub.RunAction, request, LOOKING_SECONDS)

    async def get(self, run: str) -> pb.ActionRun:
        """Return one run."""
        return await call(self._stub.GetActionRun, pb.GetActionRunRequest(id=run))

    async def history(self, studio: str = "", project: str = "") -> builtins.list[pb.ActionRun]:
        """Return runs, of one studio or of all, newest first."""
        request = pb.ListActionRunsRequest(studio=studio, project=project, page_size=PAGE)
        return await pages(self._stub.ListActionRuns, request, lambda page: page.runs)

    def follow(self, run: str) -> AsyncIterator[pb.FollowActionRunResponse]:
        """Yield a run's output from its start; the last answer has the run as it ended."""
        return stream(self._stub.FollowActionRun, pb.FollowActionRunRequest(id=run))

    async def cancel(self, run: str) -> pb.ActionRun:
        """End a run."""
        request = pb.CancelActionRunRequest(id=run)
        return await call(self._stub.CancelActionRun, request, LOOKING_SECONDS)
