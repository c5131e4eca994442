"""Use case of zones: where the folders of a project are, and how much is in them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cstudiod.errors import UsageError
from cstudiod.model.zones import Scope, Zone
from cstudiod.services.identity import Caller
from cstudiod.services.studio_zones import whose
from cstudiod.services.studios import Studios
from cstudiod.zones import folders
from cstudiod.zones.layout import Layout, Place, Whose, name_problem


@dataclass(frozen=True, kw_only=True)
class ZoneFolder:
    """One folder on this machine."""

    zone: Zone
    owner: str
    """The studio's name or the user's login; empty: the project's."""
    folder: str
    exists: bool
    files: int
    bytes: int


class Zones:
    """The folders of all projects."""

    def __init__(self, layout: Layout, studios: Studios) -> None:
        """`layout` says where they are."""
        self._layout = layout
        self._studios = studios

    async def list(self, caller: Caller, project: str) -> list[ZoneFolder]:
        """Return a project's zones, its studios', and the caller's.

        To whom is no administrator: those of their studios, and the project's when
        they have a studio in it, for that is given them.

        Raises:
            UsageError: that cannot be a project's key.
        """
        if problem := name_problem("project's key", project):
            raise UsageError(problem)
        studios, found = self._studios.all(caller, project), []
        if studios or caller.is_admin:
            found += [self._zone(zone, Whose(project=project), "") for zone in _of(Scope.PROJECT)]
        for studio in studios:
            name = studio.stored.spec.name
            found += [self._zone(zone, whose(studio.stored), name) for zone in _of(Scope.STUDIO)]
        mine = Whose(project=project, user=caller.login)
        found += [self._zone(zone, mine, caller.login) for zone in _of(Scope.USER)]
        return [await asyncio.to_thread(_measured, *one) for one in found]

    def _zone(self, zone: Zone, whose: Whose, owner: str) -> tuple[Zone, str, Place]:
        return zone, owner, self._layout.place(zone, whose)


def _of(scope: Scope) -> list[Zone]:
    return [zone for zone in Zone if zone.scope is scope]


def _measured(zone: Zone, owner: str, place: Place) -> ZoneFolder:
    measure = folders.measure(place)
    return ZoneFolder(
        zone=zone,
        owner=owner,
        folder=str(place.path),
        exists=measure.exists,
        files=measure.files,
        bytes=measure.bytes,
    )
