"""What was done: builds of templates and runs of actions, newest first, bounded.

A record is one JSON value under a number that is never given again; what it said
(logs, output) is a file beside the database, named by that number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

KEPT = 200
"""Records of one template, or one studio; older ones go."""


class History:
    """The records of one kind."""

    def __init__(self, connection: sqlite3.Connection, table: str, owner: str) -> None:
        """Use a table of `store.schema` with the columns ``number``, `owner`, ``value``."""
        if (table, owner) not in (("builds", "template"), ("runs", "studio")):
            raise ValueError(table)
        self._database = connection
        self._table = table
        self._owner = owner

    def begin(self, owner: str, value: Mapping[str, Any]) -> int:
        """Write a new record; return its number."""
        done = self._database.execute(
            f"INSERT INTO {self._table} ({self._owner}, value) VALUES (?, ?)",
            (owner, json.dumps(value)),
        )
        assert done.lastrowid is not None
        return done.lastrowid

    def put(self, number: int, value: Mapping[str, Any]) -> None:
        """Replace a record."""
        self._database.execute(
            f"UPDATE {self._table} SET value = ? WHERE number = ?", (json.dumps(value), number)
        )

    def all(self) -> list[tuple[int, str, dict[str, Any]]]:
        """Return (number, owner, value), the newest first."""
        rows = self._database.execute(
            f"SELECT number, {self._owner}, value FROM {self._table} ORDER BY number DESC"
        ).fetchall()
        return [(number, owner, json.loads(value)) for number, owner, value in rows]

    def drop_old(self, owner: str) -> list[int]:
        """Forget all but the newest `KEPT` of an owner; return what was forgotten."""
        rows = self._database.execute(
            f"SELECT number FROM {self._table} WHERE {self._owner} = ?"
            f" ORDER BY number DESC LIMIT -1 OFFSET {KEPT}",
            (owner,),
        ).fetchall()
        self._database.executemany(f"DELETE FROM {self._table} WHERE number = ?", rows)
        return [number for (number,) in rows]
