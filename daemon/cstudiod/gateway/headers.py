"""Header fields on their way in and out: pure functions over lists of (name, value).

A field that speaks of the connection (RFC 9110,
7.6.1) ends here; one that speaks for the browser's whole origin is not a studio's to
send; what a server reads about who asks is ours to say, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cstudiod.gateway import cookies
from cstudiod.gateway.routes import Route

Fields = list[tuple[bytes, bytes]]

_OF_THE_CONNECTION = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_SAID_BY_US = frozenset({b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url"})
_SAID_BY_US_PREFIXES = (b"x-forwarded-", b"x-cstudio-")
_OF_THE_ORIGIN = frozenset(
    {
        b"alt-svc",
        b"clear-site-data",
        b"public-key-pins",
        b"service-worker-allowed",
        b"set-cookie2",
        b"strict-transport-security",
    }
)
_ABOUT_FRAMES = frozenset({b"x-frame-options", b"content-security-policy"})
_OUR_KEY = re.compile(rb"\s*bearer\s+cst_", re.IGNORECASE)
_LEARNED = re.compile(rb"Chrome/|Firefox/")
"""Browsers that take a `Secure` cookie over plain HTTP from loopback."""
_ABSOLUTE = re.compile(rb"https?://([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)

FAULT = b"x-cstudio-fault"
"""How the container's nginx says that an error is its own."""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, and how."""

    host: bytes
    """The `Host` field."""
    peer: str
    is_secure: bool


def value_of(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the first field of that name (in lower case), if there is one."""
    return next((value for key, value in fields if key.lower() == name), None)


def words_of(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> frozenset[bytes]:
    """Return the words of all fields of that name, in lower case: a comma separates them."""
    values = b",".join(value for key, value in fields if key.lower() == name)
    return frozenset(word.strip().lower() for word in values.split(b",")) - {b""}


def wants_websocket(fields: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether the request asks for a WebSocket; no other protocol is let through."""
    is_asked = b"upgrade" in words_of(fields, b"connection")
    return is_asked and words_of(fields, b"upgrade") == {b"websocket"}


def outward(
    fields: Sequence[tuple[bytes, bytes]], asker: Asker, extra: Mapping[str, str]
) -> Fields:
    """Return what the server gets to read.

    Args:
        fields: The request's.
        asker: What we say about the browser.
        extra: Fields that replace the browser's.
    """
    ours = {name.lower().encode(): value.encode("latin-1") for name, value in extra.items()}
    named = words_of(fields, b"connection") - {b"cookie", b"host"}
    dropped = _OF_THE_CONNECTION | named | {b"content-length"}
    kept: Fields = []
    for written, value in fields:
        name = written.lower()
        if name in dropped or name in ours or _is_ours_to_say(name):
            continue
        if name == b"authorization" and _OUR_KEY.match(value):
            continue
        cleaned = cookies.outward(value) if name == b"cookie" else value
        if cleaned or not value:
            kept.append((written, cleaned))
    kept += _framing(fields)
    kept += [
        (b"X-Forwarded-For", asker.peer.encode("ascii")),
        (b"X-Forwarded-Proto", b"https" if asker.is_secure else b"http"),
        (b"X-Forwarded-Host", asker.host),
    ]
    if wants_websocket(fields):
        kept += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    return kept + list(ours.items())


def _is_ours_to_say(name: bytes) -> bool:
    # Servers of CGI's kind cannot tell `_` from `-` in a name.
    plain = name.replace(b"_", b"-")
    return plain in _SAID_BY_US or plain.startswith(_SAID_BY_US_PREFIXES)


def _framing(fields: Sequence[tuple[bytes, bytes]]) -> Fields:
    length = value_of(fields, b"content-length")
    if value_of(fields, b"transfer-encoding") is not None:
        return [(b"Transfer-Encoding", b"chunked")]
    return [] if length is None else [(b"Content-Length", length)]


def inward(
    fields: Sequence[tuple[bytes, bytes]],
    route: Route,
    host: bytes,
    *,
    strips: bool,
    framers: Sequence[str] | None = None,
    is_framed: bool = False,
) -> Fields:
    """Return what the browser gets to read; framing is added by h11 where it is missing.

    Args:
        fields: The answer's.
        route: Whose answer it is.
        host: The `Host` that the browser asked for.
        strips: The server does not know its prefix.
        framers: Origins, besides its own, whose pages may show it; None: as it says itself.
        is_framed: Its cookies are to come back also from a frame in another site's page.
    """
    dropped = _OF_THE_CONNECTION | _OF_THE_ORIGIN | words_of(fields, b"connection")
    is_chunked = value_of(fields, b"transfer-encoding") is not None
    kept: Fields = []
    for written, value in fields:
        name = written.lower()
        if name in dropped or name.startswith(b"x-cstudio-"):
            continue
        if name == b"content-length" and is_chunked:
            continue
        if name == b"set-cookie":
            cookie = cookies.inward(value, route, is_framed=is_framed)
            kept += [] if cookie is None else [(written, cookie)]
        elif name == b"location":
            kept.append((written, location(value, route, host, strips=strips)))
        else:
            kept.append((written, value))
    return kept if framers is None else _framable(kept, framers)


def _framable(fields: Fields, framers: Sequence[str]) -> Fields:
    """Return the fields with our say on who may show it, instead of the server's."""
    kept = [(written, value) for written, value in fields if written.lower() not in _ABOUT_FRAMES]
    for written, value in fields:
        if written.lower() == b"content-security-policy":
            parts = [one.strip() for one in value.split(b";") if not _is_about_frames(one)]
            parts = [one for one in parts if one]  # a value that ends in a space h11 refuses
            if parts:
                kept.append((written, b"; ".join(parts)))
    ancestors = " ".join(["frame-ancestors 'self'", *framers])
    kept.append((b"Content-Security-Policy", ancestors.encode("ascii")))
    if value_of(fields, b"cross-origin-resource-policy") is None:
        kept.append((b"Cross-Origin-Resource-Policy", b"same-origin"))
    return kept


def _is_about_frames(directive: bytes) -> bool:
    return directive.strip().lower().startswith(b"frame-ancestors")


def keeps_cookies_in_frames(fields: Iterable[tuple[bytes, bytes]], asker: Asker) -> bool:
    """Tell whether a browser takes a cookie that is `Secure`, as frames need it, from us."""
    return asker.is_secure or _LEARNED.search(value_of(fields, b"user-agent") or b"") is not None


def location(value: bytes, route: Route, host: bytes, *, strips: bool) -> bytes:
    """Return a `Location` that a browser can follow.

    A server that does not know its prefix leaves it without meaning to: its ``/x`` is
    put below the port. One that knows it is believed, but for ``/dip``.
    """
    path = value
    absolute = _ABSOLUTE.fullmatch(value)
    if absolute is not None:
        if absolute[1].lower() != host.lower():
            return value
        path = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    if not path.startswith(b"/") or path.startswith((b"//", b"/\\")):
        return value
    if strips:
        return cookies.scoped(path, route)
    inside = route.outer and (route.outer.encode() + path).startswith(route.base.encode())
    return route.outer.encode() + path if inside else value
