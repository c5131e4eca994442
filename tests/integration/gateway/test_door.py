"""Who a visitor is, and what they may do.

Where the sentences of the gateway's security are examined (file: tests, by a word of their name):

- listens on loopback, off it only with TLS: test_safety: off_loopback, with_tls, taken_for_the_page
- sign-in by key, or by a link of one use and ten minutes: here: signing_in, a_link, the_key_of_who;
  test_browser: a_link, by_hand; tests/integration/cli/test_doors: signs_in_once
- cookies HttpOnly, SameSite, Secure, bound to user: here: needs_no_key, a_session_ends, one_host;
  tests/unit/cstudiod/gateway/door/test_crumbs
- a studio's page cannot act with the visitor's rights: here: a_studios_script, shown_in_no_other,
  one_name; test_browser: a_studios_script
- our cookies stay with us, `Set-Cookie` in its studio: here: our_secrets, ours_to_say; test_paths
- service workers not widened: test_safety: beyond_its_studio
- owner-only entry: here: only_the_owner, what_goes_on
- smuggling, header injection: test_safety: two_ways, chunks, other_forms, methods_of_proxies
- path confusion: test_safety: leaves_its_studio, in_one_way, normalised; test_sites: in_one_way
- host attacks: test_safety: our_names; here: strangers_to_each_other, passes_on
- oversize, slow, idle: test_safety: two_ways, slow, idle_connections; test_sites: strangers
- nothing secret in logs: tests/integration/cli/test_doors: no_secret
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from cstudiod.config import GatewaySettings
from cstudiod.gateway.door import kernel
from support import certificates, doors, gateways
from support.doors import BASE, ME, House
from support.gateways import body, field, get, say, status

NOBODY = 2**31
"""An account that no test runs as."""
PERSON = "Accept: text/html"
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[House]:
    """The kernel says that visitors are the person who runs the daemon."""
    async with doors.house(tmp_path) as one:
        yield one


@pytest.fixture
async def strange(tmp_path: Path) -> AsyncIterator[House]:
    """The kernel says that visitors are somebody else."""
    async with doors.house(tmp_path, uid=NOBODY) as one:
        yield one


async def ask(
    house: House,
    path: str,
    *fields: str,
    method: str = "GET",
    host: str = "localhost",
    sent: bytes = b"",
) -> bytes:
    port = house.gateway.port
    length = (f"Content-Length: {len(sent)}",) if sent else ()
    authority = f"{host}:{port}" if host else ""
    request = get(path, *fields, *length, method=method, host=authority) + sent
    return await say(port, request)


def cookie_of(answer: bytes, name: str = "cstudio_session") -> str:
    """Return the `Cookie` field that a browser sends after an answer."""
    pairs = re.findall(rb"(?im)^set-cookie: ([^=;\r]+)=([^;\r]+)", answer)
    return "Cookie: " + "; ".join(
        f"{key.decode()}={value.decode()}" for key, value in pairs if key.startswith(name.encode())
    )


async def signed_in(house: House, login: str, **more: object) -> str:
    """Sign a browser in with a new key; return its `Cookie` field."""
    sent = f"key={house.key(login, **more)}&next=/".encode()
    answer = await ask(house, "/sign-in", FORM, method="POST", sent=sent)
    assert status(answer) == 303
    return cookie_of(answer)


async def token_of(house: House, cookie: str) -> str:
    return str(json.loads(body(await ask(house, "/session", cookie)))["token"])


# ------------------------------------------------------------ the two hosts


async def test_page_and_studios_are_strangers_to_each_other(known: House) -> None:
    """A path at the wrong host is sent to the right one, as it is; a WebSocket is refused."""
    port = known.gateway.port
    answer = await ask(known, BASE + "a%2Fb?c=d")
    assert status(answer) == 307
    assert field(answer, "location") == f"http://127.0.0.1:{port}{BASE}a%2Fb?c=d"
    for host in ("127.0.0.1", "[::1]", "x.localhost"):
        answer = await ask(known, "/?a=b", host=host)
        assert (status(answer), field(answer, "location")) == (307, f"http://localhost:{port}/?a=b")
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    assert status(await ask(known, BASE, *upgrade, "Sec-WebSocket-Key: x")) == 421


async def test_a_studios_script_reads_and_changes_nothing_of_ours(known: House) -> None:
    """Its requests say where they come from, and a token is asked for."""
    cookie = cookie_of(await ask(known, "/", PERSON))
    token = f"X-Cstudio-Token: {await token_of(known, cookie)}"
    studio = f"Origin: http://127.0.0.1:{known.gateway.port}"
    own = f"Origin: http://localhost:{known.gateway.port}"
    for fields in (
        (cookie,),
        (cookie, studio, token),
        (cookie, "Origin: null", token),
        (cookie, own, "X-Cstudio-Token: guessed"),
        (cookie, token, "Sec-Fetch-Site: same-site"),
        (cookie, token, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"),
        (token,),
        (),
    ):
        assert status(await ask(known, "/api/x", *fields, method="POST")) == 403
    assert status(await ask(known, "/api/x", cookie, own, token, method="POST")) == 200
    for fetch in ("cors", "no-cors"):
        fields = (cookie, "Sec-Fetch-Site: cross-site", f"Sec-Fetch-Mode: {fetch}")
        assert status(await ask(known, "/session", *fields)) == 403
    answer = await ask(known, "/session", cookie, studio)
    assert field(answer, "access-control-allow-origin") is None


async def test_the_page_is_shown_in_no_other(known: House) -> None:
    for path in ("/", "/sign-in", "/session"):
        answer = await ask(known, path, PERSON)
        assert "frame-ancestors 'none'" in (field(answer, "content-security-policy") or "")
        assert field(answer, "x-frame-options") == "DENY"
        assert field(answer, "cross-origin-opener-policy") == "same-origin"
        assert "unsafe" not in (field(answer, "content-security-policy") or "")
        assert status(await ask(known, path, "Sec-Fetch-Dest: iframe")) == 403


# ------------------------------------------------------------- who it is


async def test_whoever_runs_the_daemon_needs_no_key(known: House) -> None:
    """The kernel says whose socket it is; a look at the page begins a session."""
    answer = await ask(known, "/", PERSON)
    assert json.loads(body(answer))["login"] == ME.login
    cookie = field(answer, "set-cookie") or ""
    assert re.fullmatch(r"cstudio_session_\d+=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", cookie)
    assert json.loads(body(await ask(known, "/session", cookie_of(answer))))["admin"] is True


async def test_the_other_address_of_loopback_is_as_good(known: House) -> None:
    """The kernel has a table of its own for it."""
    port = known.gateway.port
    try:
        reader, writer = await asyncio.open_connection("::1", port)
    except OSError:
        pytest.skip("this machine has no ::1")
    writer.write(get("/", PERSON, host=f"localhost:{port}"))
    assert json.loads(body(await reader.read()))["login"] == ME.login
    writer.close()


@pytest.mark.parametrize(
    ("listens", "connects"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")],
)
@pytest.mark.parametrize("asked", [True, False], ids=["asked", "read"])
def test_the_kernel_knows_whose_a_socket_is(
    listens: str, connects: str, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it is open; asked for that one, or read in its tables, it says the same."""
    if not sys.platform.startswith("linux"):
        pytest.skip("Linux alone says so")
    if not asked:
        monkeypatch.setattr(kernel, "_SOCK_DIAG", 999)
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    with socket.create_server((listens, 0), family=families[":" in listens]) as server:
        client = socket.socket(families[":" in connects])
        with client:
            client.connect((connects, server.getsockname()[1]))
            ours, _ = server.accept()
            ends = ours.getpeername()[:2], ours.getsockname()[:2]
            assert kernel.owner(*ends) == os.getuid()
            assert kernel.owner(ends[0], (ends[1][0], 1)) is None
        with ours:
            assert kernel.owner(*ends) is None


@pytest.mark.parametrize(
    "field", ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "Via: 1.1 proxy"]
)
async def test_who_passes_on_for_others_is_not_their_person(known: House, field: str) -> None:
    """A proxy of the same account would sign everybody in."""
    assert status(await ask(known, "/session", field)) == 401


async def test_somebody_else_on_this_machine_has_to_sign_in(strange: House) -> None:
    answer = await ask(strange, "/?a=b", PERSON)
    assert (status(answer), field(answer, "location")) == (303, "/sign-in?next=%2F%3Fa%3Db")
    for path in ("/session", "/api/x", "/other"):
        assert status(await ask(strange, path)) == 401
    assert status(await ask(strange, "/assets/x.js")) == 200


@pytest.mark.skipif(os.getuid() != 0, reason="another account is only root's to become")
async def test_the_kernel_is_asked_for_this_very_connection(known: House) -> None:
    """A process of another account gets nothing; also one that hangs up before it is asked."""
    port = known.gateway.port
    script = (
        "import socket, sys\n"
        f"s = socket.create_connection(('127.0.0.1', {port}))\n"
        f"s.sendall(b'GET /session HTTP/1.1\\r\\nHost: localhost:{port}\\r\\n\\r\\n')\n"
        "print(s.recv(100).decode())\n"
    )
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", "-I", "-c", script, user=65534, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert b" 401 " in out.splitlines()[0]


async def test_a_key_in_the_request_needs_no_token(strange: House) -> None:
    key = strange.key("ada")
    answer = await ask(strange, "/api/x", f"Authorization: Bearer {key}", method="POST")
    assert json.loads(body(answer))["login"] == "ada"
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert status(await ask(strange, "/api/x", f"Authorization: Bearer {wrong}")) == 401


async def test_signing_in_with_a_key(strange: House) -> None:
    """What is no key is told so; where one goes then stays here."""
    wrong = await ask(strange, "/sign-in", FORM, method="POST", sent=b"key=cst_0&next=/x")
    assert status(wrong) == 401
    assert field(wrong, "set-cookie") is None
    key = strange.key("ada")
    for path, then in (("/a?b", "/a?b"), ("//evil.example", "/"), ("https://evil", "/")):
        sent = f"key={key}&next={quote(path, safe='')}".encode()
        answer = await ask(strange, "/sign-in", FORM, method="POST", sent=sent)
        assert (status(answer), field(answer, "location")) == (303, then)
        assert json.loads(body(await ask(strange, "/x", cookie_of(answer))))["login"] == "ada"
    foreign = "Origin: https://evil.example"
    assert status(await ask(strange, "/sign-in", FORM, foreign, method="POST", sent=sent)) == 403


async def test_a_link_is_good_once_for_ten_minutes(strange: House) -> None:
    """Its secret stands behind the `#`, which browsers send to nobody."""
    url, expires = strange.sign_ins.link(ME, BASE)
    assert expires == strange.clock.now + 600
    address, _, secret = url.partition("#")
    assert address == f"http://localhost:{strange.gateway.port}/sign-in"
    sent = f"link={secret}".encode()
    answer = await ask(strange, "/sign-in", FORM, method="POST", sent=sent)
    assert (status(answer), field(answer, "location")) == (303, BASE)
    assert json.loads(body(await ask(strange, "/x", cookie_of(answer))))["login"] == ME.login
    assert status(await ask(strange, "/sign-in", FORM, method="POST", sent=sent)) == 401
    url, _ = strange.sign_ins.link(ME)
    strange.clock.now += 600
    sent = f"link={url.partition('#')[2]}".encode()
    assert status(await ask(strange, "/sign-in", FORM, method="POST", sent=sent)) == 401


async def test_a_session_ends_with_its_key(strange: House) -> None:
    """Revoked, or expired: a cookie is worth nothing any more."""
    cookie = await signed_in(strange, "ada")
    assert status(await ask(strange, "/session", cookie)) == 200
    strange.keys.revoke(ME, strange.keys.list(ME)[0].id)
    assert status(await ask(strange, "/session", cookie)) == 401
    cookie = await signed_in(strange, "bob", seconds=60.0)
    strange.clock.now += 61
    assert status(await ask(strange, "/session", cookie)) == 401


async def test_a_link_ends_with_the_key_of_who_made_it(strange: House) -> None:
    from cstudiod.services import keys as signing

    key = strange.keys.authenticate(strange.key("ada"))
    url, _ = strange.sign_ins.link(signing.caller(key))
    strange.keys.revoke(ME, key.id)
    sent = f"link={url.partition('#')[2]}".encode()
    assert status(await ask(strange, "/sign-in", FORM, method="POST", sent=sent)) == 401


async def test_signing_out_ends_the_session(strange: House) -> None:
    """Only with the token: no other page signs somebody out."""
    cookie = await signed_in(strange, "ada")
    token = await token_of(strange, cookie)
    assert status(await ask(strange, "/sign-out", cookie, method="POST")) == 403
    sent = f"token={quote(token)}".encode()
    answer = await ask(strange, "/sign-out", cookie, FORM, method="POST", sent=sent)
    assert status(answer) == 303
    assert "Max-Age=0" in (field(answer, "set-cookie") or "")
    assert status(await ask(strange, "/session", cookie)) == 401


async def test_a_browser_may_send_more_cookies_of_our_name(strange: House) -> None:
    """Another path's, another domain's: the good one counts."""
    good = (await signed_in(strange, "ada")).removeprefix("Cookie: ")
    name = good.partition("=")[0]
    assert status(await ask(strange, "/session", f"Cookie: {name}=x; a=b; {good}")) == 200


async def test_with_tls_cookies_stay_with_one_host_and_off_plain_http(tmp_path: Path) -> None:
    """`__Host-` and `Secure`; two configured names are as good as those of loopback."""
    files = certificates.make(tmp_path)
    settings = GatewaySettings(
        page_host="page.example",
        studio_host="apps.example",
        certificate=files.certificate,
        key=files.key,
    )
    async with doors.house(tmp_path, settings) as house:
        port = house.gateway.port
        assert house.gateway.page_url == f"https://page.example:{port}"
        assert house.gateway.url == f"https://apps.example:{port}"
        context = ssl.create_default_context(cafile=str(files.authority))
        context.check_hostname = False
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        sent = f"key={house.key('ada')}".encode()
        length = f"Content-Length: {len(sent)}"
        writer.write(get("/sign-in", FORM, length, method="POST", host="page.example") + sent)
        answer = await reader.read()
        writer.close()
    assert re.fullmatch(
        rf"__Host-cstudio_session_{port}=[\w-]{{43}}; Path=/; HttpOnly; SameSite=Lax; Secure",
        field(answer, "set-cookie") or "",
    )


# ---------------------------------------------------------------- studios


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    async with gateways.server(gateways.echo()) as port:
        yield port


async def landed(house: House, cookie: str, path: str = BASE) -> str:
    """Go to a studio as a browser of a page's session does; return its cookie there."""
    answer = await ask(house, path, PERSON, host="127.0.0.1")
    location = field(answer, "location") or ""
    assert status(answer) == 303
    assert location.startswith(f"http://localhost:{house.gateway.port}/enter?to=")
    answer = await ask(house, location.partition(str(house.gateway.port))[2], cookie, PERSON)
    location = field(answer, "location") or ""
    assert location.startswith(f"http://127.0.0.1:{house.gateway.port}/enter?to=")
    way = location.partition(str(house.gateway.port))[2]
    answer = await ask(house, way, PERSON, host="127.0.0.1")
    assert (status(answer), field(answer, "location")) == (303, path)
    assert status(await ask(house, way, PERSON, host="127.0.0.1")) == 403  # one use
    return cookie_of(answer, "cstudio_studios")


async def test_only_the_owner_enters(strange: House, echo_port: int) -> None:
    """Administrators neither; strangers are sent to sign in, programs told so."""
    strange.open_studio("s", "ada", echo_port)
    ada = await landed(strange, await signed_in(strange, "ada"))
    answer = await ask(strange, BASE + "x", ada, host="127.0.0.1")
    assert json.loads(body(answer))["target"] == "/x"
    root = await landed(strange, await signed_in(strange, "root", admin=True))
    assert status(await ask(strange, BASE, root, host="127.0.0.1")) == 403
    assert status(await ask(strange, BASE, host="127.0.0.1")) == 401
    upgrade = ("Connection: Upgrade", "Upgrade: websocket")
    for cookie, expected in ((root, 403), ("X: y", 401)):
        answer = await ask(strange, BASE + "ws", cookie, *upgrade, host="127.0.0.1")
        assert status(answer) == expected


async def test_our_secrets_stay_with_us(strange: House, echo_port: int) -> None:
    """Cookies, keys and token end here; a studio's own keys and cookies pass."""
    strange.open_studio("s", "ada", echo_port)
    cookie = await landed(strange, await signed_in(strange, "ada"))
    answer = await ask(
        strange, BASE, f"{cookie}; mine=1", "Authorization: Bearer theirs",
        "X-Cstudio-Token: t", host="127.0.0.1",
    )  # fmt: skip
    seen = dict(json.loads(body(answer))["headers"])
    assert (seen["Cookie"], seen["Authorization"]) == ("mine=1", "Bearer theirs")
    assert "X-Cstudio-Token" not in seen
    key = f"Authorization: Bearer {strange.key('ada')}"
    seen = dict(json.loads(body(await ask(strange, BASE, key, host="127.0.0.1")))["headers"])
    assert "Authorization" not in seen


async def test_a_studios_session_is_worth_nothing_at_the_page(
    strange: House, echo_port: int
) -> None:
    strange.open_studio("s", "ada", echo_port)
    cookie = await landed(strange, await signed_in(strange, "ada"))
    value = cookie.rpartition("=")[2]
    name = f"cstudio_session_{strange.gateway.port}"
    assert status(await ask(strange, "/session", f"Cookie: {name}={value}")) == 401


async def test_signing_out_ends_it_at_the_studios_too(strange: House, echo_port: int) -> None:
    strange.open_studio("s", "ada", echo_port)
    page = await signed_in(strange, "ada")
    studio = await landed(strange, page)
    token = f"X-Cstudio-Token: {await token_of(strange, page)}"
    assert status(await ask(strange, "/sign-out", page, token, method="POST")) == 303
    assert status(await ask(strange, BASE, studio, host="127.0.0.1")) == 401


async def ended(reader: asyncio.StreamReader) -> bool:
    """Read until the connection is cut."""
    try:
        while await reader.readuntil(b"\n\n"):
            pass
    except (asyncio.IncompleteReadError, ConnectionError):
        return True
    return False


@pytest.mark.parametrize("end", ["revoke", "sign out", "expire"])
async def test_what_goes_on_ends_with_the_key(strange: House, echo_port: int, end: str) -> None:
    """A studio's stream of events that has begun is cut, and so is one of ours."""
    strange.open_studio("s", "ada", echo_port)
    page = await signed_in(strange, "ada", **({"seconds": 3.0} if end == "expire" else {}))
    studio, token = await landed(strange, page), await token_of(strange, page)
    port = strange.gateway.port
    streams = []
    for path, cookie, host in (
        (BASE + "events", studio, "127.0.0.1"),
        ("/api/stream", page, "localhost"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get(path, cookie, host=f"{host}:{port}"))
        assert status(await reader.readuntil(b"\r\n\r\n")) == 200
        streams.append((reader, writer))
    if end == "revoke":
        strange.keys.revoke(ME, strange.keys.list(ME)[0].id)
    elif end == "sign out":
        sent = f"X-Cstudio-Token: {token}"
        assert status(await ask(strange, "/sign-out", page, sent, method="POST")) == 303
    async with asyncio.timeout(20):
        for reader, writer in streams:
            assert await ended(reader)
            writer.close()


async def test_who_may_show_a_studio_is_ours_to_say(tmp_path: Path) -> None:
    """The page may, whatever the server says; others may not. The rest of its policy stays."""

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nX-Frame-Options: SAMEORIGIN\r\nContent-Length: 0\r\n"
            b"Content-Security-Policy: frame-ancestors 'self'; script-src 'self'\r\n"
            b"Set-Cookie: a=b; SameSite=Lax; Path=/\r\n\r\n"
        )

    async with gateways.raw_server(server) as port, doors.house(tmp_path) as house:
        house.open_studio("s", ME.login, port)
        page = f"http://localhost:{house.gateway.port}"
        answer = await ask(house, BASE, "User-Agent: X Chrome/1", host="127.0.0.1")
    assert field(answer, "x-frame-options") is None
    policies = re.findall(rb"(?im)^content-security-policy: (.*)\r$", answer)
    ours = f"frame-ancestors 'self' {page}".encode()
    assert policies == [b"script-src 'self'", ours]
    assert field(answer, "set-cookie") == (f"a=b; Path={BASE}; SameSite=None; Secure; Partitioned")
    assert field(answer, "cross-origin-resource-policy") == "same-origin"


# ---------------------------------------------------------- one name alone


async def test_with_one_name_the_page_is_given_to_no_script(tmp_path: Path) -> None:
    """A studio's script is of the page's own origin then: no token, no document for it."""
    settings = GatewaySettings(hosts=("one.example",))
    async with doors.house(tmp_path, settings) as house:
        page = {"host": "one.example"}
        assert status(await ask(house, "/session", **page)) == 401  # the kernel is not asked
        key = house.key("ada")
        answer = await ask(
            house, "/sign-in", FORM, method="POST", sent=f"key={key}".encode(), **page
        )
        cookie = cookie_of(answer)
        document = ("Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate")
        assert status(await ask(house, "/", cookie, *document, **page)) == 200
        for dest in ("empty", "iframe", "script"):
            assert status(await ask(house, "/", cookie, f"Sec-Fetch-Dest: {dest}", **page)) == 403
        assert status(await ask(house, "/sign-out", cookie, **page)) == 403
        said = json.loads(body(await ask(house, "/session", cookie, **page)))
        assert (said["token"], said["embedding"]) == ("", False)
        house.open_studio("s", "ada", 9)
        assert status(await ask(house, BASE, cookie, **page)) == 502
        answer = await ask(house, BASE, PERSON, **page)
        assert unquote(field(answer, "location") or "") == f"/sign-in?next={BASE}"
