"""Zones: the folders on the daemon's machine that studios are given."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import zones_pb2 as pb
from cstudio_api.v1 import zones_pb2_grpc

from cstudio.client.calls import pages

if TYPE_CHECKING:
    from cstudio_api.v1.zones_pb2_grpc import ZonesAsyncStub

PAGE = 500


class Zones:
    """Calls of the service `Zones`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: ZonesAsyncStub = zones_pb2_grpc.ZonesStub(channel)  # type: ignore[assignment] # one class, two types

    async def list(self, project: str) -> builtins.list[pb.Zone]:
        """Return the zones of a project: its own, each studio's, and the caller's."""
        request = pb.ListZonesRequest(project=project, page_size=PAGE)
        return await pages(self._stub.ListZones, request, lambda page: page.zones)
