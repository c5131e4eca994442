"""The escape of file names, both ways."""

from __future__ import annotations

import pytest
from cstudio import paths

PAIRS = [
    (b"src/app.py", "src/app.py"),
    ("übung/日本.txt".encode(), "übung/日本.txt"),
    (b"caf\xe9/x", r"caf\xe9/x"),
    (b"a\\b", r"a\\b"),
    (b"tab\there", r"tab\x09here"),
    (b"line\nbreak", r"line\x0abreak"),
    (b"\\xe9", r"\\xe9"),
    (b"del\x7f", r"del\x7f"),
    (b"", ""),
]


@pytest.mark.parametrize(("raw", "shown"), PAIRS)
def test_a_path_is_displayed_by_the_escape_of_the_contract(raw: bytes, shown: str) -> None:
    assert paths.display(raw) == shown


@pytest.mark.parametrize(("raw", "shown"), PAIRS)
def test_a_displayed_path_is_read_back(raw: bytes, shown: str) -> None:
    assert paths.parse(shown) == raw


def test_a_name_as_the_shell_hands_it_over_is_read_as_well() -> None:
    assert paths.parse("caf\udce9") == b"caf\xe9"


def test_a_backslash_that_begins_no_escape_stands_for_itself() -> None:
    assert paths.parse(r"a\b") == b"a\\b"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("./src/a", b"src/a"),
        ("src/", b"src"),
        (".", b""),
        (".//x", b"x"),
        (".hidden", b".hidden"),
        ("a//b/./c", b"a/b/c"),
        ("../a", b"../a"),
        ("//srv/./a/", b"/srv/a"),
    ],
)
def test_a_relative_path_may_be_typed_loosely(typed: str, path: bytes) -> None:
    assert paths.parse_relative(typed) == path


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("src/a", b"src/a"),
        ("/home/me/app/src/a", b"src/a"),
        ("/home/me/app", b""),
        ("/home/me/apple", b"/home/me/apple"),  # refused later, as any path outside
        ("/home/me/app/../x", b"../x"),
    ],
)
def test_an_absolute_path_inside_the_root_is_meant_relatively(typed: str, path: bytes) -> None:
    assert paths.below("/home/me/app", typed) == path
