"""A replica on a real disk, and short ways to ask it for things."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from cstudio_agent.replica import Replica
from cstudio_sync import operations as ops
from cstudio_sync.entries import FILE, Entry, Seen
from cstudio_sync.operations import Operation, Outcome


class Hand:
    """One replica of `root`, with a trash and a world outside beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.outside = folder / "outside"
        self.root.mkdir()
        self.outside.mkdir()
        self.replica = Replica.open(
            os.fsencode(self.root), session="test", trash_folder=os.fsencode(folder / "trash")
        )

    def see(self, path: str = "") -> dict[str, Seen]:
        """Observe a path and all below it."""
        found: list[Seen] = []
        self.replica.observe([os.fsencode(path)], found.extend, inline_bytes=1024)
        return {os.fsdecode(one.path): one for one in found}

    def put(self, path: str, content: bytes, seen: Seen | None = None, **more: Any) -> Outcome:
        """Write a file where `seen` is now."""
        entry = Entry(FILE, hashlib.sha256(content).digest(), len(content))
        operation = Operation(
            ops.PUT_FILE,
            os.fsencode(path),
            entry,
            expected=seen.entry if seen else None,
            stamp=seen.stamp if seen else b"",
            data=content,
        )
        return self.do(operation._replace(**more))

    def do(self, operation: Operation) -> Outcome:
        """Perform one operation."""
        return self.replica.apply([operation])[0]

    def names(self) -> list[str]:
        """Everything below the root, temporaries included."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
