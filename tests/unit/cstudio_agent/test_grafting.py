"""Which operations make one tree that is shown at once."""

from __future__ import annotations

import pytest
from cstudio_agent.grafting import groups
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, Entry
from cstudio_sync.operations import Operation

OLD = Entry("f", b"x" * 32, 1)


def operation(word: str) -> Operation:
    """Make an operation of a short word."""
    verb, _, path = word.partition(":")
    raw = path.encode()
    made = {
        "d": Operation(ops.MAKE_FOLDER, raw, FOLDER_ENTRY),
        "f": Operation(ops.PUT_FILE, raw, OLD, data=b"1"),
        "l": Operation(ops.PUT_LINK, raw, Entry("l", target=b"t")),
        "large": Operation(ops.PUT_FILE, raw, OLD, staged="token"),
        "over": Operation(ops.PUT_FILE, raw, OLD, OLD, data=b"1"),
        "copy": Operation(ops.COPY_FILE, raw, OLD, source=b"a"),
        "gone": Operation(ops.REMOVE_FILE, raw, None, OLD),
    }
    return made[verb]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", []),
        ("f:a f:b", [(0, 1), (1, 2)]),
        ("d:a f:a/b d:a/c l:a/c/d f:e", [(0, 4), (4, 5)]),
        ("d:a f:a/b d:c f:c/d", [(0, 2), (2, 4)]),
        ("d:a d:ab f:ab/c", [(0, 1), (1, 3)]),
        ("d:a large:a/b f:a/c", [(0, 1), (1, 2), (2, 3)]),
        ("d:a f:a/b over:a/c", [(0, 2), (2, 3)]),
        ("d:a f:a/b copy:a/c", [(0, 2), (2, 3)]),
        ("d:a gone:a/b", [(0, 1), (1, 2)]),
        ("d: f:a", [(0, 1), (1, 2)]),
    ],
)
def test_groups(words: str, expected: list[tuple[int, int]]) -> None:
    assert list(groups([operation(word) for word in words.split()])) == expected
