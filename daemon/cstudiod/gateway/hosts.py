"""By what names we may be asked, and which pages may change something.

A name server can make any name point at loopback, so the name in `Host` says whether a
page meant us; `Origin` says which page a change comes from.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from cstudiod.gateway.settings import is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>\d{1,5}))?", re.A)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#@\s]+)", re.A)
_USUAL_PORTS = {"http": "80", "https": "443"}


def name_of(authority: str) -> str | None:
    """Return the name in a `Host`, in lower case; None where it is not well-formed."""
    match = _AUTHORITY.fullmatch(authority.lower())
    return match["name"].rstrip(".") if match else None


def is_known(authority: str, configured: Collection[str]) -> bool:
    """Tell whether that `Host` means us: a name of loopback, or a configured one."""
    name = name_of(authority)
    if name is None:
        return False
    if is_loopback(name) or name.endswith(".localhost"):
        return True
    return name.strip("[]") in {one.lower().strip("[]") for one in configured}


def may_change(origin: str | None, authority: str, configured: Collection[str]) -> bool:
    """Tell whether what a page of `origin` wants changed at `authority` may be.

    Without an Origin no browser's page asks: they send it with every such request.
    """
    if origin is None or origin.lower() in {one.lower().rstrip("/") for one in configured}:
        return True
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None:
        return False
    port = _USUAL_PORTS[match["scheme"]]
    return _with_port(match["authority"], port) == _with_port(authority.lower(), port)


def _with_port(authority: str, port: str) -> str:
    match = _AUTHORITY.fullmatch(authority)
    return f"{match['name']}:{match['port'] or port}" if match else ""
