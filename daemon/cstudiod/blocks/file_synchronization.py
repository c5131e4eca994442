"""File synchronization: which zones a studio has, and where in its workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from pydantic import Field

from cstudiod.blocks.kinds import Announcement, Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import WORKSPACE, RelativePath, Settings, Strict
from cstudiod.model.zones import Zone, ZoneSync


class Row(Strict):
    """A zone of the server, or a folder of it."""

    zone: Zone
    folder: RelativePath = Field(default="", description="Part of the zone; empty: all of it.")
    target: str = Field(
        default="",
        description="Folder in the workspace; empty: the zone's own. `.` is the workspace itself.",
    )
    one_way: bool = Field(default=False, description="From the server into the studio alone.")


class FileSynchronization(Settings):
    """Which files are kept in step with the studio, and where."""

    zones: tuple[Row, ...] = Field(
        default=tuple(Row(zone=zone) for zone in Zone), description="Left out: all zones."
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Files in the studio that stay there: .gitignore lines without `!`."
    )
    default_excludes: bool = Field(
        default=True, description="Leave out caches, checkpoints, node_modules, .git as well."
    )


def default_zones() -> tuple[ZoneSync, ...]:
    """Return the mapping of a template that does not say any: every zone at its own target."""
    return _mapped(FileSynchronization())


def _announce(settings: FileSynchronization, _scene: Scene) -> Announcement:
    return Announcement(zones=_mapped(settings))


def _mapped(settings: FileSynchronization) -> tuple[ZoneSync, ...]:
    return tuple(
        ZoneSync(
            zone=row.zone,
            target=target_of(row),
            folder=row.folder,
            one_way=row.one_way,
            exclude=settings.exclude,
            default_excludes=settings.default_excludes,
        )
        for row in settings.zones
    )


def target_of(row: Row) -> str:
    """Return a row's target relative to the workspace, ``.`` for the workspace itself.

    What lies outside keeps its leading ``/`` or ``..``; `_contribute` refuses it.
    """
    target = posixpath.normpath(row.target or row.zone.target)
    if target.startswith("//"):
        target = target[1:]
    if target == WORKSPACE:
        return "."
    return target.removeprefix(f"{WORKSPACE}/")


def _contribute(settings: FileSynchronization, _scene: Scene) -> Contribution:
    found = [*_outside(settings), *_overlaps(settings.zones), *_exclusions(settings.exclude)]
    return Contribution(faults=tuple(found))


def _outside(settings: FileSynchronization) -> Iterator[Trouble]:
    for at, row in enumerate(settings.zones):
        target = target_of(row)
        if target.startswith("/") or target.split("/")[0] == "..":
            yield Trouble(
                message=f"`{row.target}` is outside the workspace, {WORKSPACE}",
                field=f"zones[{at}].target",
            )
        elif "\0" in target or "\\" in target or "\n" in target:
            yield Trouble(
                message=f"`{row.target!a}` has a character that paths here may not have",
                field=f"zones[{at}].target",
            )


def _overlaps(rows: Sequence[Row]) -> Iterator[Trouble]:
    for at, row in enumerate(rows):
        for earlier in range(at):
            if _is_inside(target_of(row), target_of(rows[earlier])):
                other = rows[earlier]
                yield Trouble(
                    message=(
                        f"the targets of `{row.zone.value}` ({target_of(row)}) and "
                        f"`{other.zone.value}` ({target_of(other)}) are one inside the other"
                    ),
                    field=f"zones[{at}].target",
                )


def _is_inside(one: str, other: str) -> bool:
    """Whether one of two targets holds the other; case does not tell them apart.

    A studio's file system may ignore case, as macOS does.
    """
    first, second = (_parts(path) for path in (one, other))
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def _parts(path: str) -> list[str]:
    return [] if path == "." else path.casefold().split("/")


def _exclusions(lines: Sequence[str]) -> Iterator[Trouble]:
    for at, line in enumerate(lines):
        field = f"exclude[{at}]"
        if line.startswith("!"):
            message = f"`{line}`: exclusions cannot be taken back with `!`"
            yield Trouble(message=f"{message}; write `\\{line}` for a name with `!`", field=field)
        elif "\n" in line or "\0" in line:
            yield Trouble(message="an exclusion is one line", field=field)
        elif not line.strip():
            yield Trouble(message="is empty", field=field)


KIND = Kind(
    title="File synchronization",
    settings=FileSynchronization,
    announce=_announce,
    contribute=_contribute,
    unique=True,
)
