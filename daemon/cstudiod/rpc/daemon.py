"""`service Daemon`: convert, call, answers."""

from __future__ import annotations

from typing import Any

from cstudio_api.v1 import daemon_pb2, daemon_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from cstudiod.rpc import answers
from cstudiod.services.daemon import DaemonService


class DaemonServicer(daemon_pb2_grpc.DaemonServicer):
    """The daemon as a resource."""

    def __init__(self, daemon: DaemonService) -> None:
        """Serve `daemon`."""
        self._daemon = daemon

    async def GetDaemonInfo(
        self, request: daemon_pb2.GetDaemonInfoRequest, context: Any
    ) -> daemon_pb2.DaemonInfo:
        """Say what this daemon is."""
        return answers.info(await self._daemon.info())

    async def ShutDownDaemon(
        self, request: daemon_pb2.ShutDownDaemonRequest, context: Any
    ) -> Empty:
        """End in order."""
        self._daemon.shut_down()
        return Empty()

    async def ListChecks(
        self, request: daemon_pb2.ListChecksRequest, context: Any
    ) -> daemon_pb2.ListChecksResponse:
        """Look at everything that a session depends on."""
        checks = await self._daemon.checks(request.kubeconfig, request.context)
        return daemon_pb2.ListChecksResponse(checks=[answers.check(one) for one in checks])
