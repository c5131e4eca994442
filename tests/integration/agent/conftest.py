"""Every test gets a replica of an empty folder, watched if it asks for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.replicas import Hand
from support.watching import Watched, rules_for


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    hand = Hand(tmp_path)
    yield hand
    hand.replica.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def watched(root: Path) -> Iterator[Callable[..., Watched]]:
    """Make a `Watched` of `root`, optionally with names that are excluded."""
    made: list[Watched] = []

    def make(*excluded: str, start: bool = True) -> Watched:
        made.append(Watched(root, rules_for(*excluded)))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()
