"""Header fields on their way in and out."""

from __future__ import annotations

import pytest
from cstudiod.gateway import headers, routes
from cstudiod.gateway.headers import Asker
from cstudiod.gateway.routes import Route

ASKER = Asker(host=b"localhost:80", peer="::1", is_secure=True)
OURS = [
    (b"X-Forwarded-For", b"::1"),
    (b"X-Forwarded-Proto", b"https"),
    (b"X-Forwarded-Host", b"localhost:80"),
]


def _route() -> Route:
    route = routes.find("/code-studios/P/s/1/x")
    assert isinstance(route, Route)
    return route


def test_fields_of_the_connection_end_here() -> None:
    """Those that `Connection` names too, but never what a request cannot do without."""
    sent = [
        (b"Host", b"localhost:80"),
        (b"Connection", b"keep-alive, X-Hop, Cookie, host"),
        (b"X-Hop", b"1"),
        (b"Keep-Alive", b"1"),
        (b"TE", b"trailers"),
        (b"Proxy-Authorization", b"x"),
        (b"Cookie", b"a=b"),
        (b"Authorization", b"theirs"),
    ]
    assert headers.outward(sent, ASKER, {}) == [
        (b"Host", b"localhost:80"),
        (b"Cookie", b"a=b"),
        (b"Authorization", b"theirs"),
        *OURS,
    ]


def test_ours_replace_theirs() -> None:
    """A secret that we set cannot be set from outside."""
    sent = [(b"authorization", b"theirs"), (b"X-CSTUDIO-A", b"1"), (b"x_cstudio_b", b"2")]
    assert headers.outward(sent, ASKER, {"Authorization": "token t"}) == [
        *OURS,
        (b"authorization", b"token t"),
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((b"Content-Length", b"3"), (b"Content-Length", b"3")),
        ((b"Transfer-Encoding", b"Chunked"), (b"Transfer-Encoding", b"chunked")),
    ],
)
def test_the_framing_stays(sent: tuple[bytes, bytes], expected: tuple[bytes, bytes]) -> None:
    """Also when `Connection` names it, which would leave a body without an end."""
    passed = headers.outward([sent, (b"Connection", sent[0])], ASKER, {})
    assert passed == [expected, *OURS]


@pytest.mark.parametrize(
    ("connection", "upgrade", "expected"),
    [
        (b"Upgrade", b"websocket", True),
        (b"keep-alive, upgrade", b"WebSocket", True),
        (b"keep-alive", b"websocket", False),
        (b"upgrade", b"h2c", False),
        (b"upgrade", b"websocket, h2c", False),
    ],
)
def test_only_websockets_are_upgraded(connection: bytes, upgrade: bytes, expected: bool) -> None:
    """The words stand for themselves, in any case."""
    sent = [(b"Connection", connection), (b"Upgrade", upgrade)]
    assert headers.wants_websocket(sent) is expected
    names = [name for name, _ in headers.outward(sent, ASKER, {})]
    assert (b"Upgrade" in names, b"Connection" in names) == (expected, expected)


def test_an_answer_speaks_for_its_studio_alone() -> None:
    """A chunked answer keeps no length; names keep their spelling."""
    said = [
        (b"Content-Length", b"9"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Alt-Svc", b"h3"),
        (b"Service-Worker-Allowed", b"/"),
        (b"x-cstudio-fault", b"x"),
        (b"ETag", b'"a"'),
        (b"Set-Cookie", b"a=b; Path=/"),
        (b"Set-Cookie", b"cstudio_session=b"),
    ]
    assert headers.inward(said, _route(), b"localhost", strips=True) == [
        (b"ETag", b'"a"'),
        (b"Set-Cookie", b"a=b; Path=/code-studios/P/s/1/"),
    ]


@pytest.mark.parametrize(
    ("said", "strips", "passed"),
    [
        (b"/a", True, b"/code-studios/P/s/1/a"),
        (b"a?b", True, b"a?b"),
        (b"?b", True, b"?b"),
        (b"../2/", True, b"../2/"),
        (b"//elsewhere/a", True, b"//elsewhere/a"),
        (b"/\\elsewhere/a", True, b"/\\elsewhere/a"),
        (b"http://LOCALHOST/a", True, b"/code-studios/P/s/1/a"),
        (b"http://localhost", True, b"/code-studios/P/s/1/"),
        (b"http://localhost:1/a", True, b"http://localhost:1/a"),
        (b"https://elsewhere/", True, b"https://elsewhere/"),
        (b"/code-studios/P/s/2/a", True, b"/code-studios/P/s/2/a"),
        (b"/a", False, b"/a"),
        (b"http://localhost/a", False, b"http://localhost/a"),
    ],
)
def test_locations(said: bytes, strips: bool, passed: bytes) -> None:
    """Only those of a server that does not know its prefix, and only those that leave it."""
    assert headers.location(said, _route(), b"localhost", strips=strips) == passed


@pytest.mark.parametrize(
    ("policy", "passed"),
    [
        (b"default-src 'self';", [b"default-src 'self'"]),  # VS Code's ends in a semicolon
        (b"frame-ancestors 'none'; img-src data: ; ;", [b"img-src data:"]),
        (b" frame-ancestors *", []),
    ],
)
def test_who_may_frame_it_is_ours_to_say(policy: bytes, passed: list[bytes]) -> None:
    """The rest of a policy is kept, in a form that can be sent."""
    sent = [(b"Content-Security-Policy", policy), (b"X-Frame-Options", b"DENY")]
    told = headers.inward(sent, _route(), b"h", strips=True, framers=["http://page"])
    policies = [value for name, value in told if name == b"Content-Security-Policy"]
    assert policies == [*passed, b"frame-ancestors 'self' http://page"]
    assert not any(name == b"X-Frame-Options" for name, _ in told)
