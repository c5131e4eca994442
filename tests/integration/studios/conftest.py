"""One daemon for the tests of a file, or one for a single test that kills it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.workshop import Workshop, workshop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon that lives as long as the file's tests; their studios have their own names."""
    with workshop(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[Workshop]:
    """A daemon of one test."""
    with workshop(tmp_path / "own") as made:
        yield made
