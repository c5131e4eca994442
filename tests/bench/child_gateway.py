"""A gateway in front of one port of a target.

    child_gateway.py WAY PORT FOLDER TARGET [-n NAMESPACE]

The port is reached as a studio's is, by the WAY `forward` (a pod's only) or `relay`: in a
pod over the exec stream, for a folder in a child process. FOLDER, in the target, holds
the runner. Says its address, then runs until its stdin ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cstudiod.gateway.seam import Absent, Dial, Found, Streams, StudioPort, Whereabouts
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.model import targets
from cstudiod.model.sync_sessions import Target
from cstudiod.ports import Channel
from cstudiod.runtimes import registry
from cstudiod.runtimes.kubernetes.api import Api
from cstudiod.runtimes.kubernetes.forward import Forwards
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.runtimes.relay import Relay

RELAY = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]);"
    " runpy.run_module('cstudio_runner.relay', run_name='__main__')"
)


class OneStudio:
    """The only studio there is."""

    def __init__(self, port: int, dial: Dial) -> None:
        self._found = Found(key="one", ports={port: StudioPort(dial=dial)})

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where it is."""
        return self._found if (project, studio) == ("BENCH", "one") else Absent()


async def main(way: str, port: int, folder: str, target: Target) -> None:
    """Run until stdin ends."""
    resolver = registry.resolver(target)

    async def open_relay() -> Channel:
        place = await resolver.resolve()
        return await resolver.open(place, ["python3", "-c", RELAY, folder])

    relay = Relay(open_relay)
    cluster = Api()
    ways: dict[str, Callable[[int], Awaitable[Streams]]] = {
        "relay": relay.dial,
        "forward": Forwards(cluster, KubernetesResolver(target, cluster)).dial,
    }
    studio = OneStudio(port, lambda: ways[way](port))
    with tempfile.TemporaryDirectory() as state:
        gateway = Gateway(GatewaySettings(), studio, state_dir=Path(state))
        await gateway.start()
        print(gateway.url_of("BENCH", "one", port), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await gateway.close()
    await relay.close()
    await resolver.close()
    await cluster.close()


if __name__ == "__main__":
    words = sys.argv[1:]
    reached = targets.parse(words[3], namespace="".join(words[5:6]), cwd=os.getcwd())
    asyncio.run(main(words[0], int(words[1]), words[2], reached))
