"""What is left of a block's settings when what is wrong with them is taken out. No IO.

So that all the rest is looked at, too, and everything is told at once. Items that are
taken out of a list leave their numbers behind: `Repaired.numbers` gives them back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from cstudiod.blocks import faults
from cstudiod.blocks.settings import Settings
from cstudiod.model.templates import Fault

_ROUNDS = 5
_ITEM = re.compile(r"([^.\[]+)\[(\d+)\](.*)", re.S)


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """Settings without what was wrong."""

    settings: Settings
    removed: frozenset[str]
    """Names of the settings of which something was taken out."""
    numbers: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """List -> the number that each item left has in the file."""

    def written(self, path: str) -> str:
        """Return a field's path as it is in the file."""
        found = _ITEM.fullmatch(path)
        numbers = self.numbers.get(found[1], ()) if found else ()
        if found is None or int(found[2]) >= len(numbers):
            return path
        return f"{found[1]}[{numbers[int(found[2])]}]{found[3]}"

    def stands(self, fault: Fault) -> bool:
        """Tell whether a fault is there also in the whole block.

        What is said of the block as a whole, or of a setting that is not whole, may
        come of what was taken out.
        """
        top = re.split(r"[.\[]", fault.field)[0]
        is_item = fault.field.startswith(f"{top}[")
        return bool(top) and (is_item or top not in self.removed)


def repaired(model: type[Settings], text: str) -> Repaired | None:
    """Return what is left of settings that are not valid; None: nothing that could be read."""
    left: dict[str, Any] = json.loads(text)
    numbers = {name: list(range(len(one))) for name, one in left.items() if isinstance(one, list)}
    removed: set[str] = set()
    for _ in range(_ROUNDS):
        try:
            settings = model.model_validate_json(json.dumps(left))
        except ValidationError as error:
            found = error.errors(include_url=False)
            if not all(_take_out(left, numbers, one, model, removed) for one in _last_first(found)):
                return None
        else:
            return Repaired(settings=settings, removed=frozenset(removed), numbers=numbers)
    return None


def _last_first(found: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return errors so that one that was taken out moves none that comes after; an item once."""
    once = {tuple(map(str, one["loc"][:2])): one for one in found}
    return sorted(once.values(), key=lambda one: _number(one["loc"]), reverse=True)


def _number(location: faults.Location) -> int:
    return location[1] if len(location) > 1 and isinstance(location[1], int) else -1


def _take_out(
    left: dict[str, Any],
    numbers: dict[str, list[int]],
    error: Mapping[str, Any],
    model: type[BaseModel],
    removed: set[str],
) -> bool:
    """Take out the smallest part that an error is in; False: there is none."""
    location = error["loc"]
    name = str(location[0]) if location else ""
    if name not in left:
        return False
    inner = location[1] if len(location) > 1 else None
    removed.add(name)
    if isinstance(inner, int) and isinstance(left[name], list) and inner < len(left[name]):
        del left[name][inner], numbers[name][inner]
    elif isinstance(inner, str) and isinstance(left[name], dict) and inner in left[name]:
        del left[name][inner]
    else:
        value = left.pop(name)
        meant = faults.nearest(name, model.model_fields)
        if error["type"] == "extra_forbidden" and meant and meant not in left:
            left[meant] = value  # as it was probably meant: its default is not
            removed.add(meant)
            if isinstance(value, list):
                numbers[meant] = list(range(len(value)))
    return True
