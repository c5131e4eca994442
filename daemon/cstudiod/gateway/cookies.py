"""Cookies: ours stay with us, a studio's stay with the studio, values stay as they are.

A value is never taken apart or written anew: some servers use characters that no
standard allows, and compare byte for byte.
"""

from __future__ import annotations

import re

from cstudiod.gateway.routes import Route

OURS = re.compile(rb"(?:__host-|__secure-)?cstudio[_-]", re.IGNORECASE)
"""How the names of our own cookies begin."""


def outward(value: bytes) -> bytes:
    """Return a `Cookie` field without our own cookies; empty when nothing is left."""
    pieces = value.split(b";")
    kept = [piece for piece in pieces if not OURS.match(piece.strip())]
    return value if len(kept) == len(pieces) else b";".join(kept).strip()


_IN_FRAMES = b" SameSite=None; Secure; Partitioned"
_ABOUT_SITES = frozenset({b"samesite", b"secure", b"partitioned"})


def inward(value: bytes, route: Route, *, is_framed: bool = False) -> bytes | None:
    """Return a `Set-Cookie` field that reaches no further than its studio.

    A path inside the studio is left as it is (below ``/dip``, where the browser is);
    another one is put below the port.

    Args:
        value: The field.
        route: Whose it is.
        is_framed: It is to come back from a frame in another site's page too: browsers keep
            it for that page alone. Who may change something is decided by `Origin`, whatever
            cookies come with it.

    Returns:
        None for a cookie that goes by a name of ours, or that asks for the whole host.
    """
    pair, *attributes = value.split(b";")
    name = pair.strip().lower()
    if OURS.match(name) or name.startswith(b"__host-"):
        return None
    kept = [pair]
    for attribute in attributes:
        key, _, content = attribute.partition(b"=")
        match key.strip().lower():
            case b"domain":
                continue
            case word if is_framed and word in _ABOUT_SITES:
                continue
            case b"path":
                kept.append(b" Path=" + scoped(content.strip(), route))
            case _:
                kept.append(attribute)
    return b";".join([*kept, _IN_FRAMES] if is_framed else kept)


def scoped(path: bytes, route: Route) -> bytes:
    """Return an absolute path that lies in the studio, as the browser sees it."""
    seen = route.base.encode()
    if path.startswith(seen) or path == seen[:-1]:
        return path
    outer = route.outer.encode()
    if (outer + path).startswith(seen) or outer + path == seen[:-1]:
        return outer + path
    # What is no path means "where the answer came from", which is below the port.
    return route.seen.encode() + (path if path.startswith(b"/") else b"/")
