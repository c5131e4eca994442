"""Readiness looks at real servers, and says what they answered."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.studios import BASE, Studio, eventually, free_port

SERVERS = str(Path(__file__).with_name("servers.py"))
PFX = BASE + "/8000"


def _start(
    studio: Studio,
    *,
    prefix: str = "",
    host: str = "127.0.0.1",
    readiness: dict[str, Any],
    timing: dict[str, float] | None = None,
) -> None:
    studio.start(
        entrypoints=[
            {
                "name": "a",
                "port": 8000,
                "command": [sys.executable, SERVERS, "${port}", host, prefix],
            }
        ],
        ports=[{"port": 8000, "listen": free_port()}],
        readiness=readiness,
        timing=timing or {},
    )


def _url(studio: Studio, outcome: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        url = (studio.status().get("readiness") or {}).get("url")
        return url if isinstance(url, dict) and url["outcome"] == outcome else None

    result = eventually(found, f"no {outcome}: {studio.status().get('readiness')}")
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_listens(studio: Studio, host: str) -> None:
    """On either loopback."""
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    _start(studio, host=host, readiness={"tcp": True})
    studio.until_ready()
    assert studio.probe().stdout == "ready\n"


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_url_with_its_prefix_and_one_redirect(studio: Studio) -> None:
    """The exposed port in it means where its server really listens."""
    url = "http://localhost:8000${baseUrlPort8000}/in"
    _start(studio, prefix=PFX, readiness={"tcp": [8000], "url": url})
    studio.until_ready()
    look = _url(studio, "ok")
    assert look["status"] == 200
    assert look["url"].endswith(PFX + "/in")
    assert look["redirected_to"].endswith(PFX + "/")


def test_a_server_that_does_not_know_its_prefix(studio: Studio) -> None:
    _start(studio, prefix="/app", readiness={"url": "http://localhost:8000/app/x"})
    studio.until_ready()
    assert studio.stop() == 0
    _start(studio, readiness={"url": "http://localhost:8000/x"}, prefix=PFX)
    look = _url(studio, "wrong_prefix")
    assert (look["status"], look["other_status"]) == (404, 200)
    assert look["other_url"].endswith(PFX + "/x")
    assert "choose the subpath `$request_uri`" in studio.probe().stdout


def test_a_url_with_a_prefix_that_the_server_does_not_have(studio: Studio) -> None:
    """404 with it, 200 without: an app below its own root that ignores the prefix."""
    code = (
        "import http.server, sys\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200 if self.path == '/x' else 404); "
        "self.end_headers()\n"
        "    def log_message(self, *a): pass\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()"
    )
    studio.start(
        entrypoints=[
            {"name": "a", "port": 8000, "command": [sys.executable, "-c", code, "${port}"]}
        ],
        ports=[{"port": 8000, "listen": free_port()}],
        readiness={"url": "http://localhost:8000${baseUrlPort8000}/x"},
    )
    look = _url(studio, "wrong_prefix")
    assert look["other_url"].endswith("/x")
    assert PFX not in look["other_url"]
    assert "choose the subpath `/`" in studio.status()["readiness"]["message"]


def test_no_server_no_answer_and_no_http(studio: Studio) -> None:
    """Refused, silent, and something that speaks another language."""
    url = "http://localhost:8000/"
    studio.start(ports=[{"port": 8000, "listen": free_port()}], readiness={"url": url})
    _url(studio, "refused")
    assert studio.stop() == 0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        listen = silent.getsockname()[1]
        ports = [{"port": 8000, "listen": listen}]
        studio.start(ports=ports, readiness={"url": url}, timing={"probe": 0.3})
        _url(studio, "timeout")
        assert studio.stop() == 0
        threading.Thread(target=_babble, args=(silent,), daemon=True).start()
        studio.start(ports=ports, readiness={"url": url})
        _url(studio, "failed")
        assert studio.stop() == 0


def _babble(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"SSH-2.0-nothing\r\n\r\n")


def test_readiness_goes_with_the_server_and_comes_back(studio: Studio) -> None:
    """At once: an end is a reason to look again."""
    _start(studio, readiness={"tcp": True}, timing={"check_ready": 60})
    studio.until_ready()
    os.kill(studio.entry("a")["pid"], signal.SIGSTOP)
    os.kill(studio.entry("a")["pid"], signal.SIGKILL)
    studio.until_said("not ready any more")
    studio.until_ready()
    assert studio.output().count("[cstudio] ready") == 2


def test_a_port_that_the_user_serves_by_hand(studio: Studio) -> None:
    """No entrypoint has it; it is ready when somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as hand:
        ports = [{"port": 8000, "listen": hand.getsockname()[1]}]
        studio.start(ports=ports, readiness={"tcp": [8000]}).until_ready()
