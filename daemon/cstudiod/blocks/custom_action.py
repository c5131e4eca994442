"""A custom action: a command line that people run in the studio while it is up."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StringConstraints, WithJsonSchema

from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import COMMAND_BYTES, NonEmpty, Settings
from cstudiod.model.blueprints import Action

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)?\Z")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
DAY = 86_400.0


def duration(value: object) -> float:
    """Return seconds, from a number or from ``90s``, ``10m``, ``2h``.

    Raises:
        ValueError: it is neither, or more than a day.
    """
    found = None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = _DURATION.match(str(value))
    if not found:
        raise ValueError("must be a time: seconds, or 90s, 10m, 2h")
    seconds = float(found.group(1)) * _SECONDS[found.group(2) or "s"]
    if seconds > DAY:
        raise ValueError("is longer than a day; leave it out for no limit")
    return seconds


_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "string"}], "default": 0}
Duration = Annotated[Any, PlainValidator(duration), WithJsonSchema(_SCHEMA)]


class CustomAction(Settings):
    """A command that people run by its name."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    label: str = Field(default="", description="What people see; empty: its name.")
    description: str = ""
    icon: str = Field(default="", description="Name of a Font Awesome icon, as DSS has them.")
    command: NonEmpty = Field(description="A line for /bin/sh, run in the workspace.")
    behaviour: Literal["wait", "detach"] = Field(
        default="wait", description="Show the output until it ends, or let it run."
    )
    timeout: Duration = Field(
        default=0.0, description="Seconds, or 10m; left out: it may run for ever."
    )


def _contribute(settings: CustomAction, scene: Scene) -> Contribution:
    action = Action(
        name=settings.name,
        label=settings.label or settings.name,
        command=settings.command,
        description=settings.description,
        icon=settings.icon,
        wait=settings.behaviour == "wait",
        timeout_seconds=settings.timeout,
        block=scene.block,
    )
    return Contribution(actions=(action,), faults=tuple(_troubles(settings, scene)))


def _troubles(settings: CustomAction, scene: Scene) -> list[Trouble]:
    found = [
        Trouble(message=f"the zone `{name}` is not synchronized", field="command")
        for name in scene.unmapped(settings.command)
    ]
    if "\0" in settings.command or not settings.command.strip():
        found.append(Trouble(message="is no command line", field="command"))
    if len(settings.command.encode()) > COMMAND_BYTES:
        message = "is longer than 64 KiB; put it into a script"
        found.append(Trouble(message=message, field="command"))
    return found


KIND = Kind(title="Add a custom action", settings=CustomAction, contribute=_contribute)
