"""One daemon on TCP for all of these tests; its people are told in `support.people`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import people
from support.people import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with people.world(tmp_path_factory.mktemp("rights")) as made:
        yield made
