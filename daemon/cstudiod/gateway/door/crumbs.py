"""Our own cookies: their names, how they are set, and how they are read.

Cookies know no ports, so a name has the port of its gateway in it. A browser may send
several of one name (another path's, another domain's): any of them may be the one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PAIR = re.compile(r"\s*([^=;\s]+)=([A-Za-z0-9_-]{1,128})\s*")


def page_name(port: int, *, is_secure: bool) -> str:
    """Return the name of the page's cookie."""
    return f"{'__Host-' if is_secure else ''}cstudio_session_{port}"


def studio_names(port: int, *, is_secure: bool) -> tuple[str, ...]:
    """Return the names of the cookies at the studios' host: in a frame, and in a tab.

    In a frame of the page a browser keeps only what is `SameSite=None` and `Secure`, which
    some take over plain HTTP from loopback, and some do not.
    """
    framed = f"{'__Host-' if is_secure else ''}cstudio_studios_{port}"
    return (framed,) if is_secure else (framed, f"cstudio_studios_tab_{port}")


def page_cookie(port: int, secret: str, *, is_secure: bool) -> bytes:
    """Return the `Set-Cookie` of the page's host; without a secret, one that deletes it."""
    name = page_name(port, is_secure=is_secure)
    return _field(name, secret, "SameSite=Lax" + ("; Secure" if is_secure else ""))


def studio_cookies(port: int, secret: str, *, is_secure: bool) -> Sequence[bytes]:
    """Return the `Set-Cookie` fields of the studios' host."""
    framed, *others = studio_names(port, is_secure=is_secure)
    return [
        _field(framed, secret, "SameSite=None; Secure; Partitioned"),
        *(_field(name, secret, "SameSite=Lax") for name in others),
    ]


def _field(name: str, secret: str, rest: str) -> bytes:
    gone = "" if secret else "; Max-Age=0"
    return f"{name}={secret}; Path=/; HttpOnly; {rest}{gone}".encode("ascii")


def values(fields: Sequence[tuple[bytes, bytes]], names: Sequence[str]) -> list[str]:
    """Return what a request's cookies of these names hold."""
    found = []
    for field, value in fields:
        if field != b"cookie":
            continue
        for piece in value.decode("latin-1").split(";"):
            match = _PAIR.fullmatch(piece)
            if match and match[1] in names:
                found.append(match[2])
    return found
