"""Builds: what is told while they run, how they end, and what is kept of them.

A builder is an asynchronous iterator: any number of `BuildEvent`, then exactly
one outcome. Nothing here has a clock: who follows a build stamps its lines.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.Enum):
    """How much a line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class BuildEvent:
    """One line of a build's log."""

    text: str
    """Without line end, colours and credentials."""
    level: Level = Level.INFO
    block: int = -1
    """Index of the template's block that the line belongs to; -1: the base, or none."""
    block_type: str = ""
    step: int = 0
    """The statement that runs, from 1; 0: none yet."""
    steps: int = 0
    """How many statements there are; 0: not known."""


@dataclass(frozen=True, kw_only=True)
class BuildResult:
    """An image is there."""

    image: str
    """Its id, ``sha256:…``."""
    reference: str
    """Its name and tag."""
    digest: str = ""
    """``NAME@sha256:…`` as the registry has it; empty: not pushed."""
    hash: str = ""
    """Over everything that decides what is in it; the tag has its first 16 digits."""
    up_to_date: bool = False
    """Nothing was built: an image with this hash was there."""
    inputs: str = ""
    """What was hashed, as canonical JSON; compare two with `builders.docker.inputs.changes`."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentResult:
    """A virtual environment is there."""

    name: str
    path: str
    """Its root, absolute; it cannot be moved."""
    hash: str
    up_to_date: bool = False


@dataclass(frozen=True, kw_only=True)
class BuildFailure:
    """A build ended without a result, and why."""

    message: str
    """A sentence."""
    block: int = -1
    block_type: str = ""
    line: int = 0
    """Line of the template file; 0: not known."""
    statement: str = ""
    """The Dockerfile's statement, or the command, that failed."""
    evidence: str = ""
    """The last lines it said."""
    next: str = ""
    cancelled: bool = False


class BuildState(enum.Enum):
    """What became of a build."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    UP_TO_DATE = "UP_TO_DATE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
