"""Looking at a studio through its runtime, however often that cannot be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from cstudiod.errors import TargetError
from cstudiod.model.studios import Observation, Phase, StudioState
from cstudiod.ports import StudioRuntime
from cstudiod.store.studios import StoredStudio

Told = Callable[[TargetError], None]
"""Is told why the runtime cannot be reached."""


async def observations(
    runtime: StudioRuntime, uid: str, told: Told, again_seconds: float
) -> AsyncGenerator[Observation, None]:
    """Yield what a studio goes through; the last one is ABSENT.

    Raises:
        TargetError: at the first look, and it will not be better later.
    """
    is_first = True
    while True:
        looks = runtime.watch(uid)
        try:
            async for seen in looks:
                is_first = False
                yield seen
                if seen.phase is Phase.ABSENT:
                    return
        except TargetError as error:
            if is_first and error.permanent:
                raise
            told(error)
        finally:
            if isinstance(looks, AsyncGenerator):
                await looks.aclose()
        await asyncio.sleep(again_seconds)


async def observed(
    runtime: StudioRuntime, uid: str, told: Told, again_seconds: float
) -> Observation:
    """Return one look, however long it takes until there can be one."""
    while True:
        try:
            return await runtime.observe(uid)
        except TargetError as error:
            told(error)
        await asyncio.sleep(again_seconds)


async def revived(runtime: StudioRuntime, uid: str, told: Told, again_seconds: float) -> None:
    """Start again what has ended, however long it takes until that is taken.

    Raises:
        TargetError: it will not be better later.
    """
    while True:
        try:
            await runtime.revive(uid)
        except TargetError as error:
            if error.permanent:
                raise
            told(error)
            await asyncio.sleep(again_seconds)
        else:
            return


def stage_of(seen: Observation) -> str:
    """Return what a start is at, and what delays it."""
    return f"{seen.stage}: {seen.reason.message}" if seen.reason is not None else seen.stage


def is_port_taken(seen: Observation) -> bool:
    """Tell whether it cannot run where its servers were to listen."""
    return seen.reason is not None and seen.reason.code == "port_in_use"


def first_phase(studio: StoredStudio) -> StudioState:
    """Return what a studio is taken for until it was looked at."""
    if not studio.is_up:
        return StudioState.STOPPED
    if not studio.wants_running:
        return StudioState.STOPPING
    return StudioState.RUNNING if studio.was_ready else StudioState.STARTING
