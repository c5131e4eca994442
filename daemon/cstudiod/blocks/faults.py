"""From what pydantic found to sentences with a place."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from cstudiod.model.templates import Block, Fault

Location = Sequence[str | int]

_MESSAGES = {
    "string_type": "must be text; write it in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping, `key: value`",
    "model_type": "must be a mapping, `key: value`",
    "model_attributes_type": "must be a mapping, `key: value`",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was probably meant, or nothing."""
    names = sorted(known)
    if close := difflib.get_close_matches(word, names, n=1, cutoff=0.6):
        return close[0]
    plain = {_plain(name): name for name in reversed(names)}
    other = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return plain[other[0]] if other else ""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def hint(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean `x`?``, or what there is."""
    names = sorted(known)
    if meant := nearest(word, names):
        return f"; did you mean `{meant}`?"
    return f"; known: {', '.join(names)}" if names else ""


def path_of(location: Location) -> str:
    """Return a field's path as people read it: ``zones[1].target``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("["):  # pydantic's mark for a key of a mapping
            path += f".{part}" if path else part
    return path


def line_of(path: str, lines: Mapping[str, int], default: int) -> int:
    """Return the line of a field, or of what it would stand in."""
    while path:
        if path in lines:
            return lines[path]
        path = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]*)$", "", path)
    return default


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Return (path of the field, sentence) for all that is wrong with a mapping."""
    found = error.errors(include_url=False)
    below = {one["loc"][:at] for one in found for at in range(len(one["loc"]))}
    return [
        (path_of(one["loc"]), _sentence(one, model))
        for one in found
        if one["type"] != "too_short" or one["loc"] not in below  # short of wrong items
    ]


def _sentence(one: Mapping[str, Any], model: type[BaseModel]) -> str:
    name = str(one["loc"][-1]) if one["loc"] else ""
    kind, given = one["type"], one.get("input")
    if kind == "extra_forbidden":
        return f"unknown setting `{name}`" + hint(name, _fields_at(model, one["loc"][:-1]))
    if kind == "missing":
        return f"`{name}` is missing"
    if given is None and kind != "value_error":
        return "is empty; give it a value or remove the line"
    if kind in ("enum", "literal_error"):
        return f"unknown value `{given}`" + hint(str(given), _choices(one))
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind == "string_pattern_mismatch":
        return f"`{given}` does not fit the pattern `{one['ctx']['pattern']}`"
    if kind == "too_short":
        return f"must have at least {one['ctx']['min_length']} in it"
    if kind == "string_too_short":
        return "must not be empty"
    text = str(one["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _choices(one: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(one.get("ctx", {}).get("expected", "")))


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the names that are known at a place below a model."""
    at: type[BaseModel] | None = model
    for part in location:
        if at is None or not isinstance(part, str) or part not in at.model_fields:
            continue
        at = _model_in(at.model_fields[part].annotation)
    return list(at.model_fields) if at else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in typing.get_args(annotation))
    return next((model for model in inner if model), None)


def fault(block: Block, index: int, message: str, field: str = "", line: int = 0) -> Fault:
    """Return a fault of a block; `line` is the field's own when it is 0."""
    return Fault(
        message=message,
        line=line or line_of(field, block.lines, block.line),
        block=index,
        block_type=block.type,
        field=field,
    )
