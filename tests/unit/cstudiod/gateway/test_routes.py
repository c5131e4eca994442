"""Whose a request is, by its path alone."""

from __future__ import annotations

import pytest
from cstudiod.gateway import routes
from cstudiod.gateway.faults import Fault
from cstudiod.gateway.routes import Redirect, Route

BASE = "/code-studios/PROJ/my-studio"


def _route(target: str) -> Route:
    found = routes.find(target)
    assert isinstance(found, Route), found
    return found


def test_a_port_of_a_studio() -> None:
    """Its parts, below `/dip` too, where the browser stays."""
    route = _route(f"/dip{BASE}/8888/a%2Fb?q=/..")
    assert route == Route(
        project="PROJ",
        studio="my-studio",
        port=8888,
        outer="/dip",
        prefix=f"{BASE}/8888",
        asked=f"{BASE}/8888/a%2Fb?q=/..",
    )
    assert (route.base, route.seen) == (f"/dip{BASE}/", f"/dip{BASE}/8888")


@pytest.mark.parametrize("end", ["", "/"])
def test_a_studio_without_a_port(end: str) -> None:
    """Whoever answers names its ports."""
    assert (_route(BASE + end).port, _route(BASE + end).prefix) == (0, BASE)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (f"{BASE}/8888", f"{BASE}/8888/"),
        (f"/dip{BASE}/8888?a=b/", f"/dip{BASE}/8888/?a=b/"),
        (f"{BASE}/8888?", f"{BASE}/8888/?"),
    ],
)
def test_a_missing_slash(target: str, location: str) -> None:
    """It is added before the query."""
    assert routes.find(target) == Redirect(location)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/", "wrong_prefix"),
        ("/dip/", "wrong_prefix"),
        ("/code-studios/P", "wrong_prefix"),
        ("/code-studios/P/../8888/", "wrong_prefix"),
        ("/code-studios/./s/8888/", "wrong_prefix"),
        (f"{BASE}/8888a/", "wrong_prefix"),
        (f"{BASE}/65536/", "wrong_prefix"),
        (f"{BASE}/٣/", "wrong_prefix"),
        ("/code-studios/P/s\n/1/", "wrong_prefix"),
        (f"{BASE}/1/..", "bad_request"),
        (f"{BASE}/1/%00", "bad_request"),
        (f"{BASE}/1/#", "bad_request"),
    ],
)
def test_what_is_nobodys(target: str, code: str) -> None:
    """What is not written exactly so is no prefix."""
    found = routes.find(target)
    assert isinstance(found, Fault)
    assert found.code == code


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", False),
        ("/a/..", False),
        ("/a/../b/..", False),
        ("/...", False),
        ("/..a", False),
        ("/a..", False),
        ("/%252e%252e/", False),
        ("/..", True),
        ("/./..", True),
        ("//..", True),
        ("/a/%2E./..", True),
        ("/a%2fb/../..", True),
        ("/a%5c..%5c..", True),
        ("/a\\..\\..", True),
        ("/..;v=1", True),
        ("/a/b/../../../c/d", True),
    ],
)
def test_whether_a_path_leaves(path: str, expected: bool) -> None:
    """In any way of reading it."""
    assert routes.leaves(path) is expected


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/a/../b?x", f"{BASE}/1/b"),
        ("/%61//b/", f"{BASE}/1/a/b/"),
        ("/", f"{BASE}/1/"),
    ],
)
def test_the_path_to_decide_on(asked: str, path: str) -> None:
    """Decoded, normalised, without the query and `/dip`."""
    assert _route(f"/dip{BASE}/1{asked}").path == path


@pytest.mark.parametrize(
    ("subpath", "has_nginx", "target"),
    [
        ("/", False, "/a%2Fb?q"),
        ("$request_uri", False, f"{BASE}/1/a%2Fb?q"),
        ("/$request_uri", False, f"{BASE}/1/a%2Fb?q"),
        ("$uri$is_args$args", False, f"{BASE}/1/a/b?q"),
        ("/", True, f"{BASE}/1/a%2Fb?q"),
    ],
)
def test_what_the_other_end_is_asked_for(subpath: str, has_nginx: bool, target: str) -> None:
    """With nginx in the container nothing is taken off here."""
    assert routes.target(_route(f"/dip{BASE}/1/a%2Fb?q"), subpath, has_nginx=has_nginx) == target
