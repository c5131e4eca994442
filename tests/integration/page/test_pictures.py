"""The README's pictures: the page as it is, and an IDE in it.

With ``CSTUDIO_SCREENSHOTS``, a folder, they are put there (``tests/run --screenshots
integration -- -k pictures`` does that for ``client/screenshots``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.browser import Visit
from support.page import BROKEN, SITE, at, row
from support.real_studios import START_SECONDS, cached
from support.workshop import Workshop

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

COMMITTED = Path(__file__).parents[3] / "client" / "screenshots"
WINDOW = {"width": 1200, "height": 760}
NOTEBOOK = """{"cells": [{"cell_type": "code", "execution_count": null, "id": "a1", "metadata": {},
 "outputs": [], "source": ["import pandas\\n", "\\n",
 "pandas.DataFrame({'week': [45, 46, 47], 'sales': [1204, 1377, 1519]})"]}],
 "metadata": {"kernelspec": {"display_name": "Python (pandas)", "language": "python",
 "name": "py-data"}, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """A daemon with a few studios, one of them with JupyterLab."""
    with cached() as made:
        made.template(SITE)
        made.template(BROKEN)
        made.example("jupyter")
        made.create("forecast", "jupyter", project="SHOP", runtime="local")
        made.create("sales", "site", project="SHOP", runtime="local")
        made.create("returns", "site", project="SHOP", runtime="local")
        made.create("dashboards", "broken", project="LAB", runtime="local")
        made.zone("forecast").mkdir(parents=True, exist_ok=True)
        (made.zone("forecast") / "sales.ipynb").write_text(NOTEBOOK)
        made.start("sales")
        made.start("forecast", START_SECONDS)
        made.failed("dashboards")
        yield made


def keep(page: Page, artefacts: Path, name: str) -> None:
    """Take a picture; where a folder is named, for the README as well."""
    picture = artefacts / f"{name}.png"
    page.screenshot(path=picture)
    if folder := os.environ.get("CSTUDIO_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, Path(folder) / f"{name}.png")
    assert (COMMITTED / f"{name}.png").is_file(), "`tests/run --screenshots` makes it"


def test_the_list(shop: Workshop, visit: Visit, artefacts: Path) -> None:
    """Studios that run, one that does not, and one that failed, with its reason."""
    page = at(visit(viewport=WINDOW), shop, "studios")
    row(page, "dashboards").get_by_text("What was said").click()
    expect(page.get_by_text("no module named dashboards")).to_be_visible()
    expect(row(page, "forecast").get_by_text("running")).to_be_visible()
    keep(page, artefacts, "studios")


def test_an_ide_in_the_page(shop: Workshop, visit: Visit, artefacts: Path) -> None:
    """JupyterLab in its tab opens a notebook from the zone and runs a cell of it."""
    page = at(visit(viewport=WINDOW), shop, "studios/SHOP/forecast/view")
    lab = page.frame_locator("iframe")
    for name in ("code_studio-versioned", "sales.ipynb"):
        exactly = lab.get_by_text(name, exact=True)
        lab.locator(".jp-DirListing-item", has=exactly).dblclick()
    expect(lab.get_by_text("Python (pandas) | Idle", exact=True)).to_be_visible()
    lab.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    expect(lab.locator(".jp-OutputArea").get_by_text("1519")).to_be_visible()
    keep(page, artefacts, "ide")
