"""The daemon itself: who it is, what it can reach, how to end it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import daemon_pb2, daemon_pb2_grpc

from cstudio.client.calls import LOOKING_SECONDS, call

if TYPE_CHECKING:
    from cstudio_api.v1.daemon_pb2_grpc import DaemonAsyncStub


class Daemon:
    """Calls of the service `Daemon`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: DaemonAsyncStub = daemon_pb2_grpc.DaemonStub(channel)  # type: ignore[assignment] # one class, two types

    async def info(self) -> daemon_pb2.DaemonInfo:
        """Tell who answers and what it can use."""
        return await call(self._stub.GetDaemonInfo, daemon_pb2.GetDaemonInfoRequest())

    async def checks(self, kubeconfig: str = "", context: str = "") -> Sequence[daemon_pb2.Check]:
        """Look at what commonly goes wrong on the daemon's machine.

        Of clusters it looks at the one that this kubeconfig and context name;
        without them at the daemon's own.
        """
        request = daemon_pb2.ListChecksRequest(kubeconfig=kubeconfig, context=context)
        return (await call(self._stub.ListChecks, request, LOOKING_SECONDS)).checks

    async def shut_down(self) -> None:
        """Ask the daemon to end; it answers before it is gone."""
        await call(self._stub.ShutDownDaemon, daemon_pb2.ShutDownDaemonRequest())
