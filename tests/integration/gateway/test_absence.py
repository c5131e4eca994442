"""What is said when a studio does not answer, and how it comes back."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cstudiod.errors import TargetError
from cstudiod.gateway.seam import Found, NotRunning, Streams, StudioPort, Whereabouts
from cstudiod.gateway.server import Gateway
from cstudiod.model.studios import Reason, StudioState
from support import gateways
from support.gateways import Town, body, field, get, say, status

BASE = "/code-studios/P/s"
HTML = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
OOM = Reason(
    code="oom_killed",
    message="it used its memory limit of 1Gi",
    evidence="OOMKilled",
    next="raise <it>; cstudio studio logs STUDIO",
)


async def _fault(front: Gateway, target: str) -> tuple[int, dict[str, Any]]:
    answer = await say(front.port, get(target))
    return status(answer), json.loads(body(answer))["error"]


@pytest.mark.parametrize(
    ("where", "expected", "code", "refreshes"),
    [
        (None, 404, "studio_absent", False),
        (NotRunning(state=StudioState.STOPPED), 503, "studio_stopped", True),
        (NotRunning(state=StudioState.STARTING, stage="pulling"), 503, "studio_starting", True),
        (NotRunning(state=StudioState.STOPPING), 503, "studio_stopping", True),
        (NotRunning(state=StudioState.STOPPED, reason=OOM), 502, "studio_failed", True),
        (Found(key="k", ports={}), 404, "port_not_exposed", False),
    ],
)
async def test_each_absence_has_its_own_words(
    front: Gateway, town: Town, where: Whereabouts | None, expected: int, code: str, refreshes: bool
) -> None:
    """For programs and for people; the page loads itself again without a script."""
    if where is None:
        del town.studios["P", "s"]
    else:
        town.studios["P", "s"] = where
    said = await _fault(front, f"{BASE}/1/")
    assert (said[0], said[1]["code"]) == (expected, code)
    page = await say(front.port, get(f"{BASE}/1/", HTML))
    assert (b'http-equiv="refresh"' in page) == refreshes
    assert (field(page, "retry-after") is not None) == refreshes
    assert said[1]["message"].encode() in page
    assert "unsafe-inline" not in (field(page, "content-security-policy") or "")


async def test_reasons_are_told_with_evidence(front: Gateway, town: Town) -> None:
    """The reason's sentence, what was seen, what to do; nothing of it is markup."""
    town.studios["P", "s"] = NotRunning(state=StudioState.STOPPED, reason=OOM)
    _, said = await _fault(front, f"{BASE}/1/")
    assert said["message"] == "the studio `s` is stopped: it used its memory limit of 1Gi"
    assert (said["evidence"], said["state"]) == ("OOMKilled", "STOPPED")
    page = await say(front.port, get(f"{BASE}/1/", HTML))
    assert b"raise &lt;it&gt;; cstudio studio logs s" in page


@pytest.mark.parametrize("target", ["/", "/code-studios/", "/elsewhere/x", "/code-studios/P/s/x/"])
async def test_a_path_of_nobody(front: Gateway, target: str) -> None:
    """The right form is shown."""
    expected, said = await _fault(front, target)
    assert (expected, said["code"]) == (404, "wrong_prefix")
    assert "/code-studios/PROJECT/STUDIO/PORT/" in said["next"]


async def test_a_port_that_is_not_exposed_names_the_others(front: Gateway) -> None:
    """Also when no port is named at all."""
    for target in (f"/dip{BASE}/99/", f"/dip{BASE}", f"/dip{BASE}/"):
        _, said = await _fault(front, target)
        assert {"label": "1 Strip", "url": f"/dip{BASE}/1/"} in said["links"]


async def test_nobody_listens_then_somebody_does(front: Gateway, town: Town) -> None:
    """A server that comes up is there at the next request."""
    expected, said = await _fault(front, f"{BASE}/6/")
    assert (expected, said["code"]) == (502, "port_not_listening")
    async with gateways.server(gateways.echo()) as port:
        town.put("s", (6, StudioPort(dial=gateways.local(port))))
        assert status(await say(front.port, get(f"{BASE}/6/"))) == 200


async def test_the_nginx_inside_says_that_nobody_listens(town: Town, tmp_path: Path) -> None:
    """Its own error page is replaced by ours."""

    async def nginx(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 502 Bad Gateway\r\nX-Cstudio-Fault: not-listening\r\n"
            b"Content-Length: 3\r\n\r\nno\n"
        )
        writer.close()

    async with gateways.raw_server(nginx) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port), has_nginx=True)))
        expected, said = await _fault(front, f"{BASE}/1/")
    assert (expected, said["code"]) == (502, "port_not_listening")


async def test_a_server_that_speaks_no_http(town: Town, tmp_path: Path) -> None:
    """The answer says so, with what was seen."""

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    async with gateways.raw_server(other) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        expected, said = await _fault(front, f"{BASE}/1/")
    assert (expected, said["code"]) == (502, "bad_answer")
    assert "SSH" in said["evidence"]


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def _never() -> Streams:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("hangs_at", ["dial", "answer"])
async def test_a_pod_that_goes_away_is_told_within_a_second(
    town: Town, tmp_path: Path, hangs_at: str
) -> None:
    """Though the network says nothing: the daemon knows. It recovers by itself."""
    async with gateways.raw_server(_silent) as port, gateways.gateway(tmp_path, town) as front:
        dial = _never if hangs_at == "dial" else gateways.local(port)
        town.put("s", (1, StudioPort(dial=dial)))
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(say(front.port, get(f"{BASE}/1/")))
            await asyncio.sleep(0.3)
            gone = time.monotonic()
            town.studios["P", "s"] = NotRunning(state=StudioState.STARTING, reason=OOM)
            answer = await asking
        assert time.monotonic() - gone < 1
        assert status(answer) == 502
        assert "memory limit" in json.loads(body(answer))["error"]["message"]
        async with gateways.server(gateways.echo()) as echo:
            town.put("s", (1, StudioPort(dial=gateways.local(echo))), key="two")
            assert status(await say(front.port, get(f"{BASE}/1/"))) == 200


async def test_streams_end_with_their_studio(
    front: Gateway, town: Town, browser: aiohttp.ClientSession
) -> None:
    """An IDE's WebSocket to a studio that was replaced is closed, so that it connects anew."""
    found = town.studios["P", "s"]
    assert isinstance(found, Found)
    async with browser.ws_connect(f"{BASE}/1/ws") as socket:
        town.put("s", *found.ports.items(), key="two")
        async with asyncio.timeout(2):
            assert (await socket.receive()).type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.ERROR,
            )


async def test_an_unreachable_cluster_is_not_a_server_that_does_not_listen(
    town: Town, tmp_path: Path
) -> None:
    """The runtime's own words and next step."""

    async def dial() -> Streams:
        raise TargetError("the API server is away", reason="CONNECTION_LOST", next="call them")

    async with gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=dial)))
        expected, said = await _fault(front, f"{BASE}/1/")
    assert (expected, said["code"]) == (502, "studio_unreachable")
    assert (said["message"], said["next"]) == ("the API server is away", "call them")


async def test_a_way_that_breaks_says_why(town: Town, tmp_path: Path) -> None:
    """A relay's connections break with its own words; they reach the reader."""

    async def dial() -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        error = TargetError("the pod was evicted", reason="CONNECTION_LOST", next="look")
        asyncio.get_running_loop().call_later(0.2, reader.set_exception, error)
        return reader, writer

    async with gateways.raw_server(_silent) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=dial)))
        expected, said = await _fault(front, f"{BASE}/1/")
    assert (expected, said["code"]) == (502, "studio_unreachable")
    assert (said["message"], said["next"]) == ("the pod was evicted", "look")
