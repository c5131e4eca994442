"""Which paths are refused, and how paths are taken apart and shown."""

from __future__ import annotations

import pytest
from cstudio_sync import paths
from cstudio_sync.paths import PathRefused


@pytest.mark.parametrize("path", [b"", b"a", b"a/b", b"...", b"..a", b" ", b"\xff\n", b"x" * 255])
def test_a_proper_relative_path_is_taken(path: bytes) -> None:
    assert paths.relative(path) == path


@pytest.mark.parametrize(
    "path",
    [b"/", b"/a", b"a/", b"a//b", b".", b"..", b"./a", b"a/..", b"a/./b", b"a\0", b"x" * 256],
)
def test_anything_else_is_refused(path: bytes) -> None:
    with pytest.raises(PathRefused):
        paths.relative(path)


def test_a_path_has_a_bounded_length() -> None:
    with pytest.raises(PathRefused):
        paths.relative(b"/".join([b"d" * 200] * 200))


def test_taking_apart_and_joining() -> None:
    assert paths.split(b"a/b/c") == (b"a/b", b"c")
    assert paths.split(b"a") == (b"", b"a")
    assert paths.join(b"", b"a") == b"a"
    assert paths.join(b"a", b"b") == b"a/b"
    assert list(paths.parents(b"a/b/c")) == [b"a/b", b"a"]
    assert list(paths.parents(b"a")) == []


def test_below_is_strictly_below() -> None:
    assert paths.is_below(b"a/b", b"a")
    assert not paths.is_below(b"a", b"a")
    assert not paths.is_below(b"ab", b"a")
    assert paths.is_below(b"a", b"")
    assert not paths.is_below(b"", b"")


def test_tree_order_puts_a_folder_just_before_what_is_in_it() -> None:
    mixed = [b"a-b", b"a/z", b"a", b"a/b/c", b"a/b", b"a.c"]
    assert sorted(mixed, key=paths.tree_order) == [b"a", b"a/b", b"a/b/c", b"a/z", b"a-b", b"a.c"]


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        (b"l", b"a", True),
        (b"d/l", b"../a", True),
        (b"d/l", b"../../a", False),
        (b"l", b"..", False),
        (b"l", b"d/../a", False),
        (b"l", b"d/../../a", False),
        (b"l", b"/a", False),
        (b"l", b"", False),
        (b"d/e/l", b"./..//../a", True),
    ],
)
def test_links_that_stay_inside(path: bytes, target: bytes, inside: bool) -> None:
    assert paths.link_stays_inside(path, target) == inside


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("é/b".encode(), "é/b"),
        (b"\xff", "\\xff"),
        (b"a\\b", "a\\\\b"),
        (b"a\nb\x7f", "a\\x0ab\\x7f"),
        (b"\\xff", "\\\\xff"),
    ],
)
def test_what_is_shown_can_be_typed(path: bytes, shown: str) -> None:
    assert paths.display(path) == shown
    assert paths.parse_display(shown) == path


@pytest.mark.parametrize("text", ["a\\", "a\\b", "\\x4", "/a", "../a", "\\x2e\\x2e/a"])
def test_what_is_typed_is_checked(text: str) -> None:
    with pytest.raises(PathRefused):
        paths.parse_display(text)


def test_the_engines_own_names() -> None:
    assert paths.is_temporary(b".cstudio-tmp-1")
    assert not paths.is_temporary(b"cstudio-tmp-1")
