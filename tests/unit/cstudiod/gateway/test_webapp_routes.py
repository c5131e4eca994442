"""Which web app a path is for, and the same path as a replica and its visitor see it."""

from __future__ import annotations

import dataclasses

import pytest
from cstudiod.gateway import webapp_routes
from cstudiod.gateway.faults import Fault
from cstudiod.gateway.routes import Redirect
from cstudiod.gateway.webapp_routes import Inside, WebAppRoute

BASE = "/web-apps-backends/P/Ab3xY9z"
POD = "cstudio-a1-7d9f-x2"


def _route(target: str) -> WebAppRoute:
    found = webapp_routes.find(target)
    assert isinstance(found, WebAppRoute), found
    return found


def _inside(target: str, *, keep: bool = False) -> Inside:
    return webapp_routes.inside(_route(target), "a1", POD, 8001, keep=keep)


@pytest.mark.parametrize(
    ("target", "outer", "pod", "port", "rest"),
    [
        (f"{BASE}/", "", "", 0, "/"),
        (f"{BASE}/a%2Fb//c?q=/..", "", "", 0, "/a%2Fb//c?q=/.."),
        (f"/dip{BASE}/x", "/dip", "", 0, "/x"),
        (f"{BASE}/8001/x", "", "", 0, "/8001/x"),
        (f"{BASE}_{POD}/8001/x?y", "", POD, 8001, "/x?y"),
        (f"/dip{BASE}_{POD}/8001/", "/dip", POD, 8001, "/"),
    ],
)
def test_what_is_asked_for(target: str, outer: str, pod: str, port: int, rest: str) -> None:
    """The web app's own address, or that of one of its replicas; the rest as it came."""
    assert _route(target) == WebAppRoute(
        project="P", id="Ab3xY9z", outer=outer, pod=pod, port=port, rest=rest
    )


@pytest.mark.parametrize(
    ("target", "location", "status"),
    [
        (BASE, f"{BASE}/", 301),
        (f"{BASE}?a=b", f"{BASE}/?a=b", 301),
        (f"/dip{BASE}_{POD}/8001", f"/dip{BASE}_{POD}/8001/", 301),
        (f"{BASE}_{POD}/x?y", f"{BASE}/x?y", 307),
        (f"{BASE}_{POD}/80012345/x", f"{BASE}/80012345/x", 307),
    ],
)
def test_where_else_to_ask(target: str, location: str, status: int) -> None:
    """A missing slash is added; a pod without its port leads to whichever replica there is."""
    assert webapp_routes.find(target) == Redirect(location, status)


@pytest.mark.parametrize(
    "target",
    [
        "/web-apps-backends/",
        "/web-apps-backends/P",
        "/web-apps-backends/P/",
        "/web-apps-backends/../Ab3xY9z/",
        "/web-apps-backends/P%2F/Ab3xY9z/",
        "/Web-Apps-Backends/P/Ab3xY9z/",
        f"{BASE}_UPPER/8001/",
        f"{BASE}_{POD}/99999/x",
        f"{BASE}/../../code-studios/P/s/1/",
        f"{BASE}/%2e%2e/x",
        f"{BASE}/a/..%2f..%2f../x",
        f"{BASE}/..\\x",
        f"{BASE}_{POD}/8001/../../x",
        f"{BASE}/a%00b",
    ],
)
def test_what_is_no_web_apps(target: str) -> None:
    """Other paths, and those that leave it in one of the ways to read them."""
    assert isinstance(webapp_routes.find(target), Fault)


def test_whose_paths_they_are() -> None:
    """Only what is below the two prefixes."""
    mine = [f"{BASE}/", "/web-apps-backends", "/dip/web-apps-backends/x", "/web-apps-backends?x"]
    others = ["/code-studios/P/s/1/", "/web-apps-backendsx/", "/", "/dip/code-studios/"]
    assert [webapp_routes.is_one(one) for one in (*mine, *others)] == [True] * 4 + [False] * 4


@pytest.mark.parametrize("target", [f"{BASE}/a%2Fb?q", f"{BASE}_{POD}/8001/a%2Fb?q"])
def test_what_a_replica_is_asked(target: str) -> None:
    """The prefix that its programs know, whichever address was asked for; byte for byte."""
    inside = _inside(target)
    assert inside.asked == f"{BASE}_{POD}/8001/a%2Fb?q"
    assert (inside.prefix, inside.studio) == (f"{BASE}_{POD}/8001", "Ab3xY9z/a1")


IN = f"{BASE}_{POD}/8001"


@pytest.mark.parametrize(
    ("target", "said", "told"),
    [
        (f"{BASE}/", f"{IN}/home?x=1", f"{BASE}/home?x=1"),
        (f"{BASE}/", f"{IN}", f"{BASE}"),
        (f"{BASE}/", f"http://h:1{IN}/home", f"http://h:1{BASE}/home"),
        (f"{BASE}/", f"{IN}x/home", f"{IN}x/home"),
        (f"{BASE}/", "https://elsewhere/x", "https://elsewhere/x"),
        (f"{BASE}/", "next", "next"),
        (f"/dip{BASE}/", f"/dip{IN}/home", f"/dip{BASE}/home"),
        (f"{IN}/", f"{IN}/home", f"{IN}/home"),
    ],
)
def test_where_a_replica_sends_somebody(target: str, said: str, told: str) -> None:
    """In terms of the address that was asked for."""
    fields = _inside(target).told([(b"Location", said.encode())])
    assert fields == [(b"Location", told.encode())]


@pytest.mark.parametrize(
    ("target", "said", "told"),
    [
        (f"{BASE}/", f"a=b; Path={IN}/x", [f"a=b; Path={BASE}/x", f"a=b; Path={IN}/x"]),
        (f"{IN}/", f"a=b; Path={IN}/", [f"a=b; Path={BASE}/", f"a=b; Path={IN}/"]),
        (f"{BASE}/", "a=b; HttpOnly", [f"a=b; HttpOnly; Path={BASE}/", "a=b; HttpOnly"]),
        (
            f"/dip{BASE}/",
            f"a=b; Path=/dip{IN}/",
            [f"a=b; Path=/dip{BASE}/", f"a=b; Path=/dip{IN}/"],
        ),
    ],
)
def test_cookies_are_for_both_addresses(target: str, said: str, told: list[str]) -> None:
    """A page is at one of them, what it refers to by its program's prefix at the other."""
    fields = _inside(target).told([(b"Set-Cookie", said.encode())])
    assert [value.decode() for _, value in fields] == told


def test_a_new_visitor_is_told_to_come_back() -> None:
    """With a cookie that says nothing but which replica it was, for this web app alone."""
    ((name, value),) = _inside(f"/dip{BASE}/", keep=True).told([])
    assert name == b"Set-Cookie"
    assert value == f"cstudio-replica=a1; Path=/dip{BASE}/; HttpOnly; SameSite=Lax".encode()
    assert _inside(f"{BASE}/").told([]) == []
    framed = dataclasses.replace(_inside(f"{BASE}/", keep=True), is_framed=True)
    ((_, value),) = framed.told([])
    assert value.endswith(b"; HttpOnly; SameSite=None; Secure; Partitioned")


@pytest.mark.parametrize(
    ("cookie", "uid"),
    [
        (b"cstudio-replica=a1", "a1"),
        (b"x=y; cstudio-replica=a1;z", "a1"),
        (b"cstudio-replicas=a1", ""),
    ],
)
def test_who_comes_back_is_known(cookie: bytes, uid: str) -> None:
    """By that cookie."""
    assert webapp_routes.wanted([(b"host", b"h"), (b"cookie", cookie)]) == uid


def test_a_path_is_decoded_for_the_door() -> None:
    """What is decided on is what everybody understands by it."""
    assert webapp_routes.path_of(_route(f"{BASE}/a%20b/./c/?q")) == f"{BASE}/a b/c/"
