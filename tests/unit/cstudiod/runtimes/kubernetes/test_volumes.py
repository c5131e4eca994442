"""A claim that is being deleted is waited for, so that no pod waits for one that goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import api, faults, volumes

REQUEST = faults.Request(
    server="https://cluster.test",
    context="",
    namespace="studios",
    verb="patch",
    resource=volumes.PLURAL,
)
CLAIM = {"metadata": {"name": "cstudio-a-data"}}
ENDING = {"metadata": {"name": "cstudio-a-data", "deletionTimestamp": "2026-01-01T00:00:00Z"}}


class Cluster:
    """Answers lists from a script, the last one for ever, and remembers what was asked."""

    def __init__(self, *lists: list[dict[str, Any]]) -> None:
        self._lists = list(lists)
        self.asked: list[str] = []

    async def get(self, request: Any, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append("list")
        return {"items": self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]}

    async def apply(self, request: Any, path: str, body: Any) -> None:
        self.asked.append(f"apply {path}")

    async def delete(self, request: Any, path: str, query: Mapping[str, str]) -> None:
        self.asked.append(f"delete {path}")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "PAUSE_SECONDS", 0)


async def test_a_claim_is_made_once_the_old_one_is_gone() -> None:
    """Applied while it ends, it would be reported as made, and vanish."""
    cluster = Cluster([ENDING], [ENDING], [])
    await volumes.make(cast(api.Api, cluster), REQUEST, "/v1", [CLAIM])
    applied = f"apply /v1/{volumes.PLURAL}/cstudio-a-data"
    assert cluster.asked == ["list", "list", "list", applied]


async def test_a_claim_that_stays_is_applied_again() -> None:
    """An equal one changes nothing."""
    cluster = Cluster([CLAIM])
    await volumes.make(cast(api.Api, cluster), REQUEST, "/v1", [CLAIM])
    assert cluster.asked == ["list", f"apply /v1/{volumes.PLURAL}/cstudio-a-data"]


async def test_removing_ends_when_nothing_is_left() -> None:
    """The next start finds no remains."""
    cluster = Cluster([ENDING], [])
    await volumes.remove(cast(api.Api, cluster), REQUEST, "/v1", {"labelSelector": "uid=a"})
    assert cluster.asked == [f"delete /v1/{volumes.PLURAL}", "list", "list"]


async def test_a_claim_that_does_not_go_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something of somebody else's may use it."""
    monkeypatch.setattr(volumes, "GONE_SECONDS", 0)
    with pytest.raises(TargetError, match="cstudio-a-data is being deleted") as caught:
        await volumes.make(cast(api.Api, Cluster([ENDING])), REQUEST, "/v1", [CLAIM])
    assert "kubectl describe pvc" in caught.value.next
