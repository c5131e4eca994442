"""The page's files over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudiod.gateway.page import policy
from cstudiod.gateway.page.files import made
from cstudiod.gateway.page.pages import Page
from cstudiod.gateway.site import Answer, Ask, Fields
from cstudiod.services.identity import Caller
from cstudiod.services.sign_in import Session, Where

INDEX, SCRIPT = made(b"<!doctype html>", ".html"), made(b"1", ".js")
PAGE = Page(
    {"index.html": INDEX, "core/a.js": SCRIPT},
    {"http://localhost:1": "http://127.0.0.1:1"}.get,  # type: ignore[arg-type] # it is asked for that one
)
ORIGIN = "http://localhost:1"


async def get(path: str, method: str = "GET", headers: Fields = ()) -> Answer:
    return await PAGE.answer(Ask(method=method, path=path, headers=headers, origin=ORIGIN))


def fields(answer: Answer) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in answer.headers}


async def test_the_page_is_at_the_root_and_its_files_below_assets() -> None:
    """Each with its type."""
    page, script = await get("/"), await get("/assets/core/a.js")
    assert (page.status, page.body, script.body) == (200, INDEX.content, SCRIPT.content)
    assert fields(page)["content-type"] == "text/html; charset=utf-8"
    assert fields(script)["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/assets/",
        "/assets",
        "/assets/core",
        "/assets/core/b.js",
        "/assets/../page/files.py",
        "/assets//etc/passwd",
        "/assets/core/a.js/",
        "/core/a.js",
    ],
)
async def test_nothing_else_is_there(path: str) -> None:
    """What is asked for is looked up, never opened."""
    answer = await get(path)
    assert answer.status == 404
    assert "default-src 'none'" in fields(answer)["content-security-policy"]


@pytest.mark.parametrize("given", [SCRIPT.etag, f'"x", W/{SCRIPT.etag}', "*"])
async def test_what_a_browser_has_is_not_sent_again(given: str) -> None:
    """It asks each time, and is told that nothing changed."""
    answer = await get("/assets/core/a.js", headers=[(b"if-none-match", given.encode())])
    assert (answer.status, answer.body) == (304, b"")
    assert fields(answer)["etag"] == SCRIPT.etag
    assert fields(answer)["cache-control"] == "no-cache"


async def test_another_version_is_sent() -> None:
    """After an update of the daemon, for one."""
    answer = await get("/assets/core/a.js", headers=[(b"if-none-match", INDEX.etag.encode())])
    assert answer.status == 200
    assert made(b"2", ".js").etag != SCRIPT.etag


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_files_are_only_read(method: str) -> None:
    """No other method means anything."""
    answer = await get("/", method)
    assert (answer.status, fields(answer)["allow"]) == (405, "GET, HEAD")


async def test_every_answer_says_what_a_browser_may_do_with_it() -> None:
    """Scripts of its own and nothing inline; nobody else frames it or holds its window."""
    for path, headers in (("/", ()), ("/nothing", ()), ("/", [(b"if-none-match", b"*")])):
        said = fields(await get(path, headers=headers))
        assert said["x-content-type-options"] == "nosniff"
        assert said["x-frame-options"] == "DENY"
        assert said["cross-origin-opener-policy"] == "same-origin"
        assert said["cross-origin-resource-policy"] == "same-origin"
        assert said["referrer-policy"] == "no-referrer"
        rules = dict(rule.split(" ", 1) for rule in said["content-security-policy"].split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert rules["frame-src"] == "'self' http://127.0.0.1:1"


def test_a_page_that_may_show_no_studios_frames_nothing() -> None:
    """Where studios have no origin of their own."""
    assert "frame-src 'none'" in policy.content_security("")
    for forbidden in ("unsafe", "*", "https:", "http:"):
        assert forbidden not in policy.content_security("")


def test_the_page_says_nothing_inline_and_names_nobody_else() -> None:
    """What the policy would stop is not in the page to begin with."""
    folder = Path(policy.__file__).parent / "assets"
    document = (folder / "index.html").read_text("utf-8")
    for forbidden in (
        "<style",
        "style=",
        "onclick",
        "onload",
        "http://",
        "https://",
        "javascript:",
    ):
        assert forbidden not in document
    assert document.count("<script") == document.count('<script type="module" src="/assets/')


async def test_with_one_origin_for_all_the_token_is_in_the_document() -> None:
    """Kept by nobody: it is a session's. With two origins it is in `/session`."""
    session = Session(
        caller=Caller(login="ada"), where=Where.PAGE, create_time=0, use_time=0, token="t-1"
    )
    page = Page({"index.html": made(b"<html><head></head>", ".html")}, lambda origin: "")
    answer = await page.answer(Ask(method="GET", path="/", session=session))
    assert answer.body == b'<html><head><meta name="cstudio-token" content="t-1"></head>'
    assert fields(answer)["cache-control"] == "no-store"
    assert "etag" not in fields(answer)
    stranger = await page.answer(Ask(method="GET", path="/"))
    assert stranger.body == b"<html><head></head>"
