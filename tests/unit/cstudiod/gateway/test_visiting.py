"""Which replica serves a visitor."""

from __future__ import annotations

import pytest
from cstudiod.gateway.seam import Streams, StudioPort
from cstudiod.gateway.visiting import Replica, chosen


async def _nowhere() -> Streams:
    raise AssertionError("nobody connects here")


A, B, C = (
    Replica(uid=uid, pod=f"cstudio-{uid}", key=uid, port=StudioPort(dial=_nowhere)) for uid in "abc"
)


@pytest.mark.parametrize(
    ("replicas", "wanted", "busy", "turns", "served"),
    [
        ([A], "", {}, {}, A),
        ([A, B], "b", {"b": 9}, {}, B),
        ([A, C], "b", {"a": 1}, {}, C),
        ([A, B, C], "", {"a": 1, "c": 1}, {"b": 5}, B),
        ([A, B, C], "", {}, {"a": 2, "b": 1, "c": 3}, B),
        ([A, B], "gone", {"a": 2, "b": 2}, {"a": 1}, B),
    ],
)
def test_who_serves(
    replicas: list[Replica],
    wanted: str,
    busy: dict[str, int],
    turns: dict[str, int],
    served: Replica,
) -> None:
    """Who was there before; else who has least to do, and among these who waited longest."""
    assert chosen(replicas, wanted, busy, turns) is served
