"""What a server gets to see of the path, with real servers behind a real gateway."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.server import Gateway
from support import gateways
from support.gateways import Town, body, field, get, say, status

BASE = "/code-studios/P/s"


async def _seen(front: Gateway, target: str, *fields: str) -> dict[str, object]:
    answer = await say(front.port, get(target, *fields))
    assert status(answer) == 200, answer
    said: dict[str, object] = json.loads(body(answer))
    return said


@pytest.mark.parametrize(
    ("port", "rest", "target"),
    [
        (1, "/", "/"),
        (1, "/a%2Fb", "/a%2Fb"),
        (1, "/a//b", "/a//b"),
        (1, "//a", "//a"),
        (1, "/x/../y", "/x/../y"),
        (1, "/p?a=%2F..&b=//&c=?", "/p?a=%2F..&b=//&c=?"),
        (2, "/a%2Fb//c?q=%20", BASE + "/2/a%2Fb//c?q=%20"),
        (3, "/a%2Fb//c?q=%20", BASE + "/3/a%2Fb//c?q=%20"),
        (4, "/a%2Fb//c?q=%20", BASE + "/4/a/b/c?q=%20"),
        (5, "/a%2Fb//c?q=%20", BASE + "/5/a%2Fb//c?q=%20"),
    ],
)
@pytest.mark.parametrize("outer", ["", "/dip"])
async def test_the_path_arrives_as_its_form_says(
    front: Gateway, outer: str, port: int, rest: str, target: str
) -> None:
    """Each form; `/dip` is unknown to servers; with nginx inside the path stays whole."""
    said = await _seen(front, f"{outer}{BASE}/{port}{rest}")
    assert said["target"] == target


async def test_who_asks_is_said_once_and_by_us(front: Gateway) -> None:
    """Forged fields, our own cookies and what is the connection's do not arrive."""
    said = await _seen(
        front,
        f"{BASE}/5/",
        "X-Forwarded-For: 6.6.6.6",
        "X_Forwarded_For: 6.6.6.6",
        "X-Forwarded-Proto: https",
        "Forwarded: host=evil",
        "X-Cstudio-Secret: guess",
        "X-Key: guess",
        "X-Own: kept",
        "X-Hop: dropped",
        "Connection: x-hop",
        'Cookie: a="1 %2C"; cstudio_session=secret; b=é',
    )
    fields = said["headers"]
    assert isinstance(fields, list)
    found = {name.lower(): value for name, value in fields}
    assert len(fields) == len(found)
    assert found == {
        "host": "localhost",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "localhost",
        "x-key": "k",
        "x-own": "kept",
        "cookie": 'a="1 %2C"; b=\udce9',
    }


async def test_a_missing_slash_is_added(front: Gateway) -> None:
    """With the query, and without turning a POST into a GET."""
    answer = await say(front.port, get(f"/dip{BASE}/1?a=b%20c"))
    assert (status(answer), field(answer, "location")) == (301, f"/dip{BASE}/1/?a=b%20c")
    answer = await say(front.port, get(f"{BASE}/1", method="POST"))
    assert (status(answer), field(answer, "location")) == (308, f"{BASE}/1/")


async def test_cookies_stay_in_their_studio(front: Gateway) -> None:
    """A cookie for the whole host becomes one for the port; values stay byte for byte."""
    answer = await say(
        front.port,
        get(f"{BASE}/1/", 'X-Say-Cookie: a="x y%3D"; Path=/; Domain=localhost; HttpOnly'),
    )
    assert field(answer, "set-cookie") == f'a="x y%3D"; Path={BASE}/1/; HttpOnly'


async def test_the_port_is_the_one_of_last_time(tmp_path: Path, town: Town, echo_port: int) -> None:
    """Addresses survive a restart; another program at the port only costs the address."""
    async with gateways.gateway(tmp_path, town) as one:
        before = one.url_of("P", "s", 8888)
    async with gateways.gateway(tmp_path, town) as one:
        assert one.url_of("P", "s", 8888) == before
        other = tmp_path / "other"
        other.mkdir()
        (other / "gateway.port").write_text(str(one.port))
        async with gateways.gateway(other, town) as two:
            assert two.port != one.port


async def test_siblings_reach_each_other(front: Gateway, town: Town) -> None:
    """`../PORT/`, as a browser resolves it."""
    said = await _seen(front, urljoin(f"{BASE}/1/", "../2/x"))
    assert said["target"] == f"{BASE}/2/x"


async def test_a_location_stays_in_the_studio(tmp_path: Path, town: Town) -> None:
    """A server that was told nothing of its prefix may redirect all the same."""

    async def moved(reader, writer) -> None:  # type: ignore[no-untyped-def]
        asked = await reader.readuntil(b"\r\n\r\n")
        to = asked.split(b"?", 1)[1].split(b" ", 1)[0]
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nConnection: close\r\n\r\n" % to)
        writer.close()

    async with gateways.raw_server(moved) as port, gateways.gateway(tmp_path, town) as front:
        dial = gateways.local(port)
        town.put(
            "s",
            (1, StudioPort(dial=dial)),
            (2, StudioPort(dial=dial, subpath="$request_uri")),
        )
        for asked, to, seen in [
            (f"{BASE}/1/", "/login", f"{BASE}/1/login"),
            (f"/dip{BASE}/1/", "/login", f"/dip{BASE}/1/login"),
            (f"{BASE}/1/", "http://localhost/login?a", f"{BASE}/1/login?a"),
            (f"{BASE}/1/", "login", "login"),
            (f"{BASE}/1/", f"{BASE}/2/", f"{BASE}/2/"),
            (f"{BASE}/1/", "http://elsewhere/x", "http://elsewhere/x"),
            (f"{BASE}/2/", "/login", "/login"),
            (f"/dip{BASE}/2/", f"{BASE}/2/login", f"/dip{BASE}/2/login"),
        ]:
            answer = await say(front.port, get(f"{asked}?{to}"))
            assert field(answer, "location") == seen
