"""The head of a request."""

from __future__ import annotations

import h11
import pytest
from cstudiod.gateway import heads
from cstudiod.gateway.faults import Refused


def _parse(head: bytes) -> h11.Request:
    return heads.parse(head, h11.Connection(h11.SERVER))


def test_a_request() -> None:
    """Its target stays as it is."""
    request = _parse(b"GET /a%2Fb//c?d HTTP/1.1\r\nHost: x\r\nX: \xe9\tb\r\n\r\n")
    assert (request.method, request.target) == (b"GET", b"/a%2Fb//c?d")
    assert list(request.headers) == [(b"host", b"x"), (b"x", b"\xe9\tb")]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\x7f\r\n\r\n", 400),
        (b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01 this is TLS\r\n\r\n", 400),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 256 + b"\r\n", 431),
    ],
)
def test_what_is_refused(head: bytes, status: int) -> None:
    """With the status that says why."""
    with pytest.raises(Refused) as refused:
        _parse(head)
    assert refused.value.fault.status == status


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/a?b", "/a?b"),
        (b"//a", "//a"),
        (b"http://X:1/a%2Fb", "/a%2Fb"),
        (b"HTTP://x:1", "/"),
        (b"http://x:1?q", "/?q"),
    ],
)
def test_targets(target: bytes, expected: str) -> None:
    """A proxy's form is reduced to path and query."""
    request = h11.Request(method="GET", target=target, headers=[("Host", "x:1")])
    assert heads.target_of(request, "x:1") == expected


@pytest.mark.parametrize("target", [b"*", b"a", b"x:1", b"ftp://x:1/", b"http://y/", b"http://"])
def test_targets_that_are_not_ours(target: bytes) -> None:
    """Another host, another scheme, no path."""
    request = h11.Request(method="GET", target=target, headers=[("Host", "x:1")])
    with pytest.raises(Refused):
        heads.target_of(request, "x:1")
