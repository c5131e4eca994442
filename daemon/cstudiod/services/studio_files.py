"""A studio's files on their way: in before its programs may start, back before it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from cstudiod.errors import CstudioError, StateError, TargetError
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.studios import Phase, Reason
from cstudiod.model.templates import RuntimeKind
from cstudiod.services.studio_tools import StartFailed, Tools
from cstudiod.services.templates import TemplateView
from cstudiod.store.studios import StoredStudio

_log = logging.getLogger(__name__)
_GO = 'umask 077; printf %s "$1" >"$2/go.new" && mv "$2/go.new" "$2/go"'


async def connect(tools: Tools, studio: StoredStudio, view: TemplateView) -> list[str]:
    """Let the zones' sessions go on, made if need be, and return their names.

    A studio that was started with an earlier version of its template keeps the
    sessions that it has.
    """
    stored = view.stored
    if studio.let_go and (stored.uid, stored.generation) != (
        studio.template_uid,
        studio.template_generation,
    ):
        return await tools.zones.go_on(studio)
    runtime = tools.runtime(studio)
    return await tools.zones.connect(
        studio,
        view.blueprint,
        runtime.layout(studio.uid),
        lambda path: runtime.target(studio.uid, path),
    )


async def in_step(
    tools: Tools, studio: StoredStudio, names: list[str], blueprint: Blueprint
) -> None:
    """Return when all files are in.

    Raises:
        StartFailed: not within the template's time.
    """
    seconds = blueprint.launch.kubernetes.initial_sync_minutes * 60
    try:
        await tools.zones.in_step(names, seconds)
    except StateError as error:
        raise StartFailed(
            Reason(code="initial_sync_timeout", message=error.message, next=error.next)
        ) from error


async def let_go(tools: Tools, studio: StoredStudio) -> str:
    """Tell the runner that the files are there; return the incarnation that was told."""
    runtime, uid = tools.runtime(studio), studio.uid
    layout = runtime.layout(uid)
    target = runtime.target(uid, layout.workdir)
    command = ("sh", "-c", _GO, "sh", studio.hold, layout.state)
    while True:
        try:
            before = await runtime.observe(uid)
            async with tools.open_command(target, command) as channel:
                await channel.end_input()
                done = await channel.wait()
            if done.code == 0:
                return before.incarnation
            _log.info("studio %s: go: %s", studio.spec.name, channel.stderr_tail())
        except TargetError as error:
            _log.info("studio %s: go: %s", studio.spec.name, error.message)
        await asyncio.sleep(tools.timing.again)


async def brought_back(
    tools: Tools, studio: StoredStudio, discards: asyncio.Event
) -> Sequence[str]:
    """Copy back what was written inside; return a sentence for each path that cannot be.

    Takes a few seconds at most once `discards` is set: nobody minds what is lost then.
    """
    if not studio.let_go or not await _has_files(tools, studio):
        return ()
    troubles: Sequence[str] = ("copying back was given up",)

    async def bring() -> None:
        nonlocal troubles
        try:
            troubles = await tools.zones.bring_back(studio)
        except CstudioError as error:
            troubles = (error.message,)

    async with asyncio.TaskGroup() as group:
        bringing = group.create_task(bring())
        patience = group.create_task(_patience(discards, tools.timing.discard))
        await asyncio.wait({bringing, patience}, return_when=asyncio.FIRST_COMPLETED)
        bringing.cancel()
        patience.cancel()
    return troubles


async def _patience(discards: asyncio.Event, seconds: float) -> None:
    await discards.wait()
    await asyncio.sleep(seconds)


async def _has_files(tools: Tools, studio: StoredStudio) -> bool:
    """Tell whether what was written inside can still be reached."""
    try:
        seen = await tools.runtime(studio).observe(studio.uid)
    except TargetError:
        return True
    if seen.phase is Phase.ENDED:  # the workspace of a container is in it
        return studio.spec.runtime is RuntimeKind.LOCAL
    return seen.phase is not Phase.ABSENT
