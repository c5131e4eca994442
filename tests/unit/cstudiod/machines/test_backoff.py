"""Pauses grow, are bounded, and are spread."""

from __future__ import annotations

from cstudiod.machines.backoff import FIRST_SECONDS, LONGEST_SECONDS, delay_seconds


def test_pauses_double_up_to_the_longest() -> None:
    """The first retry is quick, the hundredth not for ever."""
    pauses = [delay_seconds(attempt, 0.5) for attempt in range(1, 100)]
    assert pauses[0] == FIRST_SECONDS
    assert pauses[1] == 2 * FIRST_SECONDS
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_SECONDS


def test_jitter_spreads_by_a_quarter() -> None:
    """Twenty sessions do not knock in the same instant."""
    assert delay_seconds(1, 0.0) == FIRST_SECONDS * 0.75
    assert delay_seconds(1, 0.999) < FIRST_SECONDS * 1.25
