"""Whose a request is, and what of its path the server behind it gets to see.

A studio is at `/code-studios/PROJECT/STUDIO/PORT/`, and the same below `/dip`. Servers
know the first form only, so `/dip` is taken off before anything else. The prefix must
stand as it is written here, nothing of it encoded: what nginx, a server and we
understand by it is then the same. What follows is passed on byte for byte, unless one
of the ways to read it leads out of the prefix.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from cstudio_runner import subpaths

from cstudiod.gateway import faults
from cstudiod.gateway.faults import Fault

_PREFIX = re.compile(
    r"(?P<outer>(?:/dip)?)"
    r"(?P<base>/code-studios/(?P<project>[\w.~-]+)/(?P<studio>[\w.~-]+))"
    r"(?:/(?P<port>[1-9]\d{0,4})(?P<rest>/.*)?|/?)",
    re.ASCII | re.DOTALL,
)
_STUDIOS = re.compile(r"/(?:dip|code-studios|web-apps-backends)(?:[/?]|$)")
_ODD = re.compile(r"[\x00-\x1f\x7f\\#;]|//|/\.\.?(?:/|$)")
_HIGHEST_PORT = 65535
_ESCAPED_SLASH = re.compile(rb"%2f", re.IGNORECASE)
_ESCAPED_BACKSLASH = re.compile(rb"%5c", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Route:
    """A request for a studio, or for one of its ports."""

    project: str
    studio: str
    port: int
    """0: none was named."""
    outer: str
    """``/dip`` or nothing: what stands before the rest in the browser."""
    prefix: str
    """`subpaths`' PFX: ``/code-studios/PROJECT/STUDIO/PORT``."""
    asked: str
    """The raw request target without `outer`: path, and query with its ``?``."""

    @property
    def base(self) -> str:
        """Where all of the studio is, as the browser sees it, with a slash."""
        return f"{self.outer}/code-studios/{self.project}/{self.studio}/"

    @property
    def seen(self) -> str:
        """Where the port is, as the browser sees it, without a slash."""
        return self.outer + self.prefix

    @property
    def path(self) -> str:
        """The path decoded and normalised, without `outer` and query."""
        path = unquote_to_bytes(self.asked.partition("?")[0]).decode("utf-8", "replace")
        return posixpath.normpath(path) + ("/" if path.endswith("/") else "")


@dataclass(frozen=True)
class Redirect:
    """A missing slash, or the right thing asked for at the wrong host."""

    location: str
    status: int = 301


def find(target: str) -> Route | Redirect | Fault:
    """Return whose a raw request target is; it begins with a slash."""
    path, mark, query = target.partition("?")
    if "#" in path or "\0" in path or "%00" in path:
        return faults.malformed("the path holds what no path may")
    match = _PREFIX.fullmatch(path)
    if match is None or {".", ".."} & {match["project"], match["studio"]}:
        return faults.unknown_path(path)
    port = int(match["port"] or 0)
    if port > _HIGHEST_PORT:
        return faults.unknown_path(path)
    rest = match["rest"]
    if port and rest is None:
        return Redirect(path + "/" + mark + query)
    if rest is not None and leaves(rest):
        return faults.confusing_path()
    return Route(
        project=match["project"],
        studio=match["studio"],
        port=port,
        outer=match["outer"],
        prefix=match["base"] + (f"/{port}" if port else ""),
        asked=target[len(match["outer"]) :],
    )


def is_a_studios(target: str) -> bool:
    """Tell whether a target is in the part of the paths that belongs to studios."""
    return _STUDIOS.match(target) is not None


def own_path(target: str) -> str | Fault:
    """Return what path of our own a raw target names, decoded.

    Nothing of ours needs dots, doubled or encoded slashes: who writes them means to be
    read in two ways.
    """
    raw = target.partition("?")[0]
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return faults.malformed("the path holds what no path may")
    if _ESCAPED_SLASH.search(raw.encode()) or _ODD.search(path) or not path.startswith("/"):
        return faults.malformed("the path could be read in two ways")
    return path


def leaves(path: str) -> bool:
    """Tell whether a path leads above its start, in any way in which somebody may read it.

    Slashes may be written as ``%2f``, be merged, and be backslashes; dots may be
    encoded; what follows a semicolon may be taken for a parameter.
    """
    raw = path.encode("utf-8", "surrogateescape")
    slashed = _ESCAPED_SLASH.sub(b"/", raw)
    readings = {
        raw,
        slashed,
        _ESCAPED_BACKSLASH.sub(b"/", raw).replace(b"\\", b"/"),
        _ESCAPED_BACKSLASH.sub(b"/", slashed).replace(b"\\", b"/"),
    }
    return any(_climbs(reading) for reading in readings)


def _climbs(path: bytes) -> bool:
    depth = 0
    for segment in path.split(b"/"):
        name = unquote_to_bytes(segment).partition(b";")[0]
        if name == b"..":
            depth -= 1
        elif name not in (b"", b"."):
            depth += 1
        if depth < 0:
            return True
    return False


def target(route: Route, subpath: str, *, has_nginx: bool) -> str:
    """Return what the other end of the connection is asked for."""
    if has_nginx:
        return route.asked
    found = subpaths.target(subpath, route.prefix, route.asked)
    assert found is not None, "a route's target is below its prefix"
    return found
