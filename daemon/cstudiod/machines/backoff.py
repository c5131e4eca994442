"""When to try again."""

from __future__ import annotations

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 15.0


def delay_seconds(attempt: int, jitter: float) -> float:
    """Return how long to wait before the next attempt.

    `attempt` counts failures in a row, from 1. `jitter` is a random number in
    [0, 1): waits are spread over 75 % to 125 %, so that twenty sessions do not
    knock on an API server in the same instant.
    """
    exact = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** (attempt - 1))
    return exact * (0.75 + jitter / 2)
