"""Lists of records on the wire: they come back as they were, and damage is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cstudio_sync import records
from cstudio_sync.entries import FILE, FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.frames import FrameError
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.paths import PathRefused, relative
from cstudio_sync.records import PROBLEMS, STATUSES, VERBS
from hypothesis import given
from hypothesis import strategies as st

_names = st.binary(min_size=1, max_size=6).filter(
    lambda name: b"\0" not in name and b"/" not in name and name not in (b".", b"..")
)
paths = st.one_of(
    st.just(b""),
    st.lists(_names, min_size=1, max_size=4).map(b"/".join),
    _names.map(lambda name: name * 40),
)
stamps = st.one_of(st.just(b""), st.binary(min_size=36, max_size=36), st.binary(max_size=64))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
digests = st.binary(min_size=32, max_size=32)
files = st.tuples(digests, st.integers(0, 2**63 - 1), st.booleans()).map(
    lambda one: Entry(FILE, *one)
)
links = (
    st.binary(min_size=1, max_size=20)
    .filter(lambda t: b"\0" not in t)
    .map(lambda target: Entry(LINK, target=target))
)
entries = st.one_of(files, links, st.just(FOLDER_ENTRY))
maybe = st.one_of(st.none(), entries)


def with_content(path: bytes, stamp: bytes, content: bytes) -> Seen:
    entry = Entry(FILE, hashlib.sha256(content).digest(), len(content))
    return Seen(path, entry, stamp, content=content)


seen = st.one_of(
    st.tuples(paths, maybe, stamps).map(lambda one: Seen(*one)),
    st.tuples(paths, stamps, st.sampled_from(sorted(PROBLEMS)), texts).map(
        lambda one: Seen(one[0], None, *one[1:])
    ),
    st.builds(with_content, paths, stamps, st.binary(max_size=30)),
)
operations = st.builds(
    Operation,
    st.sampled_from(VERBS),
    paths,
    maybe,
    maybe,
    stamps,
    paths,
    stamps,
    st.one_of(st.none(), st.binary(max_size=30)),
    texts,
    st.booleans(),
)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    path = draw(paths)
    now = draw(st.one_of(st.none(), seen.map(lambda one: one._replace(path=path))))
    return Outcome(path, draw(st.sampled_from(STATUSES)), now, draw(texts), draw(texts))


folders = st.tuples(paths, st.dictionaries(_names, stamps, max_size=4))
fingerprints = st.tuples(paths, st.binary(min_size=16, max_size=16))
contents = st.one_of(st.none(), st.binary(max_size=30))

KINDS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    "seen": (seen, records.pack_seen, records.unpack_seen),
    "paths": (paths, records.pack_paths, records.unpack_paths),
    "fingerprints": (fingerprints, records.pack_fingerprints, records.unpack_fingerprints),
    "folders": (folders, records.pack_folders, records.unpack_folders),
    "contents": (contents, records.pack_contents, records.unpack_contents),
    "operations": (operations, records.pack_operations, records.unpack_operations),
    "outcomes": (outcomes(), records.pack_outcomes, records.unpack_outcomes),
}
kinds = pytest.mark.parametrize("kind", sorted(KINDS))


@kinds
@given(data=st.data())
def test_records_come_back_as_they_were(kind: str, data: st.DataObject) -> None:
    one, pack, unpack = KINDS[kind]
    sent = data.draw(st.lists(one, max_size=6))
    received = unpack(pack(sent))
    assert received == sent
    assert [type(record) for record in received] == [type(record) for record in sent]


@kinds
@given(data=st.data())
def test_invariant_14_damaged_records_are_refused_or_well_formed(
    kind: str, data: st.DataObject
) -> None:
    one, pack, unpack = KINDS[kind]
    body = bytearray(pack(data.draw(st.lists(one, min_size=1, max_size=3))))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(body))))
    try:
        received = unpack(bytes(body[:cut]))
    except (FrameError, PathRefused):
        return
    for record in received:
        _check(record)


@kinds
@given(noise=st.binary(max_size=200))
def test_invariant_14_noise_is_refused_or_well_formed(kind: str, noise: bytes) -> None:
    try:
        received = KINDS[kind][2](noise)
    except (FrameError, PathRefused):
        return
    for record in received:
        _check(record)


def _check(record: Any) -> None:
    """Whatever came through can be relied on."""
    match record:
        case Seen():
            relative(record.path)
            _check_entry(record.entry)
            assert record.problem in PROBLEMS or not record.problem
        case Operation():
            relative(record.path)
            relative(record.source)
            _check_entry(record.entry)
            _check_entry(record.expected)
            assert record.verb in VERBS
        case Outcome():
            relative(record.path)
            assert record.status in STATUSES
            assert record.now is None or record.now.path == record.path
        case (bytes() as path, _):
            relative(path)
        case bytes() | None:
            pass
        case _:
            raise AssertionError(record)


def _check_entry(entry: Entry | None) -> None:
    if entry is not None:
        assert entry.kind in ("f", "d", "l")
        assert entry.size >= 0
        assert len(entry.digest) == (32 if entry.kind == FILE else 0)
        assert bool(entry.target) == (entry.kind == LINK)
