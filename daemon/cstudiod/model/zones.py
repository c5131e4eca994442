"""The file zones of the original, by id, and what a template maps of them.

Ids, default targets and scopes: docs of Dataiku DSS, "Code Studios / Concepts",
and exported templates; see the table in the README of the daemon.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Scope(enum.Enum):
    """Who shares a zone."""

    STUDIO = "studio"
    PROJECT = "project"
    USER = "user"


class Zone(enum.Enum):
    """A kind of folder on the server's side that studios can be given."""

    CODE_STUDIO_VERSIONED = "code_studio_versioned"
    CODE_STUDIO_RESOURCES = "code_studio_resources"
    PROJECT_LIB_VERSIONED = "project_lib_versioned"
    PROJECT_LIB_RESOURCES = "project_lib_resources"
    RECIPES = "recipes"
    NOTEBOOKS = "notebooks"
    USER_VERSIONED = "user_versioned"
    USER_RESOURCES = "user_resources"

    @property
    def scope(self) -> Scope:
        """Who shares it."""
        return Scope(_FACTS[self][0])

    @property
    def is_versioned(self) -> bool:
        """Whether its history may be kept in git on the server's side."""
        return _FACTS[self][1]

    @property
    def target(self) -> str:
        """The default folder under the workspace, as the original has it."""
        return _FACTS[self][2]

    @property
    def variable(self) -> str:
        """The environment variable that tells a program where the zone is."""
        return f"DKU_{self.name}_LOCATION"

    @property
    def token(self) -> str:
        """What stands for the zone's folder in settings: ``__USER_VERSIONED__``."""
        return f"__{self.name}__"


_FACTS: dict[Zone, tuple[str, bool, str]] = {
    Zone.CODE_STUDIO_VERSIONED: ("studio", True, "code_studio-versioned"),
    Zone.CODE_STUDIO_RESOURCES: ("studio", False, "code_studio-resources"),
    Zone.PROJECT_LIB_VERSIONED: ("project", True, "project-lib-versioned"),
    Zone.PROJECT_LIB_RESOURCES: ("project", False, "project-lib-resources"),
    Zone.RECIPES: ("project", True, "recipes"),
    Zone.NOTEBOOKS: ("project", True, "notebooks"),
    Zone.USER_VERSIONED: ("user", True, "user-versioned"),
    Zone.USER_RESOURCES: ("user", False, "user-resources"),
}


@dataclass(frozen=True, kw_only=True)
class ZoneSync:
    """One zone, or a folder of it, in a studio."""

    zone: Zone
    target: str
    """Relative to the workspace, with ``/``; or absolute inside it. Never leaves it."""
    folder: str = ""
    """The part of the zone that is synced; empty: all of it."""
    one_way: bool = False
    """From the server into the studio alone."""
    exclude: tuple[str, ...] = ()
    """gitignore lines without negation, of the block that maps the zone."""
    default_excludes: bool = True
    """Leave out caches, checkpoints, node_modules, .git and the like."""
