"""One owner a root, and how long who comes next waits for the one before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cstudio_agent import lease as leases
from cstudio_agent.contracts import RootTrouble
from cstudio_agent.lease import Lease
from cstudio_agent.root import Root, open_root


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Root]:
    """A root that nobody owns yet; patience is short."""
    monkeypatch.setattr(leases, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(leases, "_OWN_PATIENCE_SECONDS", 10.0)
    made = open_root(bytes(tmp_path), create=False)
    yield made
    made.close()


def test_another_owner_is_refused_and_told_by_whom(root: Root) -> None:
    first = Lease()
    first.acquire(root, "one", "session `api` of ann")
    with pytest.raises(RootTrouble, match="already owned by session `api` of ann") as caught:
        Lease().acquire(root, "two", "session two")
    assert caught.value.reason == RootTrouble.IN_USE
    first.release()
    second = Lease()
    second.acquire(root, "two", "session two")
    assert second.is_held
    second.release()


def test_an_earlier_life_is_given_the_time_to_die(root: Root) -> None:
    """A killed daemon's agent lives until its stream is known to be cut."""
    earlier, later = Lease(), Lease()
    earlier.acquire(root, "one", "session one")
    end = threading.Timer(1.0, earlier.release)
    end.start()
    later.acquire(root, "one", "session one")
    assert later.is_held
    end.join()
    later.release()
