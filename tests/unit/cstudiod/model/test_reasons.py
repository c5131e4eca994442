"""One vocabulary, filled in by its table."""

from __future__ import annotations

import pytest
from cstudiod.model.reasons import FACTS, reason, shorten


@pytest.mark.parametrize("code", sorted(FACTS))
def test_the_table_fills_in(code: str) -> None:
    """Whatever the code, there is a next step."""
    made = reason(code, "a sentence", "evidence")
    assert made.next
    assert made.fatal is FACTS[code].is_fatal


def test_what_is_known_better_wins() -> None:
    """The caller's next step and verdict stay."""
    made = reason("evicted", "gone", next="wait", fatal=True)
    assert (made.next, made.fatal) == ("wait", True)


def test_evidence_is_the_end_without_control_characters() -> None:
    """Twenty lines that can be printed on a terminal."""
    text = "\n".join(f"\x1b[31mline {number}\x1b[0m  " for number in range(50))
    lines = shorten(text).splitlines()
    assert len(lines) == 20
    assert lines[-1] == "[31mline 49[0m"
