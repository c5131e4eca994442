"""A template: what an administrator wrote, as data, before it means anything.

What a block's settings mean is decided by `cstudiod.blocks`, which turns a
template into a `cstudiod.model.blueprints.Blueprint`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cstudiod.errors import UsageError


class RuntimeKind(enum.Enum):
    """Where studios can run."""

    LOCAL = "local"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """Who may create studios from a template; administrators always may."""

    all: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Block:
    """One entry of the ordered list."""

    type: str
    """``jupyterlab``, ``append_dockerfile``, …, or one that only its author knows."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """As written in the file, YAML's plain values; `type` is not among them."""
    line: int = field(default=0, compare=False)
    """Line of the template file on which the block starts, from 1; 0: not from a file."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """Path of a setting (``expose.port``) -> its line; ``PATH|``: where a literal text begins."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A file that came with a template, for its Dockerfile or its starter files."""

    path: str
    """Relative, with ``/``, inside the template's resources."""
    content: bytes
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Template:
    """An ordered list of blocks under a name."""

    name: str
    """``[a-z][a-z0-9-]{0,62}``; an imported template's id with ``_`` made ``-``."""
    label: str = ""
    short_description: str = ""
    description: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    is_editor: bool = False
    """Offered where somebody asks to edit code in a studio."""
    permissions: Permissions = Permissions()
    runtime: RuntimeKind | None = None
    """Where its studios run when nobody says; None: the daemon's default."""
    blocks: tuple[Block, ...] = ()
    resources: tuple[Resource, ...] = ()
    foreign: Mapping[str, Any] = field(default_factory=dict)
    """What an exported DSS template said that means nothing here; exported again as it was."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong in a template file, told together with all others."""

    message: str
    """A sentence: what is wrong, and the nearest right word where there is one."""
    file: str = ""
    line: int = 0
    """From 1; 0 when the place is not known."""
    block: int = -1
    """Index of the block; -1: the template itself."""
    block_type: str = ""
    field: str = ""
    """Path of the field inside the block: ``expose.port``, ``zones[1].target``."""

    def display(self) -> str:
        """Return ``FILE:LINE: block 3 (entrypoint), expose.port: MESSAGE``."""
        place = f"{self.file or 'template'}:{self.line}: " if self.line else ""
        inside = f"block {self.block + 1} ({self.block_type})" if self.block >= 0 else ""
        where = ", ".join(part for part in (inside, self.field) if part)
        return f"{place}{where}: {self.message}" if where else f"{place}{self.message}"


class TemplateInvalid(UsageError):
    """A template is refused; `faults` has everything that is wrong with it."""

    reason = "TEMPLATE_INVALID"

    def __init__(self, faults: tuple[Fault, ...], file: str = "") -> None:
        """`faults` is not empty; `file` is what the template is called in the message."""
        count = "1 problem" if len(faults) == 1 else f"{len(faults)} problems"
        told = "".join(f"\n  {fault.display()}" for fault in faults)
        super().__init__(
            f"{file or 'the template'} is not valid, {count}:{told}",
            next="correct the file; `cstudio template schema` describes it",
            faults="\n".join(fault.display() for fault in faults),
        )
        self.faults = faults
