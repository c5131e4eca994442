"""Starter files: put into zones once, when a studio is created."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from cstudiod.blocks import resources
from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import RelativePath, Settings, Strict
from cstudiod.model.blueprints import StarterFile
from cstudiod.model.zones import Zone

StarterZone = Literal[
    "code_studio_versioned", "code_studio_resources", "user_versioned", "user_resources"
]
"""A studio's and its user's own; nobody else finds a file that he did not expect."""


class Row(Strict):
    """A file, or a folder of the template's resources."""

    zone: StarterZone
    path: RelativePath = Field(
        default="", description="In the zone; empty for a folder: right into the zone."
    )
    content: str | None = None
    resource: str | None = Field(
        default=None, description="A file or folder among the template's resources."
    )
    executable: bool = False


class StarterFiles(Settings):
    """Files that a new studio begins with; never put again, never over what is there."""

    files: tuple[Row, ...] = Field(min_length=1)


def _contribute(settings: StarterFiles, scene: Scene) -> Contribution:
    starters: list[StarterFile] = []
    faults: list[Trouble] = []
    seen: dict[tuple[str, str], int] = {}
    for at, row in enumerate(settings.files):
        field = f"files[{at}]"
        if troubles := list(_troubles(row, field, scene)):
            faults += troubles
            continue
        for starter in _files(row, scene):
            key = (row.zone, starter.path)
            if key in seen:
                message = f"`{starter.path}` of `{row.zone}` is put there by files[{seen[key]}] too"
                faults.append(Trouble(message=message, field=f"{field}.path"))
            else:
                seen[key] = at
                starters.append(starter)
    return Contribution(
        creation=tuple(starters), faults=tuple(faults), notes=_notes(settings, scene)
    )


def _troubles(row: Row, field: str, scene: Scene) -> Iterator[Trouble]:
    if (row.content is None) == (row.resource is None):
        yield Trouble(message="give `content` or `resource`, one of them", field=field)
    elif row.content is not None and not row.path:
        yield Trouble(message="`path` is missing", field=f"{field}.path")
    elif row.resource is not None:
        if message := resources.missing(row.resource, scene):
            yield Trouble(message=message, field=f"{field}.resource")
        elif resources.parse(row.resource).root != resources.TEMPLATE:
            message = "must be a resource of the template"
            yield Trouble(message=message, field=f"{field}.resource")


def _files(row: Row, scene: Scene) -> Iterator[StarterFile]:
    if row.content is not None:
        yield _starter(row, row.path, row.content.encode(), row.executable, scene)
        return
    source = resources.parse(row.resource or "")
    for path, found in resources.below(source, scene):
        inner = path or ("" if row.path else source.name)
        whole = "/".join(part for part in (row.path, inner) if part)
        yield _starter(row, whole, found.content, row.executable or found.executable, scene)


def _starter(row: Row, path: str, content: bytes, executable: bool, scene: Scene) -> StarterFile:
    return StarterFile(
        zone=Zone(row.zone), path=path, content=content, executable=executable, block=scene.block
    )


def _notes(settings: StarterFiles, scene: Scene) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(
            message=f"the zone `{row.zone}` is not synchronized: studios will not see the file",
            field=f"files[{at}].zone",
        )
        for at, row in enumerate(settings.files)
        if not scene.is_mapped(Zone(row.zone))
    )


KIND = Kind(title="Add starter files", settings=StarterFiles, contribute=_contribute)
