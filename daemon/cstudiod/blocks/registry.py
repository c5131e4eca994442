"""Which types of blocks there are: the entry points of ``cstudio.blocks``, ours included."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from cstudiod.blocks.kinds import Kind
from cstudiod.blocks.settings import Settings

GROUP = "cstudio.blocks"
OURS = "cstudio"

_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Every type of block that is installed here."""

    kinds: Mapping[str, Kind[Settings]]
    broken: Mapping[str, str]
    """Type -> why its package cannot be used, in a sentence."""
    packages: Mapping[str, str]
    """Type -> the distribution that it comes from."""

    def is_ours(self, type: str) -> bool:
        """Whether a type is cstudio's own: then an exception in it is a bug of ours."""
        return self.packages.get(type) == OURS


@functools.cache
def installed() -> Registry:
    """Return what is installed; looked up once in a process."""
    return discover(entry_points(group=GROUP))


def discover(points: Iterable[EntryPoint]) -> Registry:
    """Load entry points; what cannot be loaded is kept with the reason.

    Ours come first: another package cannot take their names.
    """
    kinds: dict[str, Kind[Settings]] = {}
    broken: dict[str, str] = {}
    packages: dict[str, str] = {}
    for point in sorted(points, key=lambda one: (_package(one) != OURS, _package(one), one.name)):
        if point.name in kinds:
            continue
        packages[point.name] = _package(point)
        found = _load(point)
        if isinstance(found, Kind):
            kinds[point.name] = found
            broken.pop(point.name, None)
        else:
            broken[point.name] = found
    return Registry(kinds=kinds, broken=broken, packages=packages)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unknown package"


def _load(point: EntryPoint) -> Kind[Settings] | str:
    """Return the kind, or why there is none; a package of others may raise anything."""
    where = f"the block `{point.name}` of the package `{_package(point)}`"
    try:
        found = point.load()
    except Exception as error:
        return f"{where} cannot be loaded: {type(error).__name__}: {error}"
    if not isinstance(found, Kind):
        return f"{where} is broken: {point.value} is no cstudiod.blocks.kinds.Kind"
    settings: object = found.settings
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        return f"{where} is broken: its settings are no cstudiod.blocks.settings.Settings"
    if not _TYPE.match(point.name):
        return f"{where} is broken: a type is made of a-z, 0-9 and _"
    return found
