"""Hypothesis strategies for trees: one tree is made, then changed twice.

Independent random trees hardly ever meet; sides that are derived from one
ancestor collide at once. Names, contents and depth are few on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, Entry
from hypothesis import strategies as st
from support.trees import Tree, file, link

_NAMES = st.sampled_from([b"a", b"b", b"c"])
_CONTENTS = st.sampled_from(["", "1", "2", "3"])
_DEPTH = 3

_paths = st.lists(_NAMES, min_size=1, max_size=_DEPTH).map(b"/".join)
_leaves = st.one_of(
    st.builds(file, _CONTENTS, st.booleans()),
    st.builds(link, st.sampled_from(["a", "b"])),
)
entries = st.one_of(_leaves, st.just(FOLDER_ENTRY))


class Three(NamedTuple):
    """What was agreed, and what both sides hold now."""

    ancestor: Tree
    local: Tree
    remote: Tree


def _put(held: Tree, path: bytes, entry: Entry) -> None:
    """Place an entry, making room: parents become folders, a leaf has nothing below."""
    for parent in paths.parents(path):
        held[parent] = FOLDER_ENTRY
    if entry.kind != FOLDER:
        _remove(held, path)
    held[path] = entry


def _remove(held: Tree, path: bytes) -> None:
    for known in list(held):
        if known == path or paths.is_below(known, path):
            del held[known]


@st.composite
def trees(draw: st.DrawFn, max_entries: int = 6) -> Tree:
    """Draw a whole tree."""
    held: Tree = {}
    for path in draw(st.lists(_paths, max_size=max_entries)):
        _put(held, path, draw(entries))
    return held


@st.composite
def perturbed(draw: st.DrawFn, before: Mapping[bytes, Entry], max_steps: int = 4) -> Tree:
    """Draw a tree that a few edits make of `before`."""
    held = dict(before)
    for _ in range(draw(st.integers(0, max_steps))):
        step = draw(st.sampled_from(["put", "put", "remove", "remove", "move", "chmod"]))
        path = draw(st.one_of(_paths, st.sampled_from(sorted(held)))) if held else draw(_paths)
        if step == "put":
            _put(held, path, draw(entries))
        elif step == "remove":
            _remove(held, path)
        elif step == "move":
            _move(held, path, draw(_paths))
        elif path in held and held[path].kind == FILE:
            held[path] = held[path]._replace(executable=not held[path].executable)
    return held


def _move(held: Tree, source: bytes, target: bytes) -> None:
    if source not in held or target == source or paths.is_below(target, source):
        return
    if paths.is_below(source, target):
        return
    moved = {path: entry for path, entry in held.items() if _is_at(path, source)}
    _remove(held, source)
    _remove(held, target)
    for path, entry in sorted(moved.items()):
        _put(held, target + path[len(source) :], entry)


def _is_at(path: bytes, folder: bytes) -> bool:
    return path == folder or paths.is_below(path, folder)


@st.composite
def threes(draw: st.DrawFn) -> Three:
    """Draw an ancestor and two sides that came of it; now and then, a void ancestor."""
    ancestor = draw(trees())
    three = Three(ancestor, draw(perturbed(ancestor)), draw(perturbed(ancestor)))
    return three._replace(ancestor={}) if draw(st.integers(0, 7)) == 0 else three


@st.composite
def blind_spots(draw: st.DrawFn, held: Mapping[bytes, Entry]) -> set[bytes]:
    """Draw paths of a tree that cannot be looked at."""
    if not held:
        return set()
    return set(draw(st.lists(st.sampled_from(sorted(held)), max_size=2)))
