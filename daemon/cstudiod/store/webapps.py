"""Web apps and their replicas, in the daemon's one database."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.model.webapps import Access, WebAppSpec
from cstudiod.store.studios import StoredStudio, plain_of_studio, studio_of_plain


@dataclass(frozen=True, kw_only=True)
class StoredWebApp:
    """A web app as it is kept."""

    spec: WebAppSpec
    create_time: float
    is_ending: bool = False
    """It was unpublished, and not all of it is gone yet."""
    to_restart: tuple[str, ...] = ()
    """The uids of the replicas whose turn to be restarted is still to come."""


class WebAppStore:
    """All web apps. A replica is kept like a studio: it has the same life."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` has the tables of `store.schema`."""
        self._database = connection

    def webapps(self) -> list[StoredWebApp]:
        """Return all web apps, by id."""
        rows = self._database.execute("SELECT value FROM webapps ORDER BY id").fetchall()
        return [_webapp(json.loads(value)) for (value,) in rows]

    def replicas(self, id: str) -> list[StoredStudio]:
        """Return the replicas of a web app, in the order in which they were made."""
        rows = self._database.execute(
            "SELECT value FROM webapp_replicas WHERE webapp = ?", (id,)
        ).fetchall()
        found = [studio_of_plain(json.loads(value)) for (value,) in rows]
        return sorted(found, key=lambda one: (one.create_time, one.uid))

    def put(self, webapp: StoredWebApp) -> None:
        """Write a web app, durably."""
        self._database.execute(
            "INSERT OR REPLACE INTO webapps VALUES (?, ?)",
            (webapp.spec.id, json.dumps(dataclasses.asdict(webapp))),
        )

    def put_replica(self, id: str, replica: StoredStudio) -> None:
        """Write a replica, durably."""
        self._database.execute(
            "INSERT OR REPLACE INTO webapp_replicas VALUES (?, ?, ?)",
            (replica.uid, id, json.dumps(plain_of_studio(replica))),
        )

    def delete(self, id: str) -> None:
        """Forget a web app and its replicas."""
        self._database.execute("DELETE FROM webapp_replicas WHERE webapp = ?", (id,))
        self._database.execute("DELETE FROM webapps WHERE id = ?", (id,))


def _webapp(plain: Mapping[str, Any]) -> StoredWebApp:
    values = dict(plain)
    spec = dict(values.pop("spec"))
    waiting = tuple(values.pop("to_restart"))
    access = spec.pop("access")
    made = Access(public=access["public"], groups=tuple(access["groups"]))
    return StoredWebApp(spec=WebAppSpec(access=made, **spec), to_restart=waiting, **values)
