"""A look that fails is told; it is never taken for "nothing changed"."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import cast

import pytest
from cstudio_agent.contracts import RootTrouble, Stopped
from cstudio_agent.polling import Polling
from cstudio_agent.replica import Replica


class Tree:
    """A tree that is looked at as often as there are answers."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self._answers: Iterator[bytes | Exception] = iter(answers)

    def fingerprints(self, emit: object, cancelled: object) -> None:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        assert callable(emit)
        emit([(b"", answer)])


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([b"one", b"one", b"two"], ["polling found changes"] * 2),
        ([OSError(errno.EIO, os.strerror(errno.EIO))], ["polling failed: Input/output error"]),
        ([RootTrouble(RootTrouble.MISSING, "/x: gone")], ["root: /x: gone"]),
        ([Stopped()], []),
    ],
)
def test_what_a_look_tells(answers: list[bytes | Exception], told: list[str]) -> None:
    """A change, a failure and a lost root each ask for a look at everything, with the reason."""
    heard: list[str] = []
    polling = Polling(cast(Replica, Tree(*answers)), heard.append, 3600)
    for _ in answers:
        polling.poll_now()
    polling.close()
    assert heard == told
