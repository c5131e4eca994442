"""The gRPC server on a Unix socket, with health and reflection."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import grpc
from cstudio_api.v1 import (
    actions_pb2,
    actions_pb2_grpc,
    daemon_pb2,
    daemon_pb2_grpc,
    studios_pb2,
    studios_pb2_grpc,
    sync_sessions_pb2,
    sync_sessions_pb2_grpc,
    templates_pb2,
    templates_pb2_grpc,
    zones_pb2,
    zones_pb2_grpc,
)
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cstudiod.rpc.actions import ActionsServicer, ZonesServicer
from cstudiod.rpc.daemon import DaemonServicer
from cstudiod.rpc.faults import Faults
from cstudiod.rpc.studios import StudiosServicer
from cstudiod.rpc.sync_sessions import SyncSessionsServicer
from cstudiod.rpc.templates import TemplatesServicer
from cstudiod.services.actions import Actions
from cstudiod.services.builds import Builds
from cstudiod.services.commands import Commands
from cstudiod.services.daemon import DaemonService
from cstudiod.services.studios import Studios
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.services.templates import Templates
from cstudiod.services.zones import Zones

_GRACE_SECONDS = 1.0
_OPTIONS = (("grpc.max_receive_message_length", 64 * 1024 * 1024),)
"""A template comes with its resources in one message."""
_OPTIONS = (("grpc.max_receive_message_length", 64 * 1024 * 1024),)  # as templates.proto says
_SERVICES = (
    daemon_pb2.DESCRIPTOR.services_by_name["Daemon"].full_name,
    sync_sessions_pb2.DESCRIPTOR.services_by_name["SyncSessions"].full_name,
    templates_pb2.DESCRIPTOR.services_by_name["Templates"].full_name,
    studios_pb2.DESCRIPTOR.services_by_name["Studios"].full_name,
    actions_pb2.DESCRIPTOR.services_by_name["Actions"].full_name,
    zones_pb2.DESCRIPTOR.services_by_name["Zones"].full_name,
)


@dataclass(frozen=True, kw_only=True)
class Services:
    """All that is served."""

    daemon: DaemonService
    sessions: SyncSessions
    templates: Templates
    builds: Builds
    studios: Studios
    commands: Commands
    actions: Actions
    zones: Zones


class Server:
    """Serves the contract to whoever may enter the socket's folder."""

    def __init__(self, socket: Path, services: Services) -> None:
        """Register everything; nothing listens yet."""
        self._socket = socket
        self._server = grpc.aio.server(interceptors=[Faults()], options=_OPTIONS)
        daemon_pb2_grpc.add_DaemonServicer_to_server(DaemonServicer(services.daemon), self._server)
        sync_sessions_pb2_grpc.add_SyncSessionsServicer_to_server(
            SyncSessionsServicer(services.sessions), self._server
        )
        templates_pb2_grpc.add_TemplatesServicer_to_server(
            TemplatesServicer(services.templates, services.builds), self._server
        )
        studios_pb2_grpc.add_StudiosServicer_to_server(
            StudiosServicer(services.studios, services.commands), self._server
        )
        actions_pb2_grpc.add_ActionsServicer_to_server(
            ActionsServicer(services.actions), self._server
        )
        zones_pb2_grpc.add_ZonesServicer_to_server(ZonesServicer(services.zones), self._server)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (*_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> None:
        """Listen; the folder is ours alone before the socket is there."""
        folder = self._socket.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._socket.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server.add_insecure_port(f"unix:{self._socket}")
            await self._server.start()
        finally:
            os.umask(mask)
        self._socket.chmod(0o600)
        for name in ("", *_SERVICES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def close(self) -> None:
        """Refuse new calls, let running ones end, go."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(_GRACE_SECONDS)
        self._socket.unlink(missing_ok=True)
