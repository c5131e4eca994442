"""What is looked at to tell whether a studio is ready, and what the answers mean: decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Mapping, Optional, Sequence, Tuple
from urllib.parse import SplitResult, urljoin, urlsplit

from cstudio_runner import variables
from cstudio_runner.launch import Launch
from cstudio_runner.status import Look, PortLook, UrlLook

_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Plan:
    """What to try; all addresses are real ones."""

    ports: Tuple[Tuple[int, int], ...] = ()
    """Exposed port (0: nginx's own) and where to connect to."""
    url: str = ""
    other_urls: Tuple[str, ...] = ()
    """Tried in turn when `url` answers 404."""
    headers: Mapping[str, str] = field(default_factory=dict)


def plan(launch: Launch, environment: Mapping[str, str]) -> Plan:
    """Return what to try in this container."""
    listens = [(port.port, port.listen) for port in launch.ports]
    ports = tuple(pair for pair in listens if pair[0] in launch.readiness.ports)
    if launch.nginx:
        ports += ((0, launch.nginx.port),)
    values = variables.prefixes(launch, environment)
    url = variables.expand(launch.readiness.url, values)
    if not url:
        return Plan(ports)
    asked = urlsplit(url).port or 0
    real = at_listen(url, dict(listens))
    others = tuple(_others(urlsplit(real), values["baseUrl"], asked))
    return Plan(ports, real, others, dict(launch.readiness.headers))


def at_listen(url: str, listens: Mapping[int, int]) -> str:
    """Replace an exposed port on this machine by where its server listens."""
    parts = urlsplit(url)
    listen = listens.get(parts.port or 0)
    if parts.hostname not in _HERE or listen is None:
        return url
    host = "[%s]" % parts.hostname if ":" in (parts.hostname or "") else parts.hostname
    return parts._replace(netloc="%s:%d" % (host, listen)).geturl()


def _others(parts: SplitResult, base: str, asked: int) -> List[str]:
    """Return the same address without the prefix, and with the right one."""
    full = "%s/%d" % (base, asked)
    path, others = parts.path or "/", []
    for prefix in (full, base):
        if path == prefix or path.startswith(prefix + "/"):
            path = path[len(prefix) :] or "/"
            others.append(path)
            break
    if not parts.path.startswith(full):
        others.append(full + path)
    return [parts._replace(path=other).geturl() for other in others]


def next_url(url: str, status: int, location: str) -> str:
    """Return where a redirect on the same server leads; empty when it is none."""
    if not 300 <= status < 400 or not location:
        return ""
    target = urljoin(url, location)
    here, there = urlsplit(url), urlsplit(target)
    try:
        same = (here.hostname, here.port) == (there.hostname, there.port)
    except ValueError:
        return ""
    return target if same and there.scheme == here.scheme else ""


def judged(at: float, ports: Sequence[PortLook], url: Optional[UrlLook], started: str) -> Look:
    """Put the answers together.

    Args:
        at: When it was looked.
        ports: Each port that must listen.
        url: What the readiness URL answered, if there is one.
        started: Why not everything is started, or nothing.
    """
    missing = [started] if started else []
    missing += [_port_sentence(port) for port in ports if port.outcome != "ok"]
    if url is not None and url.outcome != "ok":
        missing.append(url_sentence(url))
    message = "; ".join(missing) if missing else "ready"
    return Look(at, not missing, message, tuple(ports), url)


def _port_sentence(look: PortLook) -> str:
    called = "port %d" % look.port if look.port else "nginx"
    if look.port and look.port != look.listen:
        called += " (here %d)" % look.listen
    if look.outcome == "refused":
        return "nothing listens on %s yet" % called
    return "%s does not answer: %s" % (called, look.detail or look.outcome)


def url_sentence(look: UrlLook) -> str:
    """Say why the readiness URL is not content."""
    if look.outcome == "wrong_prefix":
        with_prefix = len(look.other_url) < len(look.url)
        why = (
            "its server does not know the path prefix: choose the subpath `/`, "
            "or configure the prefix in the server"
            if with_prefix
            else "its server is configured with a path prefix: choose the subpath "
            "`$request_uri`, and put the prefix into the readiness URL"
        )
        tried = (look.url, look.status, look.other_url, look.other_status)
        return "%s answers %d, but %s answers %d; %s" % (*tried, why)
    if look.outcome == "status":
        return "%s answers %d" % (look.redirected_to or look.url, look.status)
    if look.outcome == "refused":
        return "%s: nothing listens there yet" % look.url
    return "%s: %s" % (look.url, look.detail or look.outcome)
