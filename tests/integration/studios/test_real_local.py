"""JupyterLab and Streamlit in the local runtime: no Docker, no cluster, nothing to install.

Their virtual environments stay in the user's cache folder from one run to the next.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.real_studios import cached, lives
from support.workshop import Workshop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """A daemon that has its virtual environments already."""
    with cached() as made:
        yield made


@pytest.mark.parametrize("stem", ["jupyter", "streamlit"])
def test_an_example_runs_as_plain_processes(shop: Workshop, stem: str) -> None:
    """From the template to a page, files both ways, an action, a stop and a start."""
    lives(shop, stem, f"l{stem}", "local")
