"""The ancestor of one session: what both sides last agreed on, row by row.

One SQLite file a session, so that damage to one voids that one alone. A row
is (folder, name) -> entry, with the stamp each side had when it held just
that; stamps let a later scan skip what did not change. Rows are written from
outcomes, after the disk (invariant 7).

Calls are synchronous and short, or meant for a thread (those that walk all
rows say so); a lock makes them safe from both.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, Entry
from cstudio_sync.fingerprint import fingerprint

from cstudiod.store.database import Damaged, open_database, remove_database

LOCAL = "local"
REMOTE = "remote"

_MIGRATIONS = (
    """
    CREATE TABLE entries (
        folder BLOB NOT NULL,
        name BLOB NOT NULL,
        kind TEXT NOT NULL,
        digest BLOB NOT NULL,
        size INTEGER NOT NULL,
        executable INTEGER NOT NULL,
        target BLOB NOT NULL,
        local_stamp BLOB NOT NULL,
        remote_stamp BLOB NOT NULL,
        PRIMARY KEY (folder, name)
    ) WITHOUT ROWID;
    CREATE INDEX large_by_digest ON entries (digest) WHERE size >= 65536;
    CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    "ALTER TABLE entries ADD COLUMN committed INTEGER NOT NULL DEFAULT 0;",
)
_COLUMNS = "kind, digest, size, executable, target, local_stamp, remote_stamp"
COPY_FROM_BYTES = 65536
"""Files from this size on can be found by digest (`with_digest`)."""


_ASKED_TOGETHER = 200
_LATELY = 8192


@cache
def _rows_query(count: int) -> str:
    """Return the query for so many (folder, name) pairs; it tells the number of each it finds."""
    asked = ", ".join(f"({number}, ?, ?)" for number in range(count))
    return (
        f"WITH asked(number, f, n) AS (VALUES {asked}) SELECT number, {_COLUMNS}"
        " FROM asked CROSS JOIN entries ON folder = f AND name = n"
    )


class Row(NamedTuple):
    """One remembered path."""

    entry: Entry
    local_stamp: bytes
    remote_stamp: bytes

    def stamp(self, side: str) -> bytes:
        """Return the stamp that `side` had."""
        return self.local_stamp if side == LOCAL else self.remote_stamp


class Totals(NamedTuple):
    """What is in step: files and links, and the bytes in files."""

    files: int
    bytes: int


class _Lately:
    """What was asked for lately: folders, and paths that are not remembered.

    A first sync asks for each of its paths four times, and for its parents
    time and again, and there is nothing to be found. Files that are remembered
    are not kept: there are too many.
    """

    def __init__(self) -> None:
        self._young: dict[bytes, Row | None] = {}
        self._old: dict[bytes, Row | None] = {}

    def answer(self, wanted: Iterable[bytes], found: dict[bytes, Row]) -> list[bytes]:
        """Add what is known to `found`; return the paths that must be looked up."""
        unknown = []
        young, old = self._young, self._old
        for path in wanted:
            if path in young:
                row = young[path]
            elif path in old:
                row = old[path]
            else:
                unknown.append(path)
                continue
            if row is not None:
                found[path] = row
        return unknown

    def learn(self, paths: Iterable[bytes], found: Mapping[bytes, Row | None]) -> None:
        """Take in that `found` is all that is remembered among `paths`."""
        for path in paths:
            row = found.get(path)
            if row is None or row.entry.kind == FOLDER:
                self._young[path] = row
            else:
                self._young.pop(path, None)
                self._old.pop(path, None)
        if len(self._young) > _LATELY:
            self._old, self._young = self._young, {}

    def clear(self) -> None:
        """Know nothing."""
        self._young, self._old = {}, {}


class Ancestor:
    """The rows of one session, and a few facts about its replicas."""

    def __init__(self, path: Path) -> None:
        """Open `path`; a damaged file is put aside and the ancestor is void."""
        self._path = path
        self._lock = threading.RLock()
        self._lately = _Lately()
        self.was_damaged = False
        try:
            self._database = open_database(path, _MIGRATIONS)
            self._rows, self._totals = self._count()
        except (Damaged, sqlite3.DatabaseError):
            self.was_damaged = True
            path.replace(path.with_name(path.name + ".damaged"))
            remove_database(path)
            self._database = open_database(path, _MIGRATIONS)
            self._rows, self._totals = 0, Totals(0, 0)

    def _count(self) -> tuple[int, Totals]:
        rows, files, size = self._database.execute(
            "SELECT COUNT(*), COALESCE(SUM(kind != 'd'), 0), COALESCE(SUM(size), 0) FROM entries"
        ).fetchone()
        return rows, Totals(files, size)

    @property
    def rows(self) -> int:
        """How many paths are remembered, folders included."""
        return self._rows

    @property
    def totals(self) -> Totals:
        """Files and bytes in step."""
        return self._totals

    def facts(self) -> dict[str, str]:
        """Return what was remembered about the replicas."""
        with self._lock:
            return dict(self._database.execute("SELECT key, value FROM facts").fetchall())

    def remember(self, **facts: str) -> None:
        """Add or replace facts, durably."""
        with self._lock:
            self._database.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items())
            )

    def get(self, wanted: Iterable[bytes]) -> dict[bytes, Row]:
        """Return the rows that exist among `wanted`."""
        found: dict[bytes, Row] = {}
        if not self._rows:
            return found
        with self._lock:
            asked = self._lately.answer(wanted, found)
            for start in range(0, len(asked), _ASKED_TOGETHER):
                some = asked[start : start + _ASKED_TOGETHER]
                values = list(chain.from_iterable(map(paths.split, some)))
                for row in self._database.execute(_rows_query(len(some)), values):
                    found[some[row[0]]] = _row(row[1:])
            self._lately.learn(asked, found)
        return found

    def below(self, folder: bytes) -> list[tuple[bytes, Row]]:
        """Return every row strictly below `folder`, in no promised order."""
        if folder == paths.ROOT:
            clause, values = "1", tuple[bytes, ...]()
        else:
            clause = "folder = ? OR (folder > ? AND folder < ?)"
            values = (folder, folder + b"/", folder + b"0")
        query = f"SELECT folder, name, {_COLUMNS} FROM entries WHERE {clause}"
        with self._lock:
            rows = self._database.execute(query, values).fetchall()
        return [(paths.join(row[0], row[1]), _row(row[2:])) for row in rows]

    def children(self, folder: bytes) -> list[tuple[bytes, Row]]:
        """Return (name, row) of what is directly in `folder`."""
        query = f"SELECT name, {_COLUMNS} FROM entries WHERE folder = ? ORDER BY name"
        with self._lock:
            rows = self._database.execute(query, (folder,)).fetchall()
        return [(row[0], _row(row[1:])) for row in rows]

    def fingerprints(self, side: str) -> dict[bytes, bytes]:
        """Return every folder's fingerprint as `side` should have it; walks all rows."""
        stamp = f"CASE kind WHEN '{FOLDER}' THEN x'' ELSE {side}_stamp END"
        query = f"SELECT folder, name, kind, {stamp} FROM entries ORDER BY folder, name"
        result = {paths.ROOT: fingerprint(())}
        folder: bytes = paths.ROOT
        children: list[tuple[bytes, bytes]] = []
        with self._lock:
            for parent, name, kind, value in self._database.execute(query):
                if parent != folder:
                    result[folder] = fingerprint(children)
                    folder, children = parent, []
                children.append((name, value))
                if kind == FOLDER:
                    result.setdefault(paths.join(parent, name), fingerprint(()))
        result[folder] = fingerprint(children)
        return result

    def everything(self) -> Iterator[tuple[bytes, Row]]:
        """Yield all rows, in slices, so that writers may come between."""
        last = (b"", b"")
        query = (
            f"SELECT folder, name, {_COLUMNS} FROM entries WHERE (folder, name) > (?, ?)"
            " ORDER BY folder, name LIMIT 2000"
        )
        while True:
            with self._lock:
                rows = self._database.execute(query, last).fetchall()
            if not rows:
                return
            for row in rows:
                yield paths.join(row[0], row[1]), _row(row[2:])
            last = (rows[-1][0], rows[-1][1])

    def with_digest(self, digest: bytes) -> list[tuple[bytes, Row]]:
        """Return a few files of at least `COPY_FROM_BYTES` with that content."""
        query = (
            f"SELECT folder, name, {_COLUMNS} FROM entries"
            f" WHERE digest = ? AND size >= {COPY_FROM_BYTES} LIMIT 4"
        )
        with self._lock:
            rows = self._database.execute(query, (digest,)).fetchall()
        return [(paths.join(row[0], row[1]), _row(row[2:])) for row in rows]

    def commit(self, changes: Sequence[tuple[bytes, Row | None]]) -> None:
        """Write rows (None removes) in one transaction; the last of a path counts."""
        if not changes:
            return
        latest = dict(changes)
        with self._lock:
            before = self.get(latest)
            self._database.execute("BEGIN")
            try:
                self._delete([path for path, row in latest.items() if row is None])
                self._insert([(path, row) for path, row in latest.items() if row is not None])
                self._database.execute("COMMIT")
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._lately.learn(latest, latest)
            self._add(before.values(), -1)
            self._add([row for row in latest.values() if row is not None], 1)

    def _delete(self, gone: Sequence[bytes]) -> None:
        self._database.executemany(
            "DELETE FROM entries WHERE folder = ? AND name = ?", map(paths.split, gone)
        )

    def _insert(self, rows: Sequence[tuple[bytes, Row]]) -> None:
        now = int(time.time())
        self._database.executemany(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*paths.split(path), entry.kind, entry.digest, entry.size, entry.executable,
                 entry.target, local_stamp, remote_stamp, now)
                for path, (entry, local_stamp, remote_stamp) in rows
            ],
        )  # fmt: skip

    def _add(self, rows: Iterable[Row], sign: int) -> None:
        count, files, size = 0, 0, 0
        for row in rows:
            count += 1
            files += row.entry.kind in (FILE, LINK)
            size += row.entry.size
        self._rows += sign * count
        self._totals = Totals(self._totals.files + sign * files, self._totals.bytes + sign * size)

    def restamp(self, side: str, stamps: Sequence[tuple[bytes, bytes]]) -> None:
        """Replace the stamps of `side` at paths whose content is as remembered."""
        query = f"UPDATE entries SET {side}_stamp = ? WHERE folder = ? AND name = ?"
        with self._lock:
            self._lately.clear()
            self._database.execute("BEGIN")
            self._database.executemany(
                query, [(stamp, *paths.split(path)) for path, stamp in stamps]
            )
            self._database.execute("COMMIT")

    def distrust_latest(self, seconds: int) -> int:
        """Drop the rows written in the last so many seconds of writing; return how many."""
        query = "DELETE FROM entries WHERE committed >= (SELECT MAX(committed) FROM entries) - ?"
        with self._lock:
            before = self._rows
            self._lately.clear()
            self._database.execute(query, (seconds,))
            self._rows, self._totals = self._count()
            return before - self._rows

    def forget(self) -> None:
        """Drop all rows and facts: the ancestor is void."""
        with self._lock:
            self._lately.clear()
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM entries")
            self._database.execute("DELETE FROM facts")
            self._database.execute("COMMIT")
            self._rows, self._totals = 0, Totals(0, 0)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def delete(self) -> None:
        """Close and remove the file."""
        self.close()
        remove_database(self._path)


def _row(columns: Sequence[object]) -> Row:
    kind, digest, size, executable, target, local_stamp, remote_stamp = columns
    entry = Entry(kind, digest, size, bool(executable), target)  # type: ignore[arg-type]
    return Row(entry, local_stamp, remote_stamp)  # type: ignore[arg-type]
