"""A single shot: its plan is made and shown; then, when that is wanted, it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cstudio import errors
from cstudio.cli import output

Plan = TypeVar("Plan")


@dataclass(frozen=True, kw_only=True)
class Pictures(Generic[Plan]):
    """How a plan is shown."""

    data: Callable[[Plan], Any]
    table: Callable[[Plan], list[str]]
    names: Callable[[Plan], Sequence[str]]
    summary: Callable[[Plan], str]
    """How much it does, in one line."""


def shoot(
    shot: Callable[[bool], Plan],
    verb: str,
    yes: bool,
    dry_run: bool,
    form: str,
    pictures: Pictures[Plan],
) -> int:
    """Make the plan; then, when that is wanted, do it."""
    if dry_run or not yes:
        plan = shot(True)
        _show(plan, form if dry_run else "talk", pictures)
        if dry_run:
            return errors.OK
        if not output.ask(f"{verb} now?", yes=yes):
            return errors.FAILED
    _show(shot(False), form, pictures)
    return errors.OK


def _show(plan: Plan, form: str, pictures: Pictures[Plan]) -> None:
    """Write a plan: as data, or, before a question, as talk."""
    if form == "talk":
        for line in pictures.table(plan):
            output.talk(line)
    else:
        output.show(
            form,
            data=lambda: pictures.data(plan),
            table=lambda: pictures.table(plan),
            names=lambda: pictures.names(plan),
        )
    if form in ("talk", "table"):
        output.talk(pictures.summary(plan))
