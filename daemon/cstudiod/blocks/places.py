"""Folders in a studio as settings name them: of a zone, of the workspace, of the home."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cstudiod.blocks.kinds import Scene, Trouble
from cstudiod.blocks.settings import WORKSPACE
from cstudiod.model.zones import Zone

HOME = "/home/dataiku"

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_KNOWN = ("workdir", "home", "state", "resources")


@dataclass(frozen=True, kw_only=True)
class InZone:
    """A path in a zone, as the studio sees it and as the zone has it."""

    zone: Zone
    path: str
    """Relative to the zone's own folder, with the part of it that is synced."""


def placed(text: str) -> str:
    """Return a path with placeholders, which any runtime can fill in.

    ``__USER_VERSIONED__/x`` and ``/home/dataiku/workspace/x``, as DSS has them, become
    ``${zone.user_versioned}/x`` and ``${workdir}/x``; a relative path is the workspace's.
    """
    for zone in Zone:
        text = text.replace(zone.token, f"${{zone.{zone.value}}}")
    for prefix, name in ((WORKSPACE, "workdir"), (HOME, "home")):
        if text == prefix or text.startswith(f"{prefix}/"):
            text = f"${{{name}}}{text.removeprefix(prefix)}"
    if not text.startswith(("/", "${")):
        text = f"${{workdir}}/{text}"
    return text.rstrip("/") or "/"


def default(text: str, zone: Zone, path: str, otherwise: str, scene: Scene) -> str:
    """Return where a setting points: as written, else in a zone, else (not mapped) elsewhere."""
    if text:
        return placed(text)
    return f"${{zone.{zone.value}}}/{path}" if scene.is_mapped(zone) else otherwise


def troubles(text: str, field: str, scene: Scene) -> tuple[Trouble, ...]:
    """Return what is wrong with a path that a setting names; an empty one is the default."""
    found = [f"the zone `{name}` is not synchronized" for name in scene.unmapped(text)]
    found += [
        f"unknown variable `${{{name}}}`; known: {', '.join(_KNOWN)}, zone.ID"
        for name in _PLACEHOLDER.findall(text)
        if name not in _KNOWN and not name.startswith("zone.")
    ]
    if ".." in text.split("/") or "\0" in text or "\n" in text:
        found.append(f"`{text!a}` is no path that can be used here")
    return tuple(Trouble(message=message, field=field) for message in found)


def in_zone(text: str, scene: Scene) -> InZone | None:
    """Return which file of a mapped zone a path means, if it means one."""
    found = re.match(r"\$\{zone\.([^}]*)\}/?(.*)\Z", placed(text), re.DOTALL)
    if not found:
        return None
    rows = [row for row in scene.zones if row.zone.value == found.group(1)]
    if not rows:
        return None
    path = f"{rows[0].folder}/{found.group(2)}" if rows[0].folder else found.group(2)
    return InZone(zone=rows[0].zone, path=path)
