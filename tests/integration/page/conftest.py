"""One daemon with local studios for a file's tests, and a browser that shows its page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.browser import artefacts, chromium, visit
from support.page import BROKEN, SITE
from support.workshop import Workshop, workshop

__all__ = ["artefacts", "chromium", "visit"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon with two templates and one running studio, `sales` of `SHOP`."""
    with workshop(tmp_path_factory.mktemp("shop")) as made:
        made.template(SITE)
        made.template(BROKEN)
        made.create("sales", "site", project="SHOP", runtime="local")
        made.start("sales")
        yield made
