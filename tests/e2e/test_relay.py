"""The relay in containers, with the oldest Python that images have."""

from __future__ import annotations

import asyncio
from pathlib import Path

import cstudio_runner
import pytest
from conformance.runtime.subjects import ECHO_PROGRAM
from cstudiod.errors import TargetError
from cstudiod.runtimes import local
from cstudiod.runtimes.relay import Relay
from support import containers
from support.containers import PYTHON, PYTHON38

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]
PACKAGES = "/packages"


@pytest.mark.parametrize("image", [PYTHON38, PYTHON])
async def test_connections_reach_loopback_of_a_container(image: str) -> None:
    """Both ways, closed by half, and refused where nobody listens."""
    containers.require()
    if containers.docker("image", "inspect", image, check=False).returncode != 0:
        pytest.skip(f"no image {image}: the machine that built the images had no Python 3.8")
    here = str(Path(cstudio_runner.__file__).parent)
    command = ("python3", "-c", ECHO_PROGRAM, "8000")
    volumes = {here: f"{PACKAGES}/cstudio_runner:ro"}
    with containers.container(image, command=command, volumes=volumes) as box:
        argv = ["docker", "exec", "-i", "-e", f"PYTHONPATH={PACKAGES}", box.name, "python3"]
        relay = Relay(lambda: local.run([*argv, "-B", "-m", "cstudio_runner.relay"]))
        try:
            async with asyncio.timeout(60):
                await reach(relay)
        finally:
            await relay.close()


async def dialled(relay: Relay) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await relay.dial(8000)
        except TargetError:  # the server is not up yet
            await asyncio.sleep(0.1)


async def reach(relay: Relay) -> None:
    async def echo() -> None:
        reader, writer = await dialled(relay)
        data = bytes(range(256)) * 8000
        async with asyncio.TaskGroup() as group:
            came = group.create_task(reader.read(-1))
            writer.write(data)
            await writer.drain()
            writer.write_eof()
        assert came.result() == data
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(echo())
    with pytest.raises(TargetError, match="nobody listens"):
        await relay.dial(8001)
