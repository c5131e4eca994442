"""What a hostile peer may not put into records."""

from __future__ import annotations

import hashlib
import struct

import pytest
from cstudio_sync import records
from cstudio_sync.entries import FILE, LINK, Entry, Problem, Seen
from cstudio_sync.frames import FrameError
from cstudio_sync.operations import MOVE_FILE, REMOVE_FILE, Operation
from cstudio_sync.paths import PathRefused

ESCAPES = [
    b"/etc/passwd",
    b"../x",
    b"a/../../x",
    b"a//b",
    b"a/.",
    b"./a",
    b"a/",
    b"..",
    b"x" * 256,
    b"d/" * 17000 + b"x",
]


@pytest.mark.parametrize("path", ESCAPES, ids=lambda path: ascii(path[:12]))
def test_invariant_14_a_path_that_leaves_the_root_is_refused(path: bytes) -> None:
    """The published `kubectl cp` escapes, in every list that holds paths."""
    with pytest.raises(PathRefused):
        records.unpack_paths(records.pack_paths([b"fine", path]))
    with pytest.raises(PathRefused):
        records.unpack_seen(records.pack_seen([Seen(path)]))
    with pytest.raises(PathRefused):
        records.unpack_fingerprints(records.pack_fingerprints([(path, bytes(16))]))
    with pytest.raises(PathRefused):
        records.unpack_folders(records.pack_folders([(b"d", {path: b""})]))
    with pytest.raises(PathRefused):
        records.unpack_operations(records.pack_operations([Operation(REMOVE_FILE, path)]))
    move = Operation(MOVE_FILE, b"fine", source=path)
    with pytest.raises(PathRefused):
        records.unpack_operations(records.pack_operations([move]))


@pytest.mark.parametrize("name", [b"a/b", b"", b"/"])
def test_a_childs_name_is_one_name(name: bytes) -> None:
    with pytest.raises(PathRefused):
        records.unpack_folders(records.pack_folders([(b"d", {name: b""})]))


def test_the_root_itself_is_a_path() -> None:
    assert records.unpack_paths(records.pack_paths([b"", b"a"])) == [b"", b"a"]


def test_invariant_14_a_huge_count_is_refused_before_anything_is_made() -> None:
    with pytest.raises(FrameError, match="announces 4294967295 records"):
        records.unpack_seen(struct.pack("<I", 2**32 - 1))


def test_invariant_14_content_must_have_the_digest_that_was_announced() -> None:
    entry = Entry(FILE, hashlib.sha256(b"good").digest(), 4)
    body = records.pack_seen([Seen(b"f", entry, content=b"evil")])
    with pytest.raises(FrameError, match="digest"):
        records.unpack_seen(body)


def test_content_must_have_the_size_that_was_announced() -> None:
    entry = Entry(FILE, hashlib.sha256(b"good").digest(), 5)
    with pytest.raises(FrameError, match="no such file"):
        records.unpack_seen(records.pack_seen([Seen(b"f", entry, content=b"good")]))


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Seen(b"l", Entry(LINK)), "no target"),
        (Seen(b"l", Entry(LINK, target=b"x" * 5000)), "longer than"),
        (Seen(b"f", Entry(FILE, bytes(32), 2**63)), "impossible size"),
        (Seen(b"f", Entry(FILE, b"short", 1)), "column"),
        (Seen(b"f", stamp=b"x" * 65), "stamp"),
        (Seen(b"f", problem="made_up"), "impossible problem"),
        (Seen(b"f", Entry(FILE, bytes(32), 1), problem=Problem.BUSY), "impossible problem"),
    ],
)
def test_what_no_observer_can_have_seen_is_refused(seen: Seen, says: str) -> None:
    with pytest.raises(FrameError, match=says):
        records.unpack_seen(records.pack_seen([seen]))


def test_a_detail_is_made_to_fit() -> None:
    detail = "\0\udcff" + "é" * 5000
    body = records.pack_seen([Seen(b"f", problem=Problem.BUSY, detail=detail)])
    arrived = records.unpack_seen(body)[0].detail
    assert arrived.startswith(" \\udcffé")
    assert len(arrived.encode()) <= records.MAX_TEXT_BYTES


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(FrameError, match="follow the end"):
        records.unpack_seen(records.pack_seen([Seen(b"f")]) + b"x")


def test_a_thousand_observations_are_small() -> None:
    seen = [Seen(b"d/f%d" % n, Entry(FILE, bytes(32), n), bytes(36)) for n in range(1000)]
    assert len(records.pack_seen(seen)) < 1000 * 100
