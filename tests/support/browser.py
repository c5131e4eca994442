"""A real Chromium, driven through Playwright, for tests with the mark `browser`.

A `conftest.py` makes the fixtures its own with ``from support.browser import artefacts,
chromium, visit``. Each visit has cookies and storage of its own; what it showed last is kept as
``<test>.png`` in the folder that `CSTUDIO_ARTEFACTS` names, or in pytest's own.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = (
    "--no-sandbox",  # tests may run as root, where the sandbox does not
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
)
ALONE = Path(__file__).with_name("chromium_alone.py")
"""Starts the browser deaf to containers that come and go on this machine."""
SECONDS = 60.0
"""How long Playwright waits for what a test expects; the machine may be busy."""

Visit = Callable[..., Page]
"""``visit(url, **options)``: opens a page; options are those of `Browser.new_context`."""


def executable() -> str:
    """Return the browser's path: what `CSTUDIO_CHROMIUM` names, or Debian's; empty: none."""
    return os.environ.get("CSTUDIO_CHROMIUM") or shutil.which("chromium") or ""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser's process, one for a file's tests; none of them may be `async`.

    Playwright's event loop counts as running as long as the process lives.
    """
    path = executable()
    if not path:
        pytest.skip("no Chromium here; tests/cluster/chromium installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=ALONE, args=list(FLAGS), env={**os.environ, "CSTUDIO_CHROMIUM": path}
        )
        yield browser
        browser.close()


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    """The folder that keeps what tests saw."""
    named = os.environ.get("CSTUDIO_ARTEFACTS", "")
    folder = Path(named) if named else tmp_path / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visit(chromium: Browser, artefacts: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens pages; at the test's end each is photographed and closed."""
    contexts: list[BrowserContext] = []

    def open_page(url: str = "", **options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        if url:
            page.goto(url)
        return page

    yield open_page
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=artefacts / f"{stem}{f'-{number}' if number else ''}.png")
    for context in contexts:
        context.close()
