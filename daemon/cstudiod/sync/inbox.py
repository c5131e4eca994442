"""Verbs on their way to the one task that may touch a mirror.

A caller's `ask` waits for the answer; the session's task takes the calls one
after another, between two cycles, and answers each exactly once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from cstudiod.errors import CstudioError, StateError
from cstudiod.sync.mirror import Halted, Mirror

Verb = Callable[[Mirror], Awaitable[Any]]


class Inbox:
    """Calls that wait for the session's task."""

    def __init__(self, wake: asyncio.Event, refusal: Callable[[str, str], StateError]) -> None:
        """`refusal(what, reason)` makes the error that names the session's state."""
        self._wake = wake
        self._refusal = refusal
        self._calls: deque[tuple[Verb, asyncio.Future[Any]]] = deque()

    async def ask(self, verb: Verb, timeout_seconds: float) -> Any:
        """Run `verb` in the session's task and return what it returns.

        Raises:
            StateError: it was not done within the deadline.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls.append((verb, future))
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_seconds):
                return await future
        except TimeoutError:
            raise self._refusal("did not finish in time", "TIMEOUT") from None

    async def answer(self, mirror: Mirror) -> bool:
        """Do what was asked for; return whether there was anything.

        An error that is about the connection is given to the caller and raised.
        """
        any_done = False
        while self._calls:
            verb, future = self._calls.popleft()
            if not future.done():
                any_done = True
                await self._do(verb, future, mirror)
        return any_done

    async def _do(self, verb: Verb, future: asyncio.Future[Any], mirror: Mirror) -> None:
        try:
            result = await verb(mirror)
        except Exception as error:
            told = self._told(error)
            if not future.done():
                future.set_exception(told)
            if not isinstance(told, StateError) and not _is_callers(error):
                raise
        except asyncio.CancelledError:
            if not future.done():
                future.set_exception(self._refusal("was interrupted", "WRONG_STATE"))
            raise
        else:
            if not future.done():
                future.set_result(result)

    def _told(self, error: Exception) -> BaseException:
        inner = innermost(error)
        if isinstance(inner, Halted):
            return StateError(
                inner.halt.message, reason=inner.halt.reason, next="see `cstudio sync plan`"
            )
        if isinstance(inner, CstudioError):
            return inner
        return self._refusal("failed in the middle of that", "BUG")

    def refuse(self) -> None:
        """The session ends: answer everything that waits."""
        while self._calls:
            _, future = self._calls.popleft()
            if not future.done():
                future.set_exception(self._refusal("has ended", "WRONG_STATE"))


def _is_callers(error: Exception) -> bool:
    from cstudiod.errors import UsageError

    return isinstance(innermost(error), UsageError)


def innermost(error: BaseException) -> BaseException:
    """Return the first error inside nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
