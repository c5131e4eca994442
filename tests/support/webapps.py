"""A studio that is published, as a visitor and its owner see it; the same in every runtime."""

from __future__ import annotations

import contextlib
import http.client
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cstudio_api.v1 import webapps_pb2 as pb
from support.workshop import SECONDS, Workshop, eventually

RUNNING = pb.WebApp.STATE_RUNNING
BASE = "/web-apps-backends"
PUBLIC = pb.WebAppAccess(public=True)
WHOLE = (
    "import http.server, os\n"
    "PFX = os.environ['DKU_CODE_STUDIO_BROWSER_PATH_8002']\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        knows = self.path.startswith(PFX + '/')\n"
    "        moves = self.path.endswith('/moved')\n"
    "        self.send_response(302 if moves else 200 if knows else 404)\n"
    "        if moves: self.send_header('Location', PFX + '/home?x=1')\n"
    "        self.send_header('Set-Cookie', 'seen=1; Path=' + PFX + '/')\n"
    "        said = (self.path + ' ' + self.headers.get('Cookie', '')).encode()\n"
    "        self.send_header('Content-Length', str(len(said)))\n"
    "        self.end_headers()\n"
    "        self.wfile.write(said)\n"
    "http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['port'])), Handler)"
    ".serve_forever()\n"
)
"""A server that must know its prefix, and makes addresses and cookies of it."""
TEMPLATE = """
name: gallery
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
  - type: starter_files
    files:
      - {zone: code_studio_versioned, path: index.html, content: one}
      - {zone: code_studio_versioned, path: whole.py, content: %s}
  - type: entrypoint
    label: Editor
    command: exec python3 -m http.server ${port} --bind ${host}
    expose: {port: 8000, label: Editor, subpath: /}
  - type: entrypoint
    label: Site
    command: |-
      env | grep -e ^DKU_CODE_STUDIO_BROWSER_PATH -e ^K8S_POD_NAME > site/env.txt
      exec python3 -m http.server ${port} --bind ${host} --directory site
    expose: {port: 8001, label: Site, subpath: /}
    webapps: true
  - type: entrypoint
    label: Whole
    command: exec python3 site/whole.py
    expose: {port: 8002, label: Whole, subpath: $request_uri}
    webapps: true
"""


def template() -> str:
    """Return the template: an editor, which is not published, and two sites that may be."""
    import json

    return TEMPLATE % json.dumps(WHOLE)


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer of a web app."""

    status: int
    text: str
    location: str
    cookies: tuple[str, ...]
    """`Set-Cookie` fields."""


def asked(url: str, cookie: str = "", host: str = "") -> Page:
    """Return an answer, no redirect followed."""
    at = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=20)
    fields = {"Cookie": cookie} if cookie else {}
    with contextlib.closing(connection):
        connection.request("GET", at._replace(scheme="", netloc="").geturl(), headers=fields)
        answer = connection.getresponse()
        return Page(
            status=answer.status,
            text=answer.read().decode("utf-8", "replace"),
            location=answer.getheader("Location") or "",
            cookies=tuple(answer.headers.get_all("Set-Cookie") or ()),
        )


def publish(shop: Workshop, studio: str, port: int = 8001, **how: Any) -> Any:
    """Publish a studio for everybody; return the web app at once."""
    how.setdefault("access", PUBLIC)
    return shop.webapps.PublishWebApp(pb.PublishWebAppRequest(studio=studio, port=port, **how))


def show(shop: Workshop, id: str) -> Any:
    """Return a web app as it is now."""
    return shop.webapps.GetWebApp(pb.GetWebAppRequest(id=id))


def until(shop: Workshop, id: str, holds: Callable[[Any], bool], seconds: float = SECONDS) -> Any:
    """Wait until a web app is as it should be, and return it."""
    seen: list[Any] = []

    def look() -> bool:
        seen[:] = [show(shop, id)]
        return holds(seen[0])

    try:
        eventually(look, seconds=seconds)
    except AssertionError as error:
        raise AssertionError(f"{seen}\n{shop.cstudio.log()[-3000:]}") from error
    return seen[0]


def until_ready(shop: Workshop, id: str, seconds: float = SECONDS) -> Any:
    """Wait until all replicas of a web app take visitors."""
    return until(shop, id, lambda one: one.state == RUNNING, seconds)


def restart(shop: Workshop, id: str, seconds: float = SECONDS) -> Any:
    """Restart a web app, and wait until each replica is back."""
    shop.webapps.RestartWebApp(pb.RestartWebAppRequest(id=id))
    return until(
        shop, id, lambda one: one.state == RUNNING and not one.restarting_replicas, seconds
    )


def unpublish(shop: Workshop, id: str, seconds: float = SECONDS) -> None:
    """End a web app."""
    shop.webapps.UnpublishWebApp(pb.UnpublishWebAppRequest(id=id), timeout=seconds)


def replica_cookie(page: Page) -> str:
    """Return what keeps a visitor with the replica that answered."""
    found = [one for one in page.cookies if one.startswith("cstudio-replica=")]
    return found[0].partition(";")[0] if found else ""


def lives(shop: Workshop, runtime: str, lose: Callable[[Any], None], seconds: float) -> None:
    """Publish in two replicas, lose one, restart, unpublish; a daemon is killed in between.

    `lose` ends what a replica runs in, as a crash does.
    """
    shop.create("p", "gallery", runtime=runtime)
    zone = shop.zone("p")
    app = until_ready(shop, publish(shop, "p", replicas=2).id, seconds)
    assert app.url.endswith(f"{BASE}/P/{app.id}/")
    first, second = asked(app.url), asked(app.url)
    assert (first.status, first.text) == (second.status, second.text) == (200, "one")
    assert replica_cookie(first) != replica_cookie(second) != ""
    knows_its_own_prefix(app, replica_cookie(first))
    (zone / "index.html").write_text("two")
    lose(app.replica_states[0])
    until(shop, app.id, lambda one: one.ready_replicas < 2, seconds)
    until(shop, app.id, lambda one: asked(app.url).status == 200, seconds)  # the other one serves
    shop.killed_and_back()
    until_ready(shop, app.id, seconds)
    restart(shop, app.id, seconds)
    texts = {asked(app.url).text for _ in range(4)}
    assert texts == {"two"}
    assert {path.name for path in zone.iterdir() if path.name != ".git"} == {
        "index.html",
        "whole.py",
    }, "a web app wrote into the zone"
    unpublish(shop, app.id, seconds)
    assert asked(app.url).status == 404


def knows_its_own_prefix(app: Any, cookie: str) -> None:
    """Each replica has a prefix with its pod in it, and is found at it."""
    said = asked(app.url + "env.txt", cookie).text
    values = dict(line.split("=", 1) for line in said.splitlines())
    prefix = f"{BASE}/P/{app.id}_{values['K8S_POD_NAME']}"
    assert values["DKU_CODE_STUDIO_BROWSER_PATH"] == prefix
    assert values["DKU_CODE_STUDIO_BROWSER_PATH_8001"] == f"{prefix}/8001"
    assert values["K8S_POD_NAME"] in {one.pod for one in app.replica_states}
    origin = app.url.partition(BASE)[0]
    assert asked(f"{origin}{prefix}/8001/env.txt").text == said
