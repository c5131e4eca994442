"""API keys, in the daemon's one database: the hash of each, never the key."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StoredKey:
    """A key as it is kept."""

    id: str
    """Part of the key, not a secret."""
    hash: str = dataclasses.field(repr=False)
    """SHA-256 of the key's secret part, in hexadecimal."""
    login: str
    groups: tuple[str, ...]
    admin: bool
    creator: str
    create_time: float
    expire_time: float = 0.0
    """Unix time; 0: never."""
    last_use_time: float = 0.0
    """Unix time; 0: never."""


class KeyStore:
    """All keys."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` has the tables of `store.schema`."""
        self._database = connection

    def all(self) -> list[StoredKey]:
        """Return every key, the oldest first."""
        rows = self._database.execute("SELECT id, hash, last_use_time, value FROM keys").fetchall()
        found = []
        for id, hash, last_use_time, value in rows:
            plain = json.loads(value)
            groups = tuple(plain.pop("groups"))
            found.append(
                StoredKey(id=id, hash=hash, last_use_time=last_use_time, groups=groups, **plain)
            )
        return sorted(found, key=lambda key: (key.create_time, key.id))

    def add(self, key: StoredKey) -> None:
        """Write a new key, durably."""
        plain = dataclasses.asdict(key)
        columns = [plain.pop(name) for name in ("id", "hash", "last_use_time")]
        self._database.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?)", (*columns, json.dumps(plain))
        )

    def used(self, id: str, time: float) -> None:
        """Remember when a key was used."""
        self._database.execute("UPDATE keys SET last_use_time = ? WHERE id = ?", (time, id))

    def delete(self, id: str) -> None:
        """Forget a key."""
        self._database.execute("DELETE FROM keys WHERE id = ?", (id,))
