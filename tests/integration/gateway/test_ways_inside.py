"""The ways into studios: the nginx of a container, and a relay over one stdio."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from cstudiod.gateway.seam import Streams, StudioPort
from cstudiod.gateway.server import Gateway
from cstudiod.ports import Channel
from cstudiod.runtimes import local
from cstudiod.runtimes.relay import Relay
from support import gateways, studios
from support.gateways import Town, body, field, get, say, status

STRIP, KEEP, NOBODY = 8001, 8002, 8003


@pytest.fixture
async def behind_nginx(tmp_path: Path, town: Town, echo_port: int) -> AsyncIterator[Gateway]:
    """A gateway before a real runner's real nginx, with its secret, before a real server."""
    if shutil.which("nginx") is None:
        pytest.skip("no nginx here; on Debian, `tests/cluster/toolchain` installs it")
    async with gateways.server(gateways.echo()) as other_port:
        forms = {STRIP: ("/", echo_port), KEEP: ("$request_uri", other_port)}
        async with _behind_nginx(tmp_path, town, forms) as one:
            yield one


@asynccontextmanager
async def _behind_nginx(
    tmp_path: Path, town: Town, forms: dict[int, tuple[str, int]]
) -> AsyncIterator[Gateway]:
    studio, inside = studios.Studio(tmp_path / "studio"), studios.free_port()
    studio.folder.mkdir()
    forms = {**forms, NOBODY: ("/", studios.free_port())}
    studio.start(
        ports=[
            {"port": port, "listen": listen, "subpath": form}
            for port, (form, listen) in forms.items()
        ],
        nginx={"port": inside, "secret": "s3cret"},
    )
    put = {
        port: StudioPort(
            dial=gateways.local(inside),
            subpath=form,
            has_nginx=True,
            headers={"X-Cstudio-Secret": "s3cret"},
        )
        for port, (form, _) in forms.items()
    }
    town.put("s", *put.items())
    town.studios["P.1", "s"] = town.studios["P", "s"]
    try:
        async with gateways.gateway(tmp_path, town) as one:
            await _until_it_listens(one)
            yield one
    finally:
        studio.close()


async def _until_it_listens(front: Gateway) -> None:
    async with asyncio.timeout(20):
        while status(await say(front.port, get(f"{studios.BASE}/{STRIP}/"))) != 200:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("outer", ["", "/dip"])
async def test_paths_and_fields_through_both(behind_nginx: Gateway, outer: str) -> None:
    """The server sees what it would see without nginx, and who asked, once."""
    front = behind_nginx
    for port, seen in ((STRIP, "/a%2Fb//c?d=%2F"), (KEEP, f"{studios.BASE}/{KEEP}/a%2Fb//c?d=%2F")):
        answer = await say(front.port, get(f"{outer}{studios.BASE}/{port}/a%2Fb//c?d=%2F"))
        said = json.loads(body(answer))
        assert said["target"] == seen
        fields = {name.lower(): value for name, value in said["headers"]}
        assert len(fields) == len(said["headers"])
        assert (fields["host"], fields["x-forwarded-proto"]) == ("localhost", "http")
        assert "x-cstudio-secret" not in fields


async def test_a_cookie_and_a_websocket_through_both(behind_nginx: Gateway) -> None:
    """What IDEs live on."""
    url = f"{studios.BASE}/{STRIP}/"
    answer = await say(behind_nginx.port, get(url, "X-Say-Cookie: a=b; Path=/"))
    assert field(answer, "set-cookie") == f"a=b; Path={url}"
    async with (
        aiohttp.ClientSession(behind_nginx.url) as session,
        session.ws_connect(url + "ws", max_msg_size=0) as socket,
    ):
        await socket.send_bytes(b"x" * 5_000_000)
        assert len(await socket.receive_bytes()) == 5_000_000


async def test_nginx_says_that_nobody_listens(behind_nginx: Gateway) -> None:
    """In our words, and not in nginx's."""
    answer = await say(behind_nginx.port, get(f"{studios.BASE}/{NOBODY}/"))
    assert status(answer) == 502
    assert json.loads(body(answer))["error"]["code"] == "port_not_listening"


# -------------------------------------------------------- over one stdio


async def _open_relay() -> Channel:
    return await local.run([sys.executable, "-m", "cstudio_runner.relay"])


@pytest.fixture
async def over_relay(tmp_path: Path, town: Town, echo_port: int) -> AsyncIterator[Gateway]:
    """A gateway that reaches its server as it does in a pod."""
    relay = Relay(_open_relay)

    async def dial() -> Streams:
        return await relay.dial(echo_port)

    async def nowhere() -> Streams:
        return await relay.dial(9)

    town.put("s", (1, StudioPort(dial=dial)), (2, StudioPort(dial=nowhere)))
    async with gateways.gateway(tmp_path, town) as one:
        yield one
    await relay.close()


async def test_all_kinds_of_traffic_over_a_relay(over_relay: Gateway) -> None:
    """Requests that share it, a large answer, an upload, a WebSocket, a stream that is left."""
    base = "/code-studios/P/s/1"
    async with aiohttp.ClientSession(over_relay.url) as session:
        for number in range(5):
            async with session.get(f"{base}/{number}") as response:
                assert (await response.json())["target"] == f"/{number}"
        async with session.get(f"{base}/big?bytes=30000000") as response:
            assert len(await response.read()) == 30_000_000
        async with session.post(f"{base}/count", data=io.BytesIO(b"x" * 10_000_000)) as response:
            assert (await response.json())["bytes"] == 10_000_000
        async with session.get(f"{base}/events") as response:
            await response.content.readuntil(b"data: 1\n\n")
        async with session.ws_connect(f"{base}/ws") as socket:
            await socket.send_str("bye")
            assert (await socket.receive()).data == 4001


async def test_nobody_listens_behind_a_relay(over_relay: Gateway) -> None:
    """As on this machine."""
    answer = await say(over_relay.port, get("/code-studios/P/s/2/"))
    assert json.loads(body(answer))["error"]["code"] == "port_not_listening"


async def test_a_relay_that_ends_is_told_and_started_anew(tmp_path: Path, town: Town) -> None:
    """As when a pod goes away: with the reason, within a second, for what waits and what flows."""
    opened: list[Channel] = []

    async def open_relay() -> Channel:
        opened.append(await _open_relay())
        return opened[-1]

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if b"/wait" not in asked:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nhere")
        if b"/done" in asked:
            writer.close()

    relay = Relay(open_relay)
    async with gateways.raw_server(patient) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=lambda: relay.dial(port))))
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(say(front.port, get("/code-studios/P/s/1/wait")))
            flowing = group.create_task(say(front.port, get("/code-studios/P/s/1/flow")))
            await asyncio.sleep(0.5)
            began = asyncio.get_running_loop().time()
            await opened[0].close()
        assert asyncio.get_running_loop().time() - began < 1
        assert status(waiting.result()) == 502
        said = json.loads(body(waiting.result()))["error"]
        assert said["code"] == "studio_unreachable"
        assert not flowing.result().endswith(b"0\r\n\r\n")
        assert b"here" in await say(front.port, get("/code-studios/P/s/1/done"))
    await relay.close()
    assert len(opened) == 2
