"""Lengths of time as people write them."""

from __future__ import annotations

import pytest
from cstudio.cli import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5", 1.5),
        ("45s", 45),
        ("15m", 900),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1h5s", 3605),
        (" 2H ", 7200),
        ("30d", 2592000),
        ("1d12h", 129600),
        ("0", 0),
    ],
)
def test_what_is_meant(text: str, seconds: float) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "5w", "m", "1m1h", "1 h", "1e3", "٣"])
def test_what_is_no_length_of_time(text: str) -> None:
    assert durations.seconds(text) is None
