"""Text for people."""

from __future__ import annotations

import click
import pytest
from cstudio.cli import tables


def test_columns_are_as_wide_as_they_must_be() -> None:
    lines = tables.columns(("NAME", "STATE"), [("api", "watching"), ("a-long-name", "halted")])
    assert [click.unstyle(line) for line in lines] == [
        "NAME         STATE",
        "api          watching",
        "a-long-name  halted",
    ]


def test_wide_characters_take_two_columns() -> None:
    lines = tables.columns(("A", "B"), [("日本", "x"), ("ab", "y")])
    assert lines == ["A     B", "日本  x", "ab    y"]


def test_states_have_colours_that_can_be_done_without() -> None:
    line = tables.columns(("STATE",), [("halted",)])[1]
    assert line != "halted"
    assert click.unstyle(line) == "halted"


def test_nothing_that_a_pod_says_commands_the_terminal() -> None:
    assert tables.plain("\x1b[2Jhello\nthere\u202e") == "\\u001b[2Jhello there\\u202e"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (5_300_000, "5.3 MB"), (250_000_000, "250 MB"), (2e15, "2000 TB")],
)
def test_sizes_are_readable(count: float, text: str) -> None:
    assert tables.size(count) == text


def test_counts_have_their_plural() -> None:
    assert tables.counted(1, "file") == "1 file"
    assert tables.counted(1204, "file") == "1,204 files"


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [("short", 10, "short"), ("exactly ten", 10, "exactly t…"), ("日本日本", 5, "日本…")],
)
def test_text_is_clipped_to_its_columns(text: str, limit: int, clipped: str) -> None:
    assert tables.clipped(text, limit) == clipped


def test_pairs_leave_out_what_is_empty() -> None:
    assert tables.pairs([("name", "api"), ("because", ""), ("mode", "x")]) == [
        "name  api",
        "mode  x",
    ]
