"""What programs print becomes lines that can be shown and kept."""

from __future__ import annotations

import pytest
from cstudiod.builders.lines import LINE_CHARACTERS, Lines, clean


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[91mwarning\x1b[0m  ", "warning"),
        ("\x1b]0;title\x07text", "text"),
        ("a\x00b\tc", "ab\tc"),
        ("Looking in indexes: https://me:s3cret@host/simple", "Looking in indexes: https://***@host/simple"),
        ("git+ssh://git@host/x and http://token@host", "git+ssh://***@host/x and http://***@host"),
        ("https://host/a@b:c", "https://host/a@b:c"),
        ("x" * 5000, "x" * LINE_CHARACTERS + "…"),
    ],
)  # fmt: skip
def test_a_line_has_no_colours_and_no_credentials(printed: str, shown: str) -> None:
    """And no more characters than somebody reads."""
    assert clean(printed) == shown


def test_lines_are_cut_wherever_the_pieces_end() -> None:
    """Characters and line ends may be torn apart; empty lines are left out."""
    text = "erste Zeile\r\n\nzweite: ä\r50%\r100%\nlast".encode()
    expected = ["erste Zeile", "zweite: ä", "50%", "100%", "last"]
    for size in range(1, len(text)):
        lines = Lines()
        found = [
            line for at in range(0, len(text), size) for line in lines.feed(text[at : at + size])
        ]
        assert found + lines.feed(b"", final=True) == expected


def test_a_line_without_end_does_not_grow_for_ever() -> None:
    """It comes in pieces."""
    lines = Lines()
    pieces = [line for _ in range(50) for line in lines.feed(b"x" * 1000)]
    assert len(pieces) > 5
