"""What is known of a spawned studio: a small file in its folder.

    <root>/<uid>/record.json    this
                 launch.json    the runner's document
                 log, log.1     the runner's output; previous.log: of the run before
                 exit.json      how the runner ended, by its keeper
                 workspace, home, state, resources

It names the keeper's process with its mark (`processes.mark`), so that a daemon
that comes back finds its studios and signals nobody else.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cstudiod.model.studios import Layout


@dataclass(frozen=True, kw_only=True)
class Record:
    """One spawned studio."""

    uid: str
    studio: str
    project: str
    hash: str
    incarnation: str
    """Of the workspace folder: made anew together with it."""
    pid: int = 0
    """The keeper, which leads the process group; 0: nothing was started."""
    mark: str = ""
    spawned: float = 0.0
    """Seconds since the epoch."""
    start_seconds: float = 600.0
    total_seconds: float = 1200.0
    """How long a start may take: `cstudiod.model.runner_reports.Limits`."""
    ports: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Exposed port -> port at which its server listens."""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What the runner finds besides."""
    restarts: int = 0
    refused: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The fields of the `Reason` why nothing was started."""


@dataclass(frozen=True)
class Paths:
    """Where the parts of a studio lie."""

    folder: Path

    @property
    def record(self) -> Path:
        """The record."""
        return self.folder / "record.json"

    @property
    def launch(self) -> Path:
        """The runner's document."""
        return self.folder / "launch.json"

    @property
    def exit(self) -> Path:
        """How the runner ended."""
        return self.folder / "exit.json"

    @property
    def log(self) -> Path:
        """What the runner prints; with ``.1`` what it printed before that."""
        return self.folder / "log"

    @property
    def previous(self) -> Path:
        """What the run before printed."""
        return self.folder / "previous.log"

    @property
    def workspace(self) -> Path:
        """The folder that is synced."""
        return self.folder / "workspace"

    @property
    def state(self) -> Path:
        """The runner's own."""
        return self.folder / "state"

    @property
    def layout(self) -> Layout:
        """The same for a launch document."""
        return Layout(
            workdir=str(self.workspace),
            home=str(self.folder / "home"),
            state=str(self.state),
            resources=str(self.folder / "resources"),
        )


def load(paths: Paths) -> Record | None:
    """Return the record; None: nothing is spawned, or the file is no record."""
    body = read_json(paths.record)
    fields = {field.name for field in dataclasses.fields(Record)}
    try:
        return Record(**{key: value for key, value in body.items() if key in fields})
    except TypeError:
        return None


def save(paths: Paths, record: Record) -> None:
    """Write the record, whole or not at all."""
    write_private(paths.record, json.dumps(dataclasses.asdict(record)))


def read_json(path: Path) -> Mapping[str, Any]:
    """Return a file's JSON object; empty when there is none."""
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, by way of a temporary one."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
