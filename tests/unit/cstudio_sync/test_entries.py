"""Stamps: equal ones mean that nothing changed."""

from __future__ import annotations

import pytest
from cstudio_sync.entries import NO_STAMP, STAMP_BYTES, stamp, stamp_fields, stamp_mtime_ns

SEEN = {"size": 1, "mtime_ns": 2, "ctime_ns": 3, "inode": 4, "mode": 5}


def test_a_stamp_changes_with_each_part() -> None:
    found = {stamp(**SEEN), *(stamp(**{**SEEN, part: 9}) for part in SEEN)}
    assert len(found) == 1 + len(SEEN)
    assert {len(one) for one in found} == {STAMP_BYTES}


@pytest.mark.parametrize("inode", [0, 2**63, 2**64 - 1, 2**70])
def test_an_inode_of_any_size_fits(inode: int) -> None:
    assert len(stamp(1, 2, 3, inode, 5)) == STAMP_BYTES


def test_times_before_1970_fit() -> None:
    assert stamp_mtime_ns(stamp(0, -1, -1, 1, 1)) == -1


def test_a_stamp_that_is_none_has_no_time() -> None:
    assert stamp_mtime_ns(stamp(1, 77, 3, 4, 5)) == 77
    assert stamp_mtime_ns(NO_STAMP) == 0
    assert stamp_mtime_ns(b"other") == 0


def test_a_stamp_gives_back_its_parts() -> None:
    found = stamp_fields(stamp(**SEEN))
    assert found is not None
    assert found._asdict() == SEEN
    assert stamp_fields(NO_STAMP) is None
