"""From the blocks of a template to their settings, or to what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from cstudiod.blocks import faults, yaml_text
from cstudiod.blocks.kinds import Kind
from cstudiod.blocks.registry import Registry
from cstudiod.blocks.repairing import Repaired, repaired
from cstudiod.blocks.settings import Settings
from cstudiod.model.templates import Block, Fault


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A block whose settings are valid by themselves."""

    index: int
    block: Block
    kind: Kind[Settings]
    settings: Settings
    is_ours: bool
    repaired: Repaired | None = None
    """What was taken out of its settings; None: nothing, they are as in the file."""


def check(blocks: Sequence[Block], registry: Registry) -> tuple[list[Checked], list[Fault]]:
    """Return the blocks that can be looked at further, and all that is wrong with settings."""
    valid: list[Checked] = []
    wrong: list[Fault] = []
    for index, block in enumerate(blocks):
        if not block.type:
            continue  # what the file has there is no block, and was told
        kind = registry.kinds.get(block.type)
        if kind is None:
            wrong.append(faults.fault(block, index, _unknown(block.type, registry), "type"))
            continue
        if kind.unique and any(one.type == block.type for one in blocks[:index]):
            wrong.append(faults.fault(block, index, "a template has this block once", "type"))
        settings, left, found = _settings(kind, block)
        wrong.extend(faults.fault(block, index, message, field) for field, message in found)
        if settings is not None:
            ours = registry.is_ours(block.type)
            valid.append(
                Checked(
                    index=index,
                    block=block,
                    kind=kind,
                    settings=settings,
                    is_ours=ours,
                    repaired=left,
                )
            )
    return valid, wrong


def _unknown(type: str, registry: Registry) -> str:
    if why := registry.broken.get(type):
        return why
    return f"there is no block `{type}`" + faults.hint(type, registry.kinds)


def _settings(
    kind: Kind[Settings], block: Block
) -> tuple[Settings | None, Repaired | None, list[tuple[str, str]]]:
    """Read settings as JSON, which says what is text, number or list without guessing.

    Returns them, or what is left of them, with what was taken out and what is wrong.
    """
    try:
        text = yaml_text.as_json(dict(block.settings))
    except (TypeError, ValueError) as error:
        return None, None, [("", f"has a value that is no plain data: {error}")]
    try:
        return kind.settings.model_validate_json(text), None, []
    except ValidationError as error:
        left = repaired(kind.settings, text)
        return left.settings if left else None, left, faults.explain(error, kind.settings)
