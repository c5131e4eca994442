"""The kernel's counters, as both kinds of cgroups write them."""

from __future__ import annotations

import pytest
from cstudio_runner import memory


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n", 2),
        ("oom_kill_disable 0\nunder_oom 0\noom_kill 4\n", 4),
        ("oom_kill_disable 0\nunder_oom 0\n", 0),
        ("", 0),
    ],
)
def test_kills_are_counted(text: str, count: int) -> None:
    assert memory.kills(text) == count


@pytest.mark.parametrize(
    ("limit", "said"),
    [("536870912\n", "512 MiB"), ("max\n", ""), ("9223372036854771712\n", ""), ("", "")],
)
def test_limits_are_said_in_words(limit: str, said: str) -> None:
    assert memory.readable(limit) == said
