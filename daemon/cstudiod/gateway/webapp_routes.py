"""Which web app a request is for, and how its replica and its visitor see the same path; pure.

A web app is at `/web-apps-backends/PROJECT/ID/`, and the same below `/dip`. Each replica's
programs know a prefix of their own, `/web-apps-backends/PROJECT/ID_POD/PORT`, as the
original's do; so what is asked at the first is asked of a replica at the second, and what
a replica answers is told in terms of the first. Who follows an address that a program
made of its own prefix comes to that very replica, as long as it lives.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from cstudiod.gateway import faults, routes
from cstudiod.gateway.faults import Fault
from cstudiod.gateway.routes import Redirect, Route
from cstudiod.model.webapps import PREFIX, base_path, replica_path

COOKIE = "cstudio-replica"
"""Keeps a visitor with one replica. It names one of ours, so no server is told it."""

_PATH = re.compile(
    r"(?P<outer>(?:/dip)?)"
    rf"{PREFIX}/(?P<project>[\w.~-]+)/(?P<id>[A-Za-z0-9]+)"
    r"(?:_(?P<pod>[a-z0-9.-]+)(?:/(?P<port>[1-9]\d{0,4})(?=/|$))?)?"
    r"(?P<rest>/.*)?",
    re.ASCII | re.DOTALL,
)
_OURS = re.compile(rf"(?:/dip)?{PREFIX}(?:[/?]|$)")
_HIGHEST_PORT = 65535
_COOKIE_PATH = re.compile(rb";\s*path=([^;]*)", re.IGNORECASE)

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class WebAppRoute:
    """A request for a web app, or for one of its replicas."""

    project: str
    id: str
    outer: str
    """``/dip`` or nothing."""
    pod: str = ""
    """The replica that is named; empty: whichever."""
    port: int = 0
    """0 where no replica is named."""
    rest: str
    """What the web app is asked for: begins with a slash, with the query."""

    @property
    def seen(self) -> str:
        """Where the web app is, as the browser sees it, without a slash."""
        return self.outer + base_path(self.project, self.id)


@dataclass(frozen=True, kw_only=True)
class Inside(Route):
    """The same request as a replica is asked it: `prefix` is the one that it knows.

    `studio` is ``ID/UID``, which is no studio's name.
    """

    shown: str
    """What the browser has instead of `seen`; the same where the replica itself was named."""
    whole: str
    """Where the web app is, as the browser sees it, without a slash."""
    keeps: str = field(default="")
    """The replica that the visitor is to come back to; empty: nothing has to be said."""
    is_framed: bool = False
    """That is to be known also in a frame of another site's page: see `cookies.inward`."""

    @property
    def base(self) -> str:
        """Where all of the replica is: nothing of it is reached above its port."""
        return f"{self.seen}/"

    def told(self, fields: Fields) -> Fields:
        """Return an answer's fields as the browser gets to read them."""
        seen, shown = self.seen.encode(), self.shown.encode()
        kept: Fields = []
        for name, value in fields:
            match name.lower():
                case b"location":
                    kept.append((name, _moved(value, seen, shown)))
                case b"set-cookie":
                    # Pages are asked for at one address, and what programs refer to by
                    # their own prefix at another: the cookie is for both.
                    both = dict.fromkeys((_at(value, seen, self.whole.encode()), value))
                    kept += [(name, one) for one in both]
                case _:
                    kept.append((name, value))
        if self.keeps:
            kept.append((b"Set-Cookie", self._keeping()))
        return kept

    def _keeping(self) -> bytes:
        about = "SameSite=None; Secure; Partitioned" if self.is_framed else "SameSite=Lax"
        return f"{COOKIE}={self.keeps}; Path={self.whole}/; HttpOnly; {about}".encode("ascii")


def is_one(target: str) -> bool:
    """Tell whether a target is in the part of the paths that belongs to web apps."""
    return _OURS.match(target) is not None


def find(target: str) -> WebAppRoute | Redirect | Fault:
    """Return which web app a raw request target is for; it begins with a slash."""
    path, mark, query = target.partition("?")
    if "#" in path or "\0" in path or "%00" in path:
        return faults.malformed("the path holds what no path may")
    match = _PATH.fullmatch(path)
    if match is None or match["project"] in (".", ".."):
        return faults.unknown_path(path)
    port = int(match["port"] or 0)
    if port > _HIGHEST_PORT:
        return faults.unknown_path(path)
    rest = match["rest"]
    if rest is None:
        return Redirect(path + "/" + mark + query)
    if routes.leaves(rest):
        return faults.confusing_path()
    route = WebAppRoute(
        project=match["project"],
        id=match["id"],
        outer=match["outer"],
        pod=(match["pod"] or "") if port else "",
        port=port,
        rest=rest + mark + query,
    )
    return anywhere(route) if match["pod"] and not port else route


def anywhere(route: WebAppRoute) -> Redirect:
    """Return the way to whichever replica there is, for a request that names one."""
    return Redirect(route.seen + route.rest, 307)


def inside(
    route: WebAppRoute, uid: str, pod: str, port: int, *, keep: bool, is_framed: bool = False
) -> Inside:
    """Return a request as the replica `uid` is asked it.

    Args:
        route: What the browser asks for.
        uid: The replica's.
        pod: What ``${K8S_POD_NAME}`` is there.
        port: The published one.
        keep: Tell the browser to come back to this replica.
        is_framed: Also from a frame in another site's page.
    """
    prefix = f"{replica_path(route.project, route.id, pod)}/{port}"
    return Inside(
        project=route.project,
        studio=f"{route.id}/{uid}",
        port=port,
        outer=route.outer,
        prefix=prefix,
        asked=prefix + route.rest,
        shown=route.outer + prefix if route.pod else route.seen,
        whole=route.seen,
        keeps=uid if keep else "",
        is_framed=is_framed,
    )


def path_of(route: WebAppRoute) -> str:
    """Return the path that is asked for, decoded and normalised, without the query."""
    raw = base_path(route.project, route.id) + route.rest.partition("?")[0]
    path = unquote_to_bytes(raw).decode("utf-8", "replace")
    return posixpath.normpath(path) + ("/" if path.endswith("/") else "")


def wanted(fields: Fields) -> str:
    """Return the replica that a browser was told to come back to; empty: none."""
    for name, value in fields:
        if name == b"cookie":
            for piece in value.split(b";"):
                key, _, content = piece.strip().partition(b"=")
                if key == COOKIE.encode():
                    return content.decode("latin-1")
    return ""


def _moved(value: bytes, seen: bytes, shown: bytes) -> bytes:
    """Return a `Location` below `seen` as one below `shown`."""
    match = re.fullmatch(rb"(https?://[^/?#]+)?(/[^?#]*)(.*)", value, re.IGNORECASE | re.DOTALL)
    if match is None or not (match[2] + b"/").startswith(seen + b"/"):
        return value
    return (match[1] or b"") + (shown + match[2][len(seen) :]) + match[3]


def _at(value: bytes, seen: bytes, whole: bytes) -> bytes:
    """Return a cookie below `seen` as one below `whole`."""
    match = _COOKIE_PATH.search(value)
    if match is None:
        return value + b"; Path=" + whole + b"/"
    path = match[1].strip()
    below = path[len(seen) :] if (path + b"/").startswith(seen + b"/") else b"/"
    return value[: match.start(1)] + whole + below + value[match.end(1) :]
