"""Looking again and again: what all runtimes of studios have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from cstudiod.model.studios import Observation, Phase


async def changes(
    look: Callable[[], Awaitable[Observation]], wait: Callable[[Observation], Awaitable[object]]
) -> AsyncIterator[Observation]:
    """Yield what is seen, each time that it is something else; the last one is ABSENT.

    Args:
        look: looks once.
        wait: returns when it is time to look again after what was seen.
    """
    seen: Observation | None = None
    while True:
        now = await look()
        if now != seen:
            yield now
        if now.phase is Phase.ABSENT:
            return
        seen = now
        await wait(now)
