"""The door with a real Chromium: what only a browser can say about cookies, frames and origins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from cstudiod.gateway.site import Answer, Ask
from support import doors, gateways
from support.browser import Visit, artefacts, chromium, visit
from support.doors import BASE, ME, House

__all__ = ["artefacts", "chromium", "visit"]
pytestmark = pytest.mark.browser

NOBODY = 2**31


class Page:
    """A page of ours that shows the studio in itself."""

    async def answer(self, ask: Ask) -> Answer:
        """Say who looks, and show it."""
        host = ask.origin.replace("localhost", "127.0.0.1")
        login = ask.visitor.login if ask.visitor else "nobody"
        text = f'<!doctype html><h1>{login}</h1><iframe src="{host}{BASE}"></iframe>'
        policy = f"default-src 'none'; connect-src 'self'; frame-src 'self' {host}".encode()
        fields = [(b"Content-Type", b"text/html"), (b"Content-Security-Policy", policy)]
        return Answer(headers=fields, body=text.encode())


def studio() -> web.Application:
    """Return a server as IDEs are: refuses frames, sets cookies, and looks whether they come."""

    async def front(request: web.Request) -> web.Response:
        fields = {
            "X-Frame-Options": "SAMEORIGIN",
            "Content-Security-Policy": "frame-ancestors 'self'",
        }
        text = "<!doctype html><title>studio</title><p>studio</p>"
        answer = web.Response(text=text, content_type="text/html", headers=fields)
        answer.set_cookie("token", "abc", path="/", samesite="Lax")
        answer.set_cookie("readable", "yes", path="/", httponly=False)
        return answer

    async def cookies(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("Cookie", ""))

    app = web.Application()
    app.router.add_get("/", front)
    app.router.add_get("/cookies", cookies)
    return app


@asynccontextmanager
async def world(folder: Path, uid: int | None) -> AsyncIterator[House]:
    served, kept = gateways.server(studio()), doors.house(folder, uid=uid, page=Page())
    async with served as port, kept as house:
        house.open_studio("s", ME.login, port)
        yield house


@contextmanager
def beside(folder: Path, uid: int | None = None) -> Iterator[House]:
    """Run a house on a loop of its own, as Playwright's keeps the test's thread."""
    ready, found = threading.Event(), []
    end: list[Callable[[], None]] = []

    async def run() -> None:
        stop = asyncio.Event()
        async with world(folder, uid) as house:
            loop = asyncio.get_running_loop()
            end.append(lambda: loop.call_soon_threadsafe(stop.set) and None)
            found.append(house)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(20)
    try:
        yield found[0]
    finally:
        end[0]()
        thread.join(20)


COOKIES = "fetch('cookies').then(answer => answer.text())"


def test_a_studio_in_the_page_keeps_its_cookies(tmp_path: Path, visit: Visit) -> None:
    """They come back from the frame, to another site's page as it is; so they do in a tab."""
    with beside(tmp_path) as house:
        page = visit(house.gateway.page_url + "/")
        frame = page.frame_locator("iframe")
        frame.locator("p").wait_for()
        inner = page.frames[1]
        assert inner.url.startswith("http://127.0.0.1:")
        assert inner.evaluate(COOKIES) == "token=abc; readable=yes"
        assert "readable=yes" in inner.evaluate("document.cookie")
        page.goto(inner.url)
        assert page.evaluate(COOKIES) == "token=abc; readable=yes"


def test_a_link_signs_a_browser_in_also_at_the_studios(tmp_path: Path, visit: Visit) -> None:
    """Nobody vouches for this browser: the page's script uses the link, the frame gets a hop."""
    with beside(tmp_path, NOBODY) as house:
        page = visit(house.gateway.page_url + "/")
        page.get_by_label("Your key").wait_for()
        link, _ = house.sign_ins.link(ME)
        page.goto(link)
        page.get_by_role("heading", name=ME.login).wait_for()
        assert "#" not in page.url
        page.frame_locator("iframe").locator("p").wait_for()
        assert page.frames[1].evaluate(COOKIES) == "token=abc; readable=yes"
        tab = page.context.new_page()
        tab.goto(f"{house.gateway.url}{BASE}")
        assert tab.title() == "studio"
        assert tab.evaluate(COOKIES) == "token=abc; readable=yes"
        page.goto(house.gateway.page_url + "/sign-out")
        page.get_by_role("button").click()
        page.get_by_label("Your key").wait_for()
        tab.reload()
        tab.get_by_label("Your key").wait_for()


def test_a_link_leads_to_a_studio(tmp_path: Path, visit: Visit) -> None:
    """Through the page's host to the studios', by one click."""
    with beside(tmp_path, NOBODY) as house:
        page = visit(house.sign_ins.link(ME, BASE)[0])
        page.wait_for_url(f"{house.gateway.url}{BASE}")
        assert page.title() == "studio"


def test_a_key_signs_in_by_hand(tmp_path: Path, visit: Visit) -> None:
    with beside(tmp_path, NOBODY) as house:
        page = visit(house.gateway.page_url + "/")
        page.get_by_label("Your key").fill("cst_wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        page.get_by_label("Your key").fill(house.key("ada"))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="ada").wait_for()


@pytest.mark.parametrize("uid", [None, NOBODY])
def test_a_studios_script_reaches_nothing_of_the_pages(
    tmp_path: Path, visit: Visit, uid: int | None
) -> None:
    """In a frame of the page, and in a tab: no answer to read, no document, no frame."""
    with beside(tmp_path, uid) as house:
        page = visit(house.sign_ins.link(ME)[0])
        page.frame_locator("iframe").locator("p").wait_for()
        origin = house.gateway.page_url
        frame = page.frames[1]
        for path in ("/", "/session", "/sign-out", "/api/x"):
            ask = f"fetch('{origin}{path}', {{credentials: 'include'}})"
            assert frame.evaluate(f"{ask}.then(a => a.text(), () => 'refused')") == "refused"
        heard: list[int] = []
        page.on("response", lambda one: heard.append(one.status))
        sent = "{method: 'POST', credentials: 'include', mode: 'no-cors'}"
        frame.evaluate(f"fetch('{origin}/api/x', {sent}).then(() => 0, () => 0)")
        assert heard == [403]
        script = "() => {try {return parent.document.title} catch {return 'refused'}}"
        assert frame.evaluate(script) == "refused"
        frame.evaluate(
            "address => new Promise(done => {const f = document.createElement('iframe');"
            "f.onload = done; f.src = address; document.body.append(f)})",
            origin + "/",
        )
        assert heard[1:] == [403]
