"""A thread that emits ends when its iteration does, or when its threads are closed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cstudiod.supervise import Blocking
from cstudiod.sync.bridge import emitted


async def test_an_iteration_that_was_left_in_the_middle_holds_no_thread() -> None:
    threads, ended = Blocking("test"), threading.Event()

    def count(emit: Callable[[int], None], is_over: Callable[[], bool]) -> None:
        number = 0
        while not is_over():
            emit(number)
            number += 1
        ended.set()

    numbers = emitted(threads, count)
    assert await anext(numbers) == 0
    threads.close()  # nobody iterates on, and nobody has let go of `numbers`
    assert await Blocking("wait").run(ended.wait, 1.9)


async def test_what_is_emitted_arrives_in_order() -> None:
    threads = Blocking("test")

    def count(emit: Callable[[int], None], is_over: Callable[[], bool]) -> None:
        for number in range(50):
            emit(number)

    assert [number async for number in emitted(threads, count)] == list(range(50))
    threads.close()
