"""Long-lived tasks, each owned, named and never lost.

`Tasks.start` takes a callable, not a coroutine object, so that nothing is
ever "never awaited". A unit that fails is logged with its name and reported
to `on_failure`; it never takes its siblings down. `stop` cancels one and waits
for its clean-up, `close` all of them.

`Blocking` runs synchronous calls in a few threads of its own.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Tasks:
    """Owner of long-lived tasks, keyed by name."""

    def __init__(self, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        """`on_failure` is told the name and the error of a unit that died."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._on_failure = on_failure

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run `run()` under `name`; a unit of that name must not be running."""
        if name in self._running:
            raise ValueError(f"a task named {name!r} is running")
        self._running[name] = asyncio.create_task(self._guard(name, run), name=name)

    def is_running(self, name: str) -> bool:
        """Tell whether the unit has not ended."""
        return name in self._running

    async def stop(self, name: str) -> None:
        """Cancel the unit and wait until it is gone; fine when it is not there."""
        task = self._running.get(name)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Cancel everything and wait."""
        current = asyncio.current_task()
        tasks = [task for task in self._running.values() if task is not current]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _guard(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the one place where a unit's failure ends
            _log.exception("task %s failed", name)
            if self._on_failure is not None:
                self._on_failure(name, error)
        finally:
            self._running.pop(name, None)


async def apart(work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` returns; it runs in a task of its own, which ends with ours.

    With Python 3.11 a task group one of whose tasks fails while the group waits for them
    leaves its own task with a cancellation that nobody takes back. With Python 3.11.2,
    which Debian 12 has, the next `asyncio.timeout` of that task then ends the task without
    a word, instead of raising `TimeoutError`. What goes on after a failure, as a loop that
    tries again does, therefore performs each try apart.

    Raises:
        RuntimeError: somebody cancelled `work`, and it was not us.
    """

    async def run() -> T:
        return await work()

    task = asyncio.create_task(run())
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    if task.cancelled():
        raise RuntimeError("cancelled by nobody who owns it")
    return task.result()


class Blocking:
    """Runs synchronous calls off the event loop, in threads it owns."""

    def __init__(self, name: str, threads: int = 1) -> None:
        """With one thread, calls run one after another in the order made."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.is_closed = False
        """A call that may take for ever looks at this, and ends."""

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns; its exceptions pass through."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, functools.partial(call, *args, **kwargs))

    def close(self) -> None:
        """Let running calls end; refuse new ones."""
        self.is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
