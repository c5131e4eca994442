"""The gRPC server on a Unix socket and, when asked for, on TCP; with health and reflection."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from cstudio_api.v1 import (
    actions_pb2,
    actions_pb2_grpc,
    daemon_pb2,
    daemon_pb2_grpc,
    keys_pb2,
    keys_pb2_grpc,
    studios_pb2,
    studios_pb2_grpc,
    sync_sessions_pb2,
    sync_sessions_pb2_grpc,
    templates_pb2,
    templates_pb2_grpc,
    webapps_pb2,
    webapps_pb2_grpc,
    zones_pb2,
    zones_pb2_grpc,
)
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from cstudiod.config import ServerSettings
from cstudiod.errors import StateError
from cstudiod.rpc import tls
from cstudiod.rpc.actions import ActionsServicer, ZonesServicer
from cstudiod.rpc.daemon import DaemonServicer
from cstudiod.rpc.faults import Faults
from cstudiod.rpc.gate import Gate
from cstudiod.rpc.keys import KeysServicer
from cstudiod.rpc.studios import StudiosServicer
from cstudiod.rpc.sync_sessions import SyncSessionsServicer
from cstudiod.rpc.templates import TemplatesServicer
from cstudiod.rpc.webapps import WebAppsServicer
from cstudiod.services import identity
from cstudiod.services.actions import Actions
from cstudiod.services.builds import Builds
from cstudiod.services.commands import Commands
from cstudiod.services.daemon import DaemonService
from cstudiod.services.keys import Keys
from cstudiod.services.session_rights import may_see_session
from cstudiod.services.sign_in import SignIns
from cstudiod.services.studios import Studios
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.services.templates import Templates
from cstudiod.services.visitors import Visitors
from cstudiod.services.webapps import WebApps
from cstudiod.services.zones import Zones

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 1.0
_OPTIONS = (("grpc.max_receive_message_length", 64 * 1024 * 1024),)  # as templates.proto says
_TCP_OPTIONS = (*_OPTIONS, ("grpc.so_reuseport", 0))
"""A port that is taken must be an error: Linux would share it between two daemons."""
_SERVICES = (
    daemon_pb2.DESCRIPTOR.services_by_name["Daemon"].full_name,
    sync_sessions_pb2.DESCRIPTOR.services_by_name["SyncSessions"].full_name,
    templates_pb2.DESCRIPTOR.services_by_name["Templates"].full_name,
    studios_pb2.DESCRIPTOR.services_by_name["Studios"].full_name,
    actions_pb2.DESCRIPTOR.services_by_name["Actions"].full_name,
    zones_pb2.DESCRIPTOR.services_by_name["Zones"].full_name,
    keys_pb2.DESCRIPTOR.services_by_name["Keys"].full_name,
    webapps_pb2.DESCRIPTOR.services_by_name["WebApps"].full_name,
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
    keys: Keys
    sign_ins: SignIns
    webapps: WebApps
    visitors: Visitors


class Server:
    """Serves the contract to whoever may enter the socket's folder, and to holders of keys."""

    def __init__(self, socket: Path, services: Services, tcp: ServerSettings) -> None:
        """Register everything; nothing listens yet."""
        self._socket = socket
        self._tcp = tcp
        self._services = services
        self._health = health.aio.HealthServicer()
        keys = services.keys
        may_see = may_see_session(services.sessions, services.studios)
        me = identity.of_this_process()
        at_the_socket = Gate.of_socket(me, keys, services.visitors, may_see)
        self._server = self._serving(at_the_socket, _OPTIONS)
        self._tcp_server = (
            self._serving(Gate.of_keys(keys, may_see), _TCP_OPTIONS) if tcp.listen else None
        )

    def _serving(self, gate: Gate, options: Sequence[tuple[str, int]]) -> Any:
        server = grpc.aio.server(interceptors=[Faults(), gate], options=options)
        _register(self._services, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (*_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        return server

    async def start(self) -> None:
        """Listen; the folder is ours alone before the socket is there.

        Raises:
            UsageError: the certificate or its key cannot be used.
            StateError: the port of TCP is taken.
        """
        await self._start_tcp()
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

    async def _start_tcp(self) -> None:
        if self._tcp_server is None:
            return
        certificate = tls.credentials(self._tcp.certificate, self._tcp.key)
        try:
            self._tcp_server.add_secure_port(self._tcp.listen, certificate)
        except RuntimeError as error:
            raise StateError(
                f"cannot listen on {self._tcp.listen}: it is no address of this machine, or taken",
                next="choose another server.listen in config.toml",
                listen=self._tcp.listen,
            ) from error
        await self._tcp_server.start()
        _log.info("listening on %s, with TLS and keys", self._tcp.listen)

    async def close(self) -> None:
        """Refuse new calls, let running ones end, go."""
        await self._health.enter_graceful_shutdown()
        async with asyncio.TaskGroup() as group:
            for server in (self._server, self._tcp_server):
                if server is not None:
                    group.create_task(server.stop(_GRACE_SECONDS))
        self._socket.unlink(missing_ok=True)


def _register(services: Services, server: Any) -> None:
    daemon_pb2_grpc.add_DaemonServicer_to_server(DaemonServicer(services.daemon), server)
    sync_sessions_pb2_grpc.add_SyncSessionsServicer_to_server(
        SyncSessionsServicer(services.sessions), server
    )
    templates_pb2_grpc.add_TemplatesServicer_to_server(
        TemplatesServicer(services.templates, services.builds), server
    )
    studios_pb2_grpc.add_StudiosServicer_to_server(
        StudiosServicer(services.studios, services.commands), server
    )
    actions_pb2_grpc.add_ActionsServicer_to_server(ActionsServicer(services.actions), server)
    zones_pb2_grpc.add_ZonesServicer_to_server(ZonesServicer(services.zones), server)
    keys_pb2_grpc.add_KeysServicer_to_server(KeysServicer(services.keys, services.sign_ins), server)
    webapps_pb2_grpc.add_WebAppsServicer_to_server(WebAppsServicer(services.webapps), server)
