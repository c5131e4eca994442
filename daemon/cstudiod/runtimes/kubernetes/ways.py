"""The ways to a studio's ports: forwarded for nginx's, relayed for the others.

nginx's port carries everything that browsers do, so it gets the fast way; somebody is
sure to listen there. Where forwarding is refused, the relay carries it too.
"""

from __future__ import annotations

import asyncio
import logging

from cstudio_runner.launch import NGINX_PORT

from cstudiod.model.sync_sessions import Target
from cstudiod.ports import Channel
from cstudiod.runtimes import relay
from cstudiod.runtimes.kubernetes.api import Api
from cstudiod.runtimes.kubernetes.forward import Forwards
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.runtimes.kubernetes.spdy import Refused

LASTING = (0, 400, 403, 405)
"""Refusals that stay: a proxy on the way, no SPDY, no right to `pods/portforward`."""
_log = logging.getLogger(__name__)


class Ways:
    """Connections into one studio's pod."""

    def __init__(self, cluster: Api, target: Target) -> None:
        self._resolver = KubernetesResolver(target, cluster)
        self._relay = relay.Relay(self._open_relay)
        self._forwards: Forwards | None = Forwards(cluster, self._resolver)

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port on the pod's loopback.

        Raises:
            TargetError: the studio cannot be reached, or nobody listens there.
        """
        if port == NGINX_PORT and self._forwards is not None:
            try:
                return await self._forwards.dial(port)
            except Refused as refusal:
                if refusal.code in LASTING:
                    self._forwards = None
                    _log.info("no port is forwarded here (%s): the relay is used", refusal.code)
        return await self._relay.dial(port)

    async def close(self) -> None:
        """Close the relay and all its connections."""
        await self._relay.close()

    async def _open_relay(self) -> Channel:
        return await self._resolver.open(await self._resolver.resolve(), relay.COMMAND)
