"""Looks whether servers answer, as a thread of its own: a slow one delays nobody's output."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING, Callable, Dict, Mapping, Tuple
from urllib.parse import urlsplit

from cstudio_runner.launch import Timing
from cstudio_runner.readiness import Plan, judged, next_url
from cstudio_runner.status import Look, PortLook, UrlLook

if TYPE_CHECKING:
    import ssl

_LOOPBACKS = ("127.0.0.1", "::1")
_GOOD = 400
_LONGEST_SECONDS = 30.0
"""Each look renews status.json, which `probe` takes for a sign of life."""


class Looks:
    """Looks again and again, sooner while the studio is not ready."""

    def __init__(
        self,
        plan: Plan,
        timing: Timing,
        started: Callable[[], str],
        tell: Callable[[Look], None],
    ) -> None:
        """Begin with `start`.

        Args:
            plan: What to try.
            timing: How often, and how long one try may take.
            started: Why not everything is started, or nothing.
            tell: Called in the thread with each look.
        """
        self._plan = plan
        self._timing = timing
        self._started = started
        self._tell = tell
        self._again = threading.Event()

    def start(self) -> None:
        """Look from now on, until the process ends."""
        threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def hurry(self) -> None:
        """Look again now: something changed."""
        self._again.set()

    def _run(self) -> None:
        while True:
            self._again.clear()
            look = self._look()
            self._tell(look)
            every = self._timing.check_ready if look.ready else self._timing.check_starting
            self._again.wait(min(every, _LONGEST_SECONDS))

    def _look(self) -> Look:
        """Look; a mistake of ours must not end the thread, or nobody looks again."""
        try:
            return look_at(self._plan, self._timing.probe, self._started)
        except Exception as error:
            return Look(time.time(), False, "looking at readiness failed: %r" % error)


def look_at(plan: Plan, seconds: float, started: Callable[[], str]) -> Look:
    """Try everything once; the URL only when the ports listen."""
    ports = [_port(number, listen, seconds) for number, listen in plan.ports]
    listening = all(port.outcome == "ok" for port in ports)
    url = _url(plan, seconds) if plan.url and listening else None
    return judged(time.time(), ports, url, started())


def _port(number: int, listen: int, seconds: float) -> PortLook:
    outcome, detail = "refused", ""
    for address in _LOOPBACKS:
        try:
            socket.create_connection((address, listen), seconds).close()
            return PortLook(number, listen, "ok")
        except ConnectionRefusedError:
            continue
        except OSError as error:
            if address == _LOOPBACKS[0]:  # there may be no IPv6, which is no news
                outcome, detail = _trouble(error)
    return PortLook(number, listen, outcome, detail)


def _url(plan: Plan, seconds: float) -> UrlLook:
    try:
        status, redirected = _follow(plan.url, plan.headers, seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return UrlLook(plan.url, *_trouble_of_url(error))
    if status < _GOOD:
        return UrlLook(plan.url, "ok", status, redirected_to=redirected)
    if status == 404:
        for other in plan.other_urls:
            try:
                other_status, _ = _follow(other, plan.headers, seconds)
            except (OSError, http.client.HTTPException, ValueError):
                continue
            if other_status < _GOOD:
                wrong = ("wrong_prefix", status, "", redirected)
                return UrlLook(plan.url, *wrong, other_url=other, other_status=other_status)
    return UrlLook(plan.url, "status", status, redirected_to=redirected)


def _follow(url: str, headers: Mapping[str, str], seconds: float) -> Tuple[int, str]:
    """Ask, follow one redirect on the same server, and return status and where it led."""
    status, location = _ask(url, headers, seconds)
    target = next_url(url, status, location)
    if target:
        status, _ = _ask(target, headers, seconds)
    return status, target


def _ask(url: str, headers: Mapping[str, str], seconds: float) -> Tuple[int, str]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = _unverified()
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    sent: Dict[str, str] = {"User-Agent": "cstudio-readiness", "Connection": "close", **headers}
    try:
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""
    finally:
        connection.close()


def _unverified() -> ssl.SSLContext:
    """Return what accepts any certificate: the studio's own server names something else."""
    import ssl  # some small Pythons have none

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trouble_of_url(error: Exception) -> Tuple[str, int, str]:
    if isinstance(error, OSError):
        outcome, detail = _trouble(error)
        return outcome, 0, detail
    return "failed", 0, "no answer that HTTP knows (%s)" % (str(error) or type(error).__name__)


def _trouble(error: OSError) -> Tuple[str, str]:
    if isinstance(error, ConnectionRefusedError):
        return "refused", ""
    if isinstance(error, socket.timeout):
        return "timeout", "no answer in time"
    return "failed", error.strerror or str(error)
