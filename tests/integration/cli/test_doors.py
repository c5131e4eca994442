"""`open` and `forward`, with the real daemon, gateway and local runtime: issue 4, item 7."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.cli.conftest import Cstudio, done


class Browser:
    """Follows links and keeps cookies, as far as signing in needs; no kernel vouches for it."""

    def __init__(self) -> None:
        cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        # Somebody passes its requests on, so that only what it was given counts.
        self._opener.addheaders = [("Accept", "text/html"), ("Via", "1.1 test")]

    def get(self, url: str, form: dict[str, str] | None = None) -> tuple[str, str]:
        """Return where it got to, and what was there."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self._opener.open(url, data, timeout=20) as answer:
            return answer.url, answer.read().decode()

    def follow(self, link: str) -> tuple[str, str]:
        """Open a sign-in link, as its page's script does."""
        address, _, secret = link.partition("#")
        self.get(address)
        return self.get(address, {"link": secret})


@pytest.mark.parametrize("words", [("open", "site"), ("studio", "open", "site")])
def test_open_prints_an_address_that_signs_in_once(site: Cstudio, words: tuple[str, ...]) -> None:
    """It ends at the studio's port, in a browser that nobody knew; in the next one it does not."""
    link = done(site(*words, "--print")).strip()
    assert re.fullmatch(r"http://localhost:\d+/sign-in#[\w-]{43}", link)
    (port,) = json.loads(done(site("studio", "show", "site", "-o", "json")))["ports"]
    url, content = Browser().follow(link)
    assert url == port["url"]
    assert "It works" in content
    with pytest.raises(urllib.error.HTTPError) as refused:
        Browser().follow(link)
    with refused.value as answer:
        assert answer.code == 401
        assert "cstudio open" in answer.read().decode()


def test_open_without_a_name_is_the_page(site: Cstudio) -> None:
    url, content = Browser().follow(done(site("open", "--print")).strip())
    assert url.endswith("/")
    assert '<script type="module"' in content


def test_open_opens_the_browser_there(site: Cstudio, tmp_path: Path) -> None:
    """With the port that was asked for."""
    opened = tmp_path / "opened"
    browser = tmp_path / "xdg-open"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:{os.environ['PATH']}"
    out = done(site("open", "site", "--port", "8000", PATH=path))
    assert opened.read_text() == out.strip()
    assert "/code-studios/DEMO/site/8000/" in Browser().follow(out.strip())[0]


def test_what_open_cannot_open_is_told(site: Cstudio) -> None:
    wrong = site("open", "site", "--port", "1", "--print")
    assert (wrong.status, "--port, one of 8000" in wrong.err) == (11, True)
    assert site("open", "nosuch", "--print").status == 11
    assert site("open", "--port", "1").status == 2


# ---------------------------------------------------------------- forward


@contextlib.contextmanager
def forwarding(site: Cstudio, *words: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run `cstudio forward`; give the local port."""
    process = site.start("forward", "site", *words)
    assert process.stderr is not None
    try:
        while not (match := re.search(r"127\.0\.0\.1:(\d+) leads", process.stderr.readline())):
            assert process.poll() is None
        yield int(match[1]), process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_forward_gives_a_plain_port(site: Cstudio) -> None:
    """Of what is exposed; Ctrl-C ends it."""
    with forwarding(site, "8000", "--local-port", "0") as (port, process):
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                assert b"It works" in answer.read()
    assert process.returncode == 130
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_forward_reaches_what_is_not_exposed(site: Cstudio) -> None:
    """Both ways at once, many at a time, half-closed ends as well: it is TCP."""
    listening = socket.create_server(("127.0.0.1", 0))
    number = listening.getsockname()[1]

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=echo, args=(connection,), daemon=True).start()

    def echo(connection: socket.socket) -> None:
        with connection:
            got = b""
            while data := connection.recv(65536):
                got += data
            connection.sendall(got[::-1])

    threading.Thread(target=serve, daemon=True).start()
    sent = os.urandom(3_000_000)
    with listening, forwarding(site, str(number), "--local-port", "0") as (port, _):
        ends = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(5)]
        for end in ends:
            end.sendall(sent)
            end.shutdown(socket.SHUT_WR)
        for end in ends:
            with end, end.makefile("rb") as file:
                assert file.read() == sent[::-1]


def test_forward_says_when_nobody_listens(site: Cstudio) -> None:
    """At once, and for each connection; it goes on, as somebody may listen later."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        number = unused.getsockname()[1]
    process = site.start("forward", "site", str(number), "--local-port", "0")
    assert process.stderr is not None
    said = process.stderr.readline() + process.stderr.readline()
    assert f"nobody listens at port {number} of the studio `site`" in said
    assert "cstudio studio logs site" in said
    match = re.search(r"127\.0\.0\.1:(\d+) leads", process.stderr.readline())
    assert match is not None
    end = socket.create_connection(("127.0.0.1", int(match[1])), timeout=20)
    with end, contextlib.suppress(ConnectionError):
        assert end.recv(1) == b""
    assert "nobody listens" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_forward_refuses_what_cannot_be(site: Cstudio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        refused = site("forward", "site", "8000", "--local-port", number)
    assert (refused.status, "--local-port 0" in refused.err) == (12, True)
    assert site("forward", "nosuch", "8000", "--local-port", "0").status == 11
    assert site("forward", "site", "0").status == 2


# ----------------------------------------------------------------- secrets


def test_no_secret_is_in_the_log(site: Cstudio) -> None:
    """Not a link's, a session's, a token's or a key's, after all that a browser may do."""
    key = json.loads(done(site("key", "create", "ada", "-o", "json")))["secret"]
    link = done(site("open", "site", "--print")).strip()
    address = link.partition("/sign-in")[0]
    secrets = [key, link.partition("#")[2]]
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.addheaders = [("Via", "1.1 test"), ("Accept", "text/html")]

    def ask(url: str, form: dict[str, str] | None = None, **fields: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(url, data, headers=fields)
        try:
            with opener.open(request, timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    ask(f"{address}/sign-in", {"link": secrets[1]})
    ask(f"{address}/sign-in", {"link": secrets[1]})
    secrets.append(json.loads(ask(f"{address}/session"))["token"])
    ask(f"{address}/sign-in", {"key": key})
    ask(f"{address}/sign-in", {"key": key[:-1]})
    ask(f"{address}/api/cstudio.v1.Studios/ListStudios", {"a": key}, Authorization=f"Bearer {key}")
    ask(f"{address}/api/cstudio.v1.Studios/ListStudios", {"a": key}, Authorization=f"Bearer {key}x")
    secrets.append(json.loads(ask(f"{address}/session"))["token"])
    secrets += [cookie.value or "" for cookie in jar]
    assert len(secrets) >= 6
    assert all(len(secret) > 40 for secret in secrets)
    log = done(site("daemon", "logs"))
    assert "signed in with a browser" in log
    state = Path(site.environment["CSTUDIO_STATE_DIR"])
    for path in state.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [one for one in secrets if one.encode() in content], path
    assert not [one for one in secrets if one in log]
