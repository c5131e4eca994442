"""What a block is: the interface for ours and for those of other packages.

A package adds a block with an entry point in the group ``cstudio.blocks``: its
name is the type that templates write, its value a `Kind`. Nothing in a block does
IO; what a studio needs is returned as data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from cstudiod.blocks.settings import Settings
from cstudiod.model.blueprints import (
    Action,
    ContextFile,
    ContextSource,
    Entrypoint,
    Environment,
    ExposedPort,
    Fragment,
    KubernetesSettings,
    LaunchFile,
    Prefab,
    StarterFile,
)
from cstudiod.model.templates import Resource
from cstudiod.model.zones import Zone, ZoneSync

EVERY_PYTHON = "*"
"""In `Announcement.packages`: every Python code environment of the template."""

_TOKEN = re.compile("|".join(re.escape(zone.token) for zone in Zone) + r"|\$\{zone\.([^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something about a block, in a sentence; `field` is the setting: ``expose.port``."""

    message: str
    field: str = ""
    line: int = 0
    """Of the template file; 0: the field's own."""


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What all blocks must know of a block, wherever it stands in the template."""

    environments: tuple[Environment, ...] = ()
    """What it installs, or has the local runtime build."""
    zones: tuple[ZoneSync, ...] | None = None
    """The mapping of zones, from the one block that has it."""
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What it needs in the environments of others: by name, or `EVERY_PYTHON`."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """How readiness is asked for; given by the Kubernetes parameters alone."""

    tcp: bool
    http: bool
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one block adds to a blueprint."""

    fragments: tuple[Fragment, ...] = ()
    entrypoints: tuple[Entrypoint, ...] = ()
    ports: tuple[ExposedPort, ...] = ()
    port_fields: Mapping[int, str] = field(default_factory=dict)
    """Setting that named a port, for error messages; ``port`` otherwise."""
    files: tuple[LaunchFile, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    readiness_url: str = ""
    """The first block that has one wins."""
    probe: Probe | None = None
    kubernetes: KubernetesSettings | None = None
    actions: tuple[Action, ...] = ()
    creation: tuple[StarterFile, ...] = ()
    notes: tuple[Trouble, ...] = ()
    local_faults: tuple[Trouble, ...] = ()
    """Why it cannot run without an image."""
    faults: tuple[Trouble, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a block may look at: itself in its place, and what the others announced."""

    block: int
    """Its index."""
    type: str
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()
    """Types of the blocks before it."""
    types: frozenset[str] = frozenset()
    """Types of all blocks."""
    resources: Mapping[str, Resource] = field(default_factory=dict)
    environments: tuple[Environment, ...] = ()
    """Of all blocks; empty while blocks announce theirs."""
    zones: tuple[ZoneSync, ...] = ()
    programs: frozenset[str] = frozenset()
    """Which of the programs that the local runtime may use are on this machine."""
    complete: bool = True
    """No block is invalid; else what seems missing may be in one of those."""

    def environment(self, name: str) -> Environment | None:
        """Return an environment by its name."""
        return next((one for one in self.environments if one.name == name), None)

    @property
    def code_environments(self) -> tuple[Environment, ...]:
        """Those of the user, in the order of the template."""
        return tuple(one for one in self.environments if one.is_code_environment)

    def is_mapped(self, zone: Zone) -> bool:
        """Whether studios have a zone, or a part of it."""
        return any(row.zone is zone for row in self.zones)

    def unmapped(self, text: str) -> list[str]:
        """Return the zone references in a text that studios of this template do not have."""
        mapped = {row.zone.value for row in self.zones}
        found = _TOKEN.finditer(text)
        names = [one.group(1) or one.group(0).strip("_").lower() for one in found]
        return [name for name in names if name not in mapped]

    def context(self, path: str) -> str:
        """Return where a file of this block lies in the build context."""
        return f"block-{self.block + 1}/{path}"

    def fragment(
        self,
        *statements: str,
        as_root: bool = True,
        files: tuple[ContextFile, ...] = (),
        sources: tuple[ContextSource, ...] = (),
        prefabs: tuple[Prefab, ...] = (),
    ) -> Fragment:
        """Return a part of the Dockerfile under this block's name."""
        return Fragment(
            block=self.block,
            block_type=self.type,
            dockerfile="\n".join(statements) + "\n",
            as_root=as_root,
            files=files,
            sources=sources,
            prefabs=prefabs,
            lines={1: self.line} if self.line else {},
        )


S = TypeVar("S", bound=Settings)


def announces_nothing(_settings: Any, _scene: Scene) -> Announcement:
    """Return the announcement of a block that others need not know."""
    return Announcement()


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[S]):
    """A type of block."""

    title: str
    """What people call it: ``JupyterLab server``."""
    settings: type[S]
    """Refuses what it does not know; its docstring and descriptions reach the schema."""
    contribute: Callable[[S, Scene], Contribution]
    announce: Callable[[S, Scene], Announcement] = announces_nothing
    unique: bool = False
    """A template has it once."""
