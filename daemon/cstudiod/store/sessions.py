"""Sessions and trash records, in the daemon's one database.

Only what was asked for is stored (the `Spec`); what is true now is found out
again after a restart. Values are JSON, so that a field may be added without a
migration.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cstudiod.model.sync_sessions import Exclusions, Kept, Mode, Spec, Target, TargetKind
from cstudiod.store.database import open_database
from cstudiod.store.schema import MIGRATIONS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stored:
    """A session as it is kept."""

    uid: str
    spec: Spec
    create_time: float
    update_time: float
    generation: int
    """Counts updates; the etag."""


class SessionStore:
    """The sessions and what their trash holds."""

    def __init__(self, path: Path) -> None:
        """Open or create the database.

        Raises:
            Damaged: the file is not a sound database.
        """
        self._database = open_database(path, MIGRATIONS)

    @property
    def connection(self) -> sqlite3.Connection:
        """The open database, for the other stores: there is one writer."""
        return self._database

    def load(self) -> list[Stored]:
        """Return every session, by name."""
        rows = self._database.execute(
            "SELECT uid, create_time, update_time, generation, spec FROM sessions ORDER BY name"
        ).fetchall()
        return [
            Stored(uid=uid, spec=_spec(json.loads(spec)), create_time=created,
                   update_time=updated, generation=generation)
            for uid, created, updated, generation, spec in rows
        ]  # fmt: skip

    def put(self, stored: Stored) -> None:
        """Write one session, durably."""
        self._database.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
            (stored.spec.name, stored.uid, stored.create_time, stored.update_time,
             stored.generation, json.dumps(_plain(stored.spec))),
        )  # fmt: skip

    def delete(self, name: str, uid: str) -> None:
        """Forget a session and its trash records."""
        self._database.execute("DELETE FROM sessions WHERE name = ?", (name,))
        self._database.execute("DELETE FROM kept WHERE session = ?", (uid,))

    def keep(self, uid: str, kept: Kept) -> None:
        """Record something that went to the trash."""
        self._database.execute(
            "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (uid, kept.id, kept.path, kept.side, kept.kind, kept.size, kept.digest, kept.time,
             kept.why, kept.executable, kept.target),
        )  # fmt: skip

    def kept(self, uid: str) -> list[Kept]:
        """Return what a session's trash holds, newest first."""
        rows = self._database.execute(
            "SELECT id, path, side, kind, size, digest, time, why, executable, target FROM kept"
            " WHERE session = ? ORDER BY time DESC, id",
            (uid,),
        ).fetchall()
        return [
            Kept(id=id_, path=path, side=side, kind=kind, size=size, digest=digest, time=time,
                 why=why, executable=bool(executable), target=target)
            for id_, path, side, kind, size, digest, time, why, executable, target in rows
        ]  # fmt: skip

    def unkeep(self, uid: str, ids: list[str]) -> None:
        """Forget trash records."""
        self._database.executemany(
            "DELETE FROM kept WHERE session = ? AND id = ?", [(uid, id_) for id_ in ids]
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _plain(spec: Spec) -> dict[str, Any]:
    plain = dataclasses.asdict(spec)
    plain["mode"] = spec.mode.value
    plain["target"]["kind"] = spec.target.kind.value
    return plain


def _spec(plain: Mapping[str, Any]) -> Spec:
    values = dict(plain)
    target = dict(values.pop("target"))
    exclusions = dict(values.pop("exclusions"))
    return Spec(
        target=Target(kind=TargetKind(target.pop("kind")), **target),
        exclusions=Exclusions(patterns=tuple(exclusions.pop("patterns")), **exclusions),
        mode=Mode(values.pop("mode")),
        **values,
    )
