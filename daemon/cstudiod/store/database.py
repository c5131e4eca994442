"""Opening SQLite files the one way we do: WAL, migrations, damage detected.

A migration is one SQL script; `PRAGMA user_version` counts those applied.
A file that is not a database, or fails its quick check, raises `Damaged`; the
caller decides what that means (for an ancestor: void, never empty).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path


class Damaged(Exception):
    """The file exists and cannot be trusted."""


def open_database(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """Open or create the database at `path` and bring it up to date.

    The connection is in autocommit mode (transactions are explicit) and may be
    used from any thread, one at a time.

    Raises:
        Damaged: for a file that is not a sound database, or is newer than we.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA temp_store=MEMORY")
        _migrate(connection, migrations)
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path}: {error}") from error
    return connection


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(migrations):
        raise Damaged(f"written by a newer cstudio (schema {version})")
    for number, script in enumerate(migrations[version:], version + 1):
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version={number}; COMMIT;")


def remove_database(path: Path) -> None:
    """Remove the file and its companions; fine when they are not there."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
