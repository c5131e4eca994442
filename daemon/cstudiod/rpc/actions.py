"""`service Actions` and `service Zones`: convert, call, answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from cstudio_api.v1 import actions_pb2 as pb
from cstudio_api.v1 import actions_pb2_grpc, zones_pb2, zones_pb2_grpc

from cstudiod.rpc import studio_answers as answers
from cstudiod.rpc.callers import caller_of
from cstudiod.rpc.paging import page
from cstudiod.services.actions import Actions
from cstudiod.services.run_output import STDOUT
from cstudiod.services.zones import Zones


class ActionsServicer(actions_pb2_grpc.ActionsServicer):
    """Actions and their runs."""

    def __init__(self, actions: Actions) -> None:
        """Serve `actions`."""
        self._actions = actions

    async def ListActions(
        self, request: pb.ListActionsRequest, context: Any
    ) -> pb.ListActionsResponse:
        """Return a studio's actions."""
        found = self._actions.list(caller_of(context), request.studio, request.project)
        return pb.ListActionsResponse(actions=[answers.action(one) for one in found])

    async def RunAction(self, request: pb.RunActionRequest, context: Any) -> pb.ActionRun:
        """Start a run."""
        has_timeout = request.HasField("timeout")
        seconds = request.timeout.ToTimedelta().total_seconds() if has_timeout else 0.0
        return answers.run(
            await self._actions.run(
                caller_of(context),
                request.studio,
                request.project,
                action=request.action,
                command=request.command,
                folder=request.folder,
                timeout_seconds=seconds,
            )
        )

    async def GetActionRun(self, request: pb.GetActionRunRequest, context: Any) -> pb.ActionRun:
        """Return one run."""
        return answers.run(self._actions.get(caller_of(context), request.id))

    async def ListActionRuns(
        self, request: pb.ListActionRunsRequest, context: Any
    ) -> pb.ListActionRunsResponse:
        """Return runs, newest first."""
        runs = self._actions.all(caller_of(context), request.studio, request.project)
        items, token = page(runs, request.page_size, request.page_token)
        return pb.ListActionRunsResponse(
            runs=[answers.run(one) for one in items], next_page_token=token
        )

    async def FollowActionRun(
        self, request: pb.FollowActionRunRequest, context: Any
    ) -> AsyncIterator[pb.FollowActionRunResponse]:
        """Follow a run's output to its end."""
        caller = caller_of(context)
        async for stream, data in self._actions.follow(caller, request.id):
            if stream == STDOUT:
                yield pb.FollowActionRunResponse(stdout=data)
            else:
                yield pb.FollowActionRunResponse(stderr=data)
        yield pb.FollowActionRunResponse(run=answers.run(self._actions.get(caller, request.id)))

    async def CancelActionRun(
        self, request: pb.CancelActionRunRequest, context: Any
    ) -> pb.ActionRun:
        """End a run."""
        return answers.run(await self._actions.cancel(caller_of(context), request.id))


class ZonesServicer(zones_pb2_grpc.ZonesServicer):
    """Where zones are."""

    def __init__(self, zones: Zones) -> None:
        """Serve `zones`."""
        self._zones = zones

    async def ListZones(
        self, request: zones_pb2.ListZonesRequest, context: Any
    ) -> zones_pb2.ListZonesResponse:
        """Return the zones of a project."""
        found = await self._zones.list(caller_of(context), request.project)
        items, token = page(found, request.page_size, request.page_token)
        return zones_pb2.ListZonesResponse(
            zones=[answers.zone(one) for one in items], next_page_token=token
        )
