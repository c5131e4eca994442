"""The tables of the daemon's one database, as numbered migrations.

What has many fields is one JSON value, so that a field may be added without a
migration; columns are what is looked up.
"""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE sessions (
        name TEXT PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        create_time REAL NOT NULL,
        update_time REAL NOT NULL,
        generation INTEGER NOT NULL,
        spec TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE kept (
        session TEXT NOT NULL,
        id TEXT NOT NULL,
        path BLOB NOT NULL,
        side TEXT NOT NULL,
        kind TEXT NOT NULL,
        size INTEGER NOT NULL,
        digest TEXT NOT NULL,
        time REAL NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (session, id)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE kept ADD COLUMN executable INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE kept ADD COLUMN target BLOB NOT NULL DEFAULT x'';
    """,
    """
    CREATE TABLE templates (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE resources (
        template TEXT NOT NULL,
        path TEXT NOT NULL,
        executable INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (template, path)
    ) WITHOUT ROWID;
    CREATE TABLE studios (uid TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE builds (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        template TEXT NOT NULL,
        value TEXT NOT NULL
    );
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        studio TEXT NOT NULL,
        value TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL,
        last_use_time REAL NOT NULL,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE webapps (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE webapp_replicas (
        uid TEXT PRIMARY KEY,
        webapp TEXT NOT NULL,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
