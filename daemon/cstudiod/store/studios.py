"""Templates, studios, builds and runs, in the daemon's one database.

Only what was asked for, and what was done, is stored; what is true now is found
out again after a restart.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstudiod.model.studios import Reason, StudioSpec
from cstudiod.model.templates import Permissions, Resource, RuntimeKind


@dataclass(frozen=True, kw_only=True)
class StoredTemplate:
    """A template as it is kept: its file, and who may use it."""

    name: str
    uid: str
    source: str
    create_time: float
    update_time: float
    generation: int = 1
    """Counts changes of the file; studios remember theirs."""
    grants: int = 0
    """Counts changes of the permissions."""
    permissions: Permissions = field(default_factory=Permissions)
    image: str = ""
    """What the last good build made."""
    image_hash: str = ""
    built_generation: int = 0
    venvs_generation: int = 0
    """Of the file whose virtual environments were built on this machine."""
    build_time: float = 0.0

    @property
    def is_built(self) -> bool:
        """Its image, or its virtual environments, are of the file as it is now."""
        is_image = bool(self.image) and self.built_generation == self.generation
        return is_image or self.venvs_generation == self.generation


@dataclass(frozen=True, kw_only=True)
class StoredStudio:
    """A studio as it is kept."""

    uid: str
    spec: StudioSpec
    library: str
    """Its name for folders."""
    create_time: float
    state_time: float = 0.0
    wants_running: bool = False
    """What was asked for last."""
    wants_again: bool = False
    """Once it is down it is wanted up."""
    is_up: bool = False
    """It was spawned, and not removed since."""
    was_ready: bool = False
    """It was ready since it was spawned: people may have worked in it."""
    is_debug: bool = False
    hold: str = ""
    """The word its programs wait for."""
    let_go: str = ""
    """The incarnation that was told it: its files are in, its programs run."""
    image: str = ""
    hash: str = ""
    """Of what it was spawned from."""
    template_uid: str = ""
    template_generation: int = 0
    """Of the template that it was started with."""
    listen: Mapping[int, int] = field(default_factory=dict)
    venvs: Mapping[str, str] = field(default_factory=dict)
    """Virtual environment -> its root, in the local runtime."""
    has_starters: bool = False
    """Its starter files were put in; never again."""
    reason: Reason | None = None
    generation: int = 1
    keep_until: float = 0.0
    """No idle stop before; Unix time."""
    base: str = ""
    """What browsers ask for before everything else; empty: what a studio has."""
    zones_of: str = ""
    """The uid of the studio whose zones it reads and never writes: it is a web app's replica."""
    is_live: bool = True
    """Its zones are followed all the time; else brought at a start."""


class StudioStore:
    """Templates, their resources, and studios."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` has the tables of `store.schema`."""
        self._database = connection

    # ----------------------------------------------------------- templates

    def templates(self) -> list[StoredTemplate]:
        """Return all templates, by name."""
        rows = self._database.execute("SELECT value FROM templates ORDER BY name").fetchall()
        return [_template(json.loads(value)) for (value,) in rows]

    def put_template(
        self, template: StoredTemplate, resources: Sequence[Resource] | None = None
    ) -> None:
        """Write a template, and its resources if they are given, in one step."""
        self._database.execute("BEGIN")
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO templates VALUES (?, ?)",
                (template.name, json.dumps(dataclasses.asdict(template))),
            )
            if resources is not None:
                self._replace_resources(template.name, resources)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def _replace_resources(self, name: str, resources: Sequence[Resource]) -> None:
        self._database.execute("DELETE FROM resources WHERE template = ?", (name,))
        self._database.executemany(
            "INSERT INTO resources VALUES (?, ?, ?, ?)",
            [(name, one.path, one.executable, one.content) for one in resources],
        )

    def resources(self, name: str) -> tuple[Resource, ...]:
        """Return the files that came with a template, by path."""
        rows = self._database.execute(
            "SELECT path, executable, content FROM resources WHERE template = ? ORDER BY path",
            (name,),
        ).fetchall()
        return tuple(
            Resource(path=path, content=content, executable=bool(executable))
            for path, executable, content in rows
        )

    def delete_template(self, name: str) -> None:
        """Forget a template and its resources."""
        self._database.execute("DELETE FROM templates WHERE name = ?", (name,))
        self._database.execute("DELETE FROM resources WHERE template = ?", (name,))

    # ------------------------------------------------------------- studios

    def studios(self) -> list[StoredStudio]:
        """Return all studios."""
        rows = self._database.execute("SELECT value FROM studios ORDER BY uid").fetchall()
        return [studio_of_plain(json.loads(value)) for (value,) in rows]

    def put_studio(self, studio: StoredStudio) -> None:
        """Write one studio, durably."""
        self._database.execute(
            "INSERT OR REPLACE INTO studios VALUES (?, ?)",
            (studio.uid, json.dumps(plain_of_studio(studio))),
        )

    def delete_studio(self, uid: str) -> None:
        """Forget a studio and the runs of its actions."""
        self._database.execute("DELETE FROM studios WHERE uid = ?", (uid,))
        self._database.execute("DELETE FROM runs WHERE studio = ?", (uid,))


def _template(plain: Mapping[str, Any]) -> StoredTemplate:
    values = dict(plain)
    given = values.pop("permissions")
    return StoredTemplate(
        permissions=Permissions(all=given["all"], groups=tuple(given["groups"])), **values
    )


def plain_of_studio(studio: StoredStudio) -> dict[str, Any]:
    """Return a studio as JSON has it; `studio_of_plain` gives back an equal one."""
    plain = dataclasses.asdict(studio)
    plain["spec"]["runtime"] = studio.spec.runtime.value
    return plain


def studio_of_plain(plain: Mapping[str, Any]) -> StoredStudio:
    """Return a studio from JSON; what an older daemon did not write is as it was then."""
    values = dict(plain)
    spec = dict(values.pop("spec"))
    reason = values.pop("reason")
    listen = {int(port): listen for port, listen in values.pop("listen").items()}
    return StoredStudio(
        spec=StudioSpec(runtime=RuntimeKind(spec.pop("runtime")), **spec),
        reason=Reason(**reason) if reason else None,
        listen=listen,
        **values,
    )
