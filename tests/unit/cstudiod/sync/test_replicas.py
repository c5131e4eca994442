"""When the remembered state still describes what is there."""

from __future__ import annotations

import pytest
from cstudiod.ports import Facts, Place
from cstudiod.sync.replicas import is_same, lost_power, remembered

PLACE = Place(label="pod a", incarnation="uid/c1/0")
RESTARTED = Place(label="pod a", incarnation="uid/c2/1")


def _facts(replica: str = "r1", inode: int = 5, *, is_new: bool = False, device: int = 9) -> Facts:
    return Facts(
        endpoint="agent", watch="inotify", replica=replica, replica_is_new=is_new,
        inode=inode, device=device,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "place", "same"),
    [
        (_facts(), PLACE, True),
        (_facts(), RESTARTED, True),  # the volume outlived the container
        (_facts("r2"), PLACE, False),
        (_facts("r2", is_new=True), PLACE, False),  # made anew from the image
        (_facts(inode=6), PLACE, False),  # another folder under the same id: a copy
    ],
)
def test_a_planted_id_decides(facts: Facts, place: Place, same: bool) -> None:
    """Where an id could be planted, it and the folder are the proof."""
    assert is_same(remembered(_facts(), PLACE), facts, place) is same


@pytest.mark.parametrize(
    ("facts", "place", "same"),
    [
        (_facts(""), PLACE, True),
        (_facts(""), RESTARTED, False),
        (_facts("", inode=6), PLACE, False),
        (_facts("", device=8), PLACE, False),
    ],
)
def test_without_an_id_only_the_same_container_counts(
    facts: Facts, place: Place, same: bool
) -> None:
    """Where nothing can be planted, a restart means a fresh replica."""
    assert is_same(remembered(_facts(""), PLACE), facts, place) is same


def test_nothing_remembered_is_no_proof() -> None:
    """A first connection is never taken for a known replica."""
    assert not is_same({}, _facts(), PLACE)


@pytest.mark.parametrize(
    ("known", "boot", "lost"),
    [
        ({}, "b1", False),  # the first connection
        ({"local_boot": "b1", "ended": ""}, "b1", False),  # the daemon was killed
        ({"local_boot": "b1", "ended": ""}, "b2", True),
        ({"local_boot": "b1", "ended": "orderly"}, "b2", False),  # shut down as it should be
        ({"local_boot": "", "ended": ""}, "", False),  # a system that does not tell
    ],
)
def test_a_machine_that_went_down(known: dict[str, str], boot: str, lost: bool) -> None:
    """Another boot and no orderly end: what was written last may not be on the disk."""
    assert lost_power(known, boot) == lost
