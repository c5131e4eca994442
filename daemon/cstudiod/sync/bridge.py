"""Blocking emitters as async iterators, with a bound on what waits between."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from cstudiod.supervise import Blocking

T = TypeVar("T")

_WAITING = 8


async def emitted(
    threads: Blocking, call: Callable[[Callable[[T], None], Callable[[], bool]], None]
) -> AsyncIterator[T]:
    """Yield what `call(emit, cancelled)` emits from a thread.

    The call is slowed down while nobody takes; it is told to end early when
    the iteration is given up, or `threads` are closed: an iteration that was
    left in the middle may never be told to end itself.
    """
    loop = asyncio.get_running_loop()
    waiting: queue.Queue[T] = queue.Queue(_WAITING)
    ready = asyncio.Event()
    given_up = False

    def is_over() -> bool:
        return given_up or threads.is_closed

    def emit(item: T) -> None:
        while not is_over():
            try:
                waiting.put(item, timeout=0.5)
            except queue.Full:
                continue
            loop.call_soon_threadsafe(ready.set)
            return

    running = asyncio.ensure_future(threads.run(call, emit, is_over))  # noqa: TID251 - ended below, in every case
    running.add_done_callback(lambda _: ready.set())
    try:
        while True:
            await ready.wait()
            ready.clear()
            while not waiting.empty():
                yield waiting.get_nowait()
            if running.done() and waiting.empty():
                await running
                return
    finally:
        given_up = True
        if not running.done():
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()  # it was told to stop: that it did is no news


async def pulled(threads: Blocking, iterator: Iterator[T]) -> AsyncIterator[T]:
    """Yield from a blocking iterator, one step a thread call."""
    end = object()
    while True:
        item = await threads.run(next, iterator, end)
        if item is end:
            return
        yield item  # type: ignore[misc]  # `end` was handled
