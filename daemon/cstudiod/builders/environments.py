"""What decides what is in a virtual environment, and what it is called. No IO."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.builders import lines
from cstudiod.model.blueprints import Environment, Language

BUILDER_VERSION = 1
"""Raise it when the same requirements shall be installed anew."""
HASH_DIGITS = 32


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python of this machine."""

    program: str
    version: str
    """``3.11.7``."""
    platform: str
    """``linux-x86_64``."""
    base: str = ""
    """Where it is installed: environments link to it."""


def inputs(environment: Environment, interpreter: Interpreter) -> str:
    """Return everything that decides the content, as canonical JSON.

    The environment's name is not in it: two templates with the same
    requirements share one. The order of requirements is: pip may care.
    """
    return json.dumps(
        {
            "v": 1,
            "builder": BUILDER_VERSION,
            "python": interpreter.version,
            "base": interpreter.base,
            "platform": interpreter.platform,
            "requirements": [line for one in environment.requirements if (line := one.strip())],
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between two inputs that were read, a few words each.

    Passwords in addresses are left out.
    """
    for key in ("python", "base", "platform"):
        if before.get(key) != after[key]:
            yield f"{key}: {before.get(key)} → {after[key]}"
    if before.get("builder") != after["builder"] or before.get("v") != after["v"]:
        yield "cstudio builds environments in another way"
    old, new = before.get("requirements") or [], after["requirements"]
    lost = [f"- {lines.clean(one)}" for one in old if one not in new]
    got = [f"+ {lines.clean(one)}" for one in new if one not in old]
    if lost or got:
        yield f"requirements: {', '.join([*lost, *got])}"
    elif old != new:
        yield "requirements: another order"


def content_hash(inputs: str) -> str:
    """Return the name of the environment's folder."""
    return hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


def refusal(environment: Environment) -> str:
    """Return why it cannot be made on this machine, as a sentence; empty: it can."""
    if environment.language is not Language.PYTHON:
        return f"the code environment `{environment.name}` is for R, which needs an image"
    if odd := [one for one in environment.requirements if "\n" in one or "\0" in one]:
        return f"the requirement {odd[0]!a} of `{environment.name}` is not one line"
    return ""
