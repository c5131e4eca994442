"""A gateway in front of one port of a target: `child_gateway.py PORT FOLDER TARGET [-n NAMESPACE]`.

The port is reached as a studio's is, over a relay: in a pod over the exec stream, for a
folder in a child process. `FOLDER`, in the target, holds the runner. Says its address,
then runs until its stdin ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from cstudiod.gateway.seam import Absent, Found, Streams, StudioPort, Whereabouts
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.model import targets
from cstudiod.ports import Channel
from cstudiod.runtimes import registry
from cstudiod.runtimes.relay import Relay

RELAY = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]);"
    " runpy.run_module('cstudio_runner.relay', run_name='__main__')"
)


class OneStudio:
    """The only studio there is."""

    def __init__(self, port: int, relay: Relay) -> None:
        async def dial() -> Streams:
            return await relay.dial(port)

        self._found = Found(key="one", ports={port: StudioPort(dial=dial)})

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where it is."""
        return self._found if (project, studio) == ("BENCH", "one") else Absent()


async def main(port: int, folder: str, target: str, namespace: str) -> None:
    """Run until stdin ends."""
    resolver = registry.resolver(targets.parse(target, namespace=namespace, cwd=os.getcwd()))

    async def open_relay() -> Channel:
        place = await resolver.resolve()
        return await resolver.open(place, ["python3", "-c", RELAY, folder])

    relay = Relay(open_relay)
    with tempfile.TemporaryDirectory() as state:
        gateway = Gateway(GatewaySettings(), OneStudio(port, relay), state_dir=Path(state))
        await gateway.start()
        print(gateway.url_of("BENCH", "one", port), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await gateway.close()
    await relay.close()
    await resolver.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:4], "".join(sys.argv[5:6])))
