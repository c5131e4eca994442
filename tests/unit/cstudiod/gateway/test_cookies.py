"""Cookies: ours stay here, theirs stay there."""

from __future__ import annotations

import pytest
from cstudiod.gateway import cookies, routes
from cstudiod.gateway.routes import Route

BASE = b"/code-studios/P/s"


def _route(outer: str = "") -> Route:
    route = routes.find(f"{outer}/code-studios/P/s/1/x")
    assert isinstance(route, Route)
    return route


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (b"a=1;b=2", b"a=1;b=2"),
        (b'a="x; y"; b=%20\xe9==', b'a="x; y"; b=%20\xe9=='),
        (b"cstudio_session=x", b""),
        (b"a=1; cstudio_session=x; b=2", b"a=1; b=2"),
        (b"CSTUDIO_SESSION=x; __Host-cstudio_session=y; a=1", b"a=1"),
        (b"a=cstudio_session", b"a=cstudio_session"),
        (b"cstudios=1", b"cstudios=1"),
    ],
)
def test_ours_are_not_passed_on(sent: bytes, passed: bytes) -> None:
    """All others byte for byte."""
    assert cookies.outward(sent) == passed


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b"a=b", b"a=b"),
        (b"a=b; Path=/", b"a=b; Path=" + BASE + b"/1/"),
        (b"a=b; path=/x; HttpOnly", b"a=b; Path=" + BASE + b"/1/x; HttpOnly"),
        (b"a=b; Path=" + BASE + b"/1/", b"a=b; Path=" + BASE + b"/1/"),
        (b"a=b; Path=" + BASE, b"a=b; Path=" + BASE),
        (b"a=b; Path=" + BASE + b"tudio", b"a=b; Path=" + BASE + b"/1" + BASE + b"tudio"),
        (b"a=b; Path=", b"a=b; Path=" + BASE + b"/1/"),
        (b"a=b; Path=/; Path=/y", b"a=b; Path=" + BASE + b"/1/; Path=" + BASE + b"/1/y"),
        (b"a=b; Domain=localhost; Max-Age=1", b"a=b; Max-Age=1"),
        (b'a="x y%3d\xe9"; SameSite=Lax', b'a="x y%3d\xe9"; SameSite=Lax'),
        (b" cstudio_session=b", None),
        (b"__Host-a=b; Path=/; Secure", None),
    ],
)
def test_theirs_reach_no_further_than_the_studio(said: bytes, kept: bytes | None) -> None:
    """Paths are put below the port, domains dropped."""
    assert cookies.inward(said, _route()) == kept


def test_below_dip() -> None:
    """Where the browser is, or it would never send them."""
    assert cookies.inward(b"a=b; Path=" + BASE + b"/1/", _route("/dip")) == (
        b"a=b; Path=/dip" + BASE + b"/1/"
    )


@pytest.mark.parametrize(
    "field",
    [b"a=b; Path=/", b"a=b; Path=/; SameSite=Lax; Secure", b"a=b;path=/;samesite=Strict"],
)
def test_a_cookie_may_be_for_frames(field: bytes) -> None:
    """Then it is kept for the one page that shows the studio, whatever the server says."""
    route = routes.find("/code-studios/P/s/1/x")
    assert isinstance(route, Route)
    expected = b"a=b; Path=/code-studios/P/s/1/; SameSite=None; Secure; Partitioned"
    assert cookies.inward(field, route, is_framed=True) == expected
