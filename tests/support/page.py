"""The page of a real daemon, for tests that open it in a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from cstudio_api.v1 import studios_pb2
from cstudio_api.v1 import sync_sessions_pb2 as sync
from playwright.sync_api import Locator, Page, expect
from support.browser import SECONDS
from support.workshop import Workshop

expect.set_options(timeout=SECONDS * 1000)

SITE = """
name: site
label: A small site
description: Files over HTTP, with a few actions.
permissions: {all: true}
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
  - type: starter_files
    files:
      - zone: code_studio_versioned
        path: index.html
        content: |
          <!doctype html><html lang="en"><meta charset="utf-8"><title>Sales</title>
          <h1>Sales, this week</h1><p>Edit <code>index.html</code> on either side.</p></html>
  - type: entrypoint
    label: Site
    command: [python3, -u, -m, http.server, "${port}", --bind, "${host}", --directory, "${zone.code_studio_versioned}"]
    expose: {port: 8000, label: Site, html: true, subpath: /}
    webapps: true
  - {type: custom_action, name: count, label: Count files, description: How many files the site has., icon: fa-chart, command: find site -type f | wc -l}
  - {type: custom_action, name: wait, label: Rebuild the index, icon: refresh, command: echo page 1; sleep 600}
"""  # noqa: E501
BROKEN = """
name: broken
blocks:
  - type: entrypoint
    label: Dashboards
    command: [python3, -c, "raise SystemExit('no module named dashboards')"]
    expose: {port: 8000, label: Dashboards, subpath: /}
"""


def origin(shop: Workshop) -> str:
    """Return where the page is: `http://localhost:PORT`; needs a studio with a port."""
    listed = shop.studios.ListStudios(studios_pb2.ListStudiosRequest(page_size=1000)).studios
    url = next(port.url for one in listed for port in one.ports)
    return f"http://localhost:{urlsplit(url).port}"


def at(page: Page, shop: Workshop, place: str) -> Page:
    """Go to a place of the page: ``studios/P/s/files``."""
    page.goto(f"{origin(shop)}/#/{place}")
    return page


def row(page: Page, name: str) -> Locator:
    """Return a studio's row in the list."""
    return page.locator(f"[data-studio$='/{name}']")


def last_command(page: Page) -> Locator:
    """Return where the last click stands as a command."""
    return page.locator(".commands-last")


def faults(page: Page) -> list[str]:
    """Return what axe finds serious or critical, with the elements."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def conflicts(shop: Workshop, studio: str, files: dict[str, tuple[bytes, bytes]]) -> str:
    """Have both sides of a local studio's zone differ; return the session's id when they do."""
    session, zone = shop.session(studio), shop.zone(studio)
    there = next(one.remote for one in shop.show(studio).zones if one.session == session)
    shop.flush(session)
    name = f"syncSessions/{session}"
    shop.sessions.PauseSyncSession(sync.PauseSyncSessionRequest(name=name))
    for path, contents in files.items():
        for root, content in zip((zone, type(zone)(there)), contents, strict=True):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    shop.sessions.ResumeSyncSession(sync.ResumeSyncSessionRequest(name=name))
    shop.flush(session)
    return session
