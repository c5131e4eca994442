"""Builds for the local runtime: a virtual environment after the other, each line with its block."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Mapping, Sequence

from cstudiod.model.builds import BuildEvent, BuildFailure
from cstudiod.services.build_seams import BuildsEnvironments, Told
from cstudiod.services.templates import TemplateView

HASH_DIGITS = 12


async def told(environments: BuildsEnvironments, view: TemplateView) -> AsyncGenerator[Told, None]:
    """Yield what the builds of a template's environments say; a failure is the last of it."""
    if fault := next(iter(view.blueprint.local_faults), None):
        yield BuildFailure(
            message=f"it cannot run in the local runtime: {fault.message}",
            block=fault.block,
            block_type=fault.block_type,
            line=fault.line,
            next="use --runtime docker or kubernetes",
        )
        return
    for environment in view.blueprint.image.environments:
        async with contextlib.aclosing(environments.build(environment)) as lines:
            async for item in lines:
                yield _placed(item, view)
                if isinstance(item, BuildFailure):
                    return


async def explained(
    environments: BuildsEnvironments, view: TemplateView, before: Mapping[str, str]
) -> tuple[str, Sequence[str]]:
    """Return the content hash of all environments, and why each of them has to be built.

    Args:
        environments: What builds them.
        view: The template.
        before: Where those of the last good build are, by name.
    """
    hashes, found = [], []
    for environment in view.blueprint.image.environments:
        hash, whys = await environments.explain(environment, before.get(environment.name, ""))
        hashes.append(hash)
        kind = _type_of(environment.block, view)
        where = f"block {environment.block + 1} ({kind}): environment {environment.name}"
        found += [f"{where}: {why}" for why in whys]
    return joined(hashes), found


def joined(hashes: Sequence[str]) -> str:
    """Return one hash of several environments; of none, a word."""
    return "-".join(hash[:HASH_DIGITS] for hash in hashes) or "nothing"


def _placed(item: Told, view: TemplateView) -> Told:
    """Name the block that a line belongs to, and where it stands in the template."""
    if isinstance(item, BuildEvent) and item.block >= 0:
        return dataclasses.replace(item, block_type=_type_of(item.block, view))
    if isinstance(item, BuildFailure) and item.block >= 0:
        line = view.template.blocks[item.block].line
        return dataclasses.replace(item, block_type=_type_of(item.block, view), line=line)
    return item


def _type_of(block: int, view: TemplateView) -> str:
    return view.template.blocks[block].type
