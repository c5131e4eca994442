"""The same calls for programs without an event loop.

Each blocking method is its async twin, run to its end on a loop that belongs to
the client. Ctrl-C interrupts it as usual.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from cstudio.client.connection import Client
from cstudio.client.daemon import Daemon
from cstudio.client.sessions import Sessions
from cstudio.locations import Locations

Twin = TypeVar("Twin")
P = ParamSpec("P")
T = TypeVar("T")


class _Blocking(Generic[Twin]):
    """A service's async calls and the loop that runs them."""

    def __init__(self, twin: Twin, runner: asyncio.Runner) -> None:
        self._twin = twin
        self._runner = runner

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(work)
        except asyncio.CancelledError:  # nobody cancels but Ctrl-C, as the runner begins
            raise KeyboardInterrupt from None


def _blocking(
    method: Callable[Concatenate[Twin, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[_Blocking[Twin], P], T]:
    """Return a method that waits for what `method` returns."""

    @functools.wraps(method)
    def wait(self: _Blocking[Twin], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(method(self._twin, *args, **kwargs))

    return wait


def _iterating(
    method: Callable[Concatenate[Twin, P], AsyncIterator[T]],
) -> Callable[Concatenate[_Blocking[Twin], P], Iterator[T]]:
    """Return a method that yields what `method` yields."""

    @functools.wraps(method)
    def iterate(self: _Blocking[Twin], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        items = method(self._twin, *args, **kwargs)
        try:
            while (item := self._run(_next(items))) is not None:
                yield item
        finally:
            self._run(_close(items))

    return iterate


async def _next(items: AsyncIterator[T]) -> T | None:
    try:
        return await anext(items)
    except StopAsyncIteration:
        return None


async def _close(items: AsyncIterator[object]) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        # An interrupt may have left it running; then the end of the loop closes it.
        with contextlib.suppress(RuntimeError):
            await close()


class BlockingDaemon(_Blocking[Daemon]):
    """Calls of the service `Daemon`; see `Daemon`."""

    info = _blocking(Daemon.info)
    checks = _blocking(Daemon.checks)
    shut_down = _blocking(Daemon.shut_down)


class BlockingSessions(_Blocking[Sessions]):
    """Calls of the service `SyncSessions`; see `Sessions`."""

    create = _blocking(Sessions.create)
    get = _blocking(Sessions.get)
    list = _blocking(Sessions.list)
    update = _blocking(Sessions.update)
    delete = _blocking(Sessions.delete)
    watch = _iterating(Sessions.watch)
    pause = _blocking(Sessions.pause)
    resume = _blocking(Sessions.resume)
    flush = _blocking(Sessions.flush)
    plan = _blocking(Sessions.plan)
    push = _blocking(Sessions.push)
    pull = _blocking(Sessions.pull)
    reset = _blocking(Sessions.reset)
    accept = _blocking(Sessions.accept)
    conflicts = _blocking(Sessions.conflicts)
    resolve = _blocking(Sessions.resolve)
    problems = _blocking(Sessions.problems)
    explain = _blocking(Sessions.explain)
    trash = _blocking(Sessions.trash)
    restore = _blocking(Sessions.restore)
    restore_deletions = _blocking(Sessions.restore_deletions)


class BlockingClient:
    """A connection to the daemon; made by `Client.sync()`."""

    sessions: BlockingSessions
    """Sync sessions."""
    daemon: BlockingDaemon
    """The daemon itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    @property
    def locations(self) -> Locations:
        """Where the daemon's files are."""
        return self._client.locations

    @property
    def started(self) -> bool:
        """Whether the daemon had to be started."""
        return self._client.started

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._client.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        self.sessions = BlockingSessions(self._client.sessions, self._runner)
        self.daemon = BlockingDaemon(self._client.daemon, self._runner)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._runner.run(self._client.__aexit__(kind, error, traceback))
        finally:
            self._runner.close()
