"""Opening both sides of a session, and what is found there.

`Sides` is made anew for every connection. The seams to the outside (who finds
a target, who speaks to the agent) come in as callables, so that this package
knows no runtime.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cstudio_sync.rules import Rules

from cstudiod.model.sync_sessions import Spec
from cstudiod.ports import Endpoint, Facts, Place


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
        await self.remote.close()
        await self.release()
        await self.local.close()


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
    remote: Remote | None = None
    try:
        async with asyncio.timeout(timeout_seconds):
            await local.use_rules(rules)
            local_facts = await local.open()
            remote = await make_remote(spec, wake)
            await remote.endpoint.use_rules(rules)
            remote_facts = remote.facts or await remote.endpoint.open()
    except BaseException:
        if remote is not None:
            await remote.close()
        await local.close()
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
