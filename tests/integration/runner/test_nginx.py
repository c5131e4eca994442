"""A real nginx in front of real servers: paths, WebSockets, headers, sizes, rights."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl
from cstudio_runner import subpaths
from cstudio_runner.launch import SUBPATHS
from support.studios import BASE, Studio, eventually, free_port

SERVERS = str(Path(__file__).with_name("servers.py"))
PORTS = dict(zip(SUBPATHS, (8001, 8002, 8003, 8004), strict=True))
FOREIGN = {"Host": "studio.example:8443", "Cookie": "a=b%2F", "Authorization": "token x"}


@pytest.fixture(autouse=True, scope="module")
def _has_nginx() -> None:
    if shutil.which("nginx") is None:
        pytest.skip("no nginx here; on Debian, `tests/cluster/toolchain` installs it")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A studio with a server for each subpath form, for all that only ask; nginx's port."""
    studio = Studio(tmp_path_factory.mktemp("front"))
    try:
        yield _start(studio)
        assert studio.stop() == 0
    finally:
        studio.close()


def _start(studio: Studio, options: dict[str, Any] | None = None, **nginx: Any) -> int:
    port = free_port()
    studio.start(
        entrypoints=[
            {"name": f"s{number}", "port": number, "command": [sys.executable, SERVERS, "${port}"]}
            for number in PORTS.values()
        ],
        ports=[
            {"port": number, "listen": free_port(), "subpath": subpath}
            for subpath, number in PORTS.items()
        ],
        nginx={"port": port, **nginx},
        readiness={"tcp": True},
        options=options,
    )
    studio.until_ready()
    return port


def _get(
    front: int, target: str, headers: dict[str, str] | None = None, body: Any = None
) -> tuple[int, dict[str, Any], str]:
    """Return status, the server's JSON if it is some, and Location."""
    connection = http.client.HTTPConnection("127.0.0.1", front, timeout=20)
    try:
        connection.request("POST" if body else "GET", target, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read()
        seen = json.loads(text) if answer.status == 200 else {}
        return answer.status, seen, answer.getheader("Location") or ""
    finally:
        connection.close()


TARGETS = [
    "/",
    "/a/b?x=1&y=%2F#",
    "/a%2Fb",
    "/a//b",
    "//",
    "/a/./b/../c",
    "/?",
    "/?next=/a/../b//c?d",
    "/caf%C3%A9%20x",
    "/a%3Fb%25/c+d;e=f,g",
    "/~user/@x/!$&'()*",
    "/%",
    "/a%zz",
]


@pytest.mark.parametrize("subpath", SUBPATHS)
def test_servers_see_what_the_rule_says(front: int, subpath: str) -> None:
    """So does `subpaths.target`, which the gateway uses where there is no nginx."""
    prefix = f"{BASE}/{PORTS[subpath]}"
    for rest in TARGETS:
        asked = (prefix + rest).partition("#")[0]
        status, seen, _ = _get(front, asked)
        if status == 400:  # nginx refuses what is no path at all
            assert rest in ("/%", "/a%zz")
            continue
        assert seen["target"] == subpaths.target(subpath, prefix, asked), rest


def test_servers_see_what_the_rule_says_of_random_paths(front: int) -> None:
    """Nobody thought of these; the order of trials is fixed."""
    dice = random.Random(7)
    pieces = ["/", "//", "..", ".", "a", "%2F", "%2e", "%20", "%C3%A9", "~", "+", "%3F", "%23", "?"]
    for _ in range(400):
        subpath = dice.choice(SUBPATHS)
        prefix = f"{BASE}/{PORTS[subpath]}"
        asked = prefix + "/" + "".join(dice.choices(pieces, k=dice.randint(0, 7)))
        status, seen, _ = _get(front, asked)
        if status == 200:
            assert seen["target"] == subpaths.target(subpath, prefix, asked), asked
        else:  # it leads out of the prefix, so it belongs to nobody
            path = asked.partition("?")[0]
            assert not subpaths.normalised(path).startswith(prefix + "/"), asked


def test_redirects_and_refusals(front: int) -> None:
    """The slash is added, query kept, without a host; the rest is nobody's."""
    prefix = f"{BASE}/8001"
    assert _get(front, prefix, FOREIGN)[::2] == (301, prefix + "/")
    assert _get(front, prefix + "?a=b%2F") [::2] == (301, prefix + "/?a=b%2F")  # fmt: skip
    for other in (
        "/",
        BASE,
        BASE + "/",
        BASE + "/8009/",
        prefix + "0/",
        BASE.replace(".", "x") + "/8001/",
    ):
        assert _get(front, other)[0] == 404, other
    for lying in ("/x/.." + prefix + "/", prefix.replace("/P", "/%50") + "/", "/" + prefix + "/"):
        assert _get(front, lying)[0] == 400, lying


def test_every_form_passes_every_header(front: int) -> None:
    """`Host` keeps its port; who asked is told once; cookies are not rewritten."""
    given = {**FOREIGN, "X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4"}
    for number in PORTS.values():
        _, seen, _ = _get(front, f"{BASE}/{number}/", given)
        headers = seen["headers"]
        for name in ("Host", "Cookie", "Authorization", "X-Forwarded-Proto"):
            assert headers[name.lower()] == given[name]
        assert headers["x-forwarded-host"] == FOREIGN["Host"]
        assert headers["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
        _, seen, _ = _get(front, f"{BASE}/{number}/", {"X-Forwarded-Host": "outer"})
        assert seen["headers"]["x-forwarded-proto"] == "http"
        assert seen["headers"]["x-forwarded-host"] == "outer"


@pytest.mark.parametrize("subpath", SUBPATHS)
async def test_websockets_pass(front: int, subpath: str) -> None:
    """With their protocol and large frames, both ways."""
    prefix = f"{BASE}/{PORTS[subpath]}"
    asked = prefix + "/ws/a%2Fb?x=%2F"
    url = yarl.URL(f"http://127.0.0.1:{front}{asked}", encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=["v1.echo"], headers=FOREIGN, max_msg_size=0) as ws,
    ):
        assert ws.protocol == "v1.echo"
        assert await ws.receive_str() == subpaths.target(subpath, prefix, asked)
        await ws.send_str("hello")
        assert await ws.receive_str() == "hello"
        large = os.urandom(3_000_000)
        await ws.send_bytes(large)
        assert await ws.receive_bytes() == large


def test_uploads_of_any_size(front: int) -> None:
    body = b"x" * 20_000_000
    _, seen, _ = _get(front, f"{BASE}/8001/upload", body=body)
    assert seen["size"] == len(body)


def test_large_headers(front: int) -> None:
    status, seen, _ = _get(front, f"{BASE}/8001/", {"Cookie": "c=" + "x" * 6000})
    assert (status, len(seen["headers"]["cookie"])) == (200, 6002)


def test_without_the_secret_nobody_enters(studio: Studio) -> None:
    """And the server never sees it."""
    front = _start(studio, address="0.0.0.0", secret="abc-1")
    asked = f"{BASE}/8002/"
    assert _get(front, asked)[0] == 403
    assert _get(front, BASE + "/8002")[0] == 403
    assert _get(front, asked, {"X-Cstudio-Secret": "abc-2"})[0] == 403
    status, seen, _ = _get(front, asked, {"X-Cstudio-Secret": "abc-1"})
    assert (status, "x-cstudio-secret" in seen["headers"]) == (200, False)


def test_it_listens_on_loopback_alone(front: int) -> None:
    """Nobody else in the cluster reaches an IDE that has no password."""
    address = _outer_address()
    if not address:
        pytest.skip("this machine has no address but loopback")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address, front), 5)


def _outer_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return ""
        name = str(probe.getsockname()[0])
    return "" if name.startswith("127.") else name


def test_a_server_that_is_late_is_asked_again(studio: Studio) -> None:
    """502 while it is not there, and not a moment longer."""
    front, go = free_port(), studio.folder / "go"
    wait = f"until test -e {go}; do sleep 0.05; done; exec {sys.executable} {SERVERS} $port ::1"
    studio.start(
        entrypoints=[{"name": "a", "command": wait, "port": 8001}],
        ports=[{"port": 8001, "listen": free_port()}],
        nginx={"port": front},
        readiness={"tcp": True},
    )
    eventually(lambda: (studio.status().get("readiness") or {}).get("ports"))
    studio.until_said("started `nginx`")
    eventually(lambda: _listens(front))
    for _ in range(3):
        assert _get(front, f"{BASE}/8001/x")[0] == 502
    assert studio.status()["readiness"]["message"].startswith("nothing listens on port 8001")
    go.touch()
    studio.until_ready()
    assert _get(front, f"{BASE}/8001/x")[1]["target"] == "/x"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.root
def test_it_runs_without_rights() -> None:
    """As a user who may write nothing but the state folder, like the studio's."""
    python3 = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if os.geteuid() != 0 or python3 is None:
        pytest.skip("becoming another user needs root, and a Python that everybody may run")
    package = Path(subpaths.__file__).parent
    with tempfile.TemporaryDirectory(prefix="cstudio-") as home:
        shutil.copytree(package, Path(home, "cstudio_runner"))
        studio = Studio(Path(home))
        studio.interpreter = python3
        for path in (Path(home), studio.state, studio.workdir):
            path.mkdir(exist_ok=True)
            os.chown(path, 65534, 65534)
        try:
            _serve_as_nobody(studio)
        finally:
            studio.close()


def _serve_as_nobody(studio: Studio) -> None:
    front = free_port()
    (studio.workdir / "x").write_text('{"target": "file"}')
    studio.start(
        entrypoints=[
            {
                "name": "web",
                "port": 8001,
                "command": [studio.interpreter, "-m", "http.server", "${port}"],
            }
        ],
        ports=[{"port": 8001, "listen": free_port()}],
        nginx={"port": front},
        readiness={"tcp": True},
        options={
            "user": 65534,
            "group": 65534,
            "extra_groups": [],
            "cwd": studio.folder,
            "env": {"PATH": os.environ["PATH"]},
        },
    )
    studio.until_ready()
    assert _get(front, f"{BASE}/8001/x")[1] == {"target": "file"}
    assert Path(f"/proc/{studio.entry('nginx')['pid']}").stat().st_uid == 65534
    assert studio.entry("nginx")["restarts"] == 0
    assert "denied" not in studio.output().lower()
    assert studio.stop() == 0


def test_an_nginx_that_is_not_there_is_told(studio: Studio) -> None:
    studio.start(nginx={"port": free_port(), "program": "no-such-nginx"})
    eventually(lambda: studio.status().get("reason"))
    reason = studio.status()["reason"]
    assert reason["code"] == "bad_command"
    assert reason["message"] == "the command of `nginx`, no-such-nginx, is not found"


def test_an_nginx_that_dies_comes_back(studio: Studio) -> None:
    front = _start(studio)
    os.kill(studio.entry("nginx")["pid"], 9)
    eventually(lambda: studio.entry("nginx")["restarts"] == 1 and _listens(front))
    assert _get(front, f"{BASE}/8003/y")[1]["target"] == f"{BASE}/8003/y"
