"""Opening both sides of a session, and what is found there.

`Sides` is made anew for every connection. The seams to the outside (who finds
a target, who speaks to the agent) come in as callables, so that this package
knows no runtime.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cstudio_sync.rules import Rules

from cstudiod.model.sync_sessions import Spec
from cstudiod.ports import Endpoint, Facts, Place

_log = logging.getLogger(__name__)

_LET_GO_SECONDS = 10.0
"""How long the end of a connection may take; after that it is left to itself."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Remote:
    """The remote endpoint, and where it is."""

    endpoint: Endpoint
    place: Place
    gone: Callable[[], Awaitable[None]]
    """Returns when the place has ended or been replaced."""
    release: Callable[[], Awaitable[None]]
    """Lets go of what was needed to find and reach the place."""
    facts: Facts | None = None
    """What it said when it was opened; None: it is not open yet."""

    async def close(self) -> None:
        """Close the endpoint and let go; never raises."""
        await self.endpoint.close()
        await self.release()


Wake = Callable[[], None]
MakeLocal = Callable[[Spec, Wake], Endpoint]
MakeRemote = Callable[[Spec, Wake], Awaitable[Remote]]


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Both sides, open."""

    local: Endpoint
    remote: Endpoint
    local_facts: Facts
    remote_facts: Facts
    place: Place
    gone: Callable[[], Awaitable[None]]
    release: Callable[[], Awaitable[None]]

    async def close(self) -> None:
        """Close both; never raises."""
        await _let_go(self.remote.close)
        await _let_go(self.release)
        await _let_go(self.local.close)


async def connect(
    spec: Spec,
    rules: Rules,
    wake: Wake,
    make_local: MakeLocal,
    make_remote: MakeRemote,
    timeout_seconds: float,
) -> Connection:
    """Open the local side, then the remote one.

    Raises:
        LocalRootError: the local root cannot be used.
        TargetError: the target cannot be reached or used.
        TimeoutError: it took longer than `timeout_seconds`.
    """
    local = make_local(spec, wake)

    async def both() -> tuple[Facts, Remote, Facts]:
        await local.use_rules(rules)
        local_facts = await local.open()
        return local_facts, *await _opened(spec, rules, wake, make_remote)

    try:
        local_facts, remote, remote_facts = await _within(timeout_seconds, both)
    except BaseException:
        await _let_go(local.close)
        raise
    return Connection(
        local=local,
        remote=remote.endpoint,
        local_facts=local_facts,
        remote_facts=remote_facts,
        place=remote.place,
        gone=remote.gone,
        release=remote.release,
    )


async def open_remote(
    spec: Spec, rules: Rules, wake: Wake, make_remote: MakeRemote, timeout_seconds: float
) -> Remote:
    """Open the remote side alone; what it returns has `facts`.

    Raises:
        TargetError: the target cannot be reached or used.
        TimeoutError: it took longer than `timeout_seconds`.
    """
    remote, facts = await _within(timeout_seconds, lambda: _opened(spec, rules, wake, make_remote))
    return dataclasses.replace(remote, facts=facts)


async def _opened(
    spec: Spec, rules: Rules, wake: Wake, make_remote: MakeRemote
) -> tuple[Remote, Facts]:
    remote = await make_remote(spec, wake)
    try:
        await remote.endpoint.use_rules(rules)
        return remote, remote.facts or await remote.endpoint.open()
    except BaseException:
        await _let_go(remote.close)
        raise


async def _within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Return what `work` returns, or give it up: also work that does not end when cancelled.

    Raises:
        TimeoutError: it took longer than `seconds`.
    """

    async def run() -> T:
        return await work()

    task = asyncio.ensure_future(run())  # noqa: TID251 - cancelled and waited for below
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except BaseException:
        task.cancel()
        await asyncio.wait({task}, timeout=_LET_GO_SECONDS)
        raise
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=_LET_GO_SECONDS)
        raise TimeoutError
    return task.result()


async def _let_go(close: Callable[[], Awaitable[None]]) -> None:
    """Close what may not close any more: nothing waits for it for ever (invariant 15)."""
    try:
        await _within(_LET_GO_SECONDS, close)
    except TimeoutError:
        _log.warning("a connection did not close within %.0f s", _LET_GO_SECONDS)
