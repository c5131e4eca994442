from __future__ import annotations

import pytest
from cstudiod.blocks.faults import line_of, nearest, path_of

LINES = {"expose": 3, "expose.port": 4, "zones[0]": 6, "zones[0].target": 7}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("expose.port", 4),
        ("expose.prot", 3),
        ("zones[0].target", 7),
        ("zones[0].folder", 6),
        ("zones[1]", 1),
        ("labels.a.b/c", 1),
        ("", 1),
    ],
)
def test_a_field_s_line_is_its_own_or_its_parent_s(path: str, line: int) -> None:
    """What is missing has no line, but what it is missing in has."""
    assert line_of(path, LINES, 1) == line


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("zone", "zones"),
        ("ZONES", "zones"),
        ("oneWay", "one_way"),
        ("one-way", "one_way"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_the_nearest_word(word: str, expected: str) -> None:
    """Case and separators do not count."""
    assert nearest(word, ["zones", "one_way", "exclude"]) == expected


def test_a_path_is_written_as_people_read_it() -> None:
    """Names and numbers."""
    assert path_of(("zones", 1, "target")) == "zones[1].target"
    assert path_of(()) == ""
