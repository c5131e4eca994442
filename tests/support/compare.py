"""Tells how two trees differ; shares no code with the engine on purpose.

`listing` describes a tree as plain text lines; `SCRIPT` is the same as a program
for a container (`python3 -c SCRIPT ROOT`), so that both sides are read by the
same few lines, and the engine is not asked about its own work.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = r"""
import hashlib, json, os, stat, sys
root = os.fsencode(sys.argv[1])
skip = set(sys.argv[2:])
found = {}
def walk(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        shown = path[len(root) + 1:].decode("latin-1")
        if shown in skip or name.decode("latin-1") in skip or name.startswith(b".cstudio-tmp-"):
            continue
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            found[shown] = ["link", os.readlink(path).decode("latin-1")]
        elif stat.S_ISDIR(status.st_mode):
            found[shown] = ["folder"]
            walk(path)
        elif stat.S_ISREG(status.st_mode):
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            found[shown] = ["file", digest, bool(status.st_mode & 0o100)]
        else:
            found[shown] = ["special"]
walk(root)
json.dump(found, sys.stdout)
"""

Tree = dict[str, list[object]]


def listing(root: Path | str, *skip: str) -> Tree:
    """Return path -> what is there, for everything below `root` but `skip`."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), *skip], capture_output=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def differences(one: Tree, other: Tree, most: int = 20) -> list[str]:
    """Return what differs, a line each, at most `most`."""
    lines = [
        f"{path!r}: {one.get(path)} / {other.get(path)}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    ]
    return lines[:most] + ([f"… and {len(lines) - most} more"] if len(lines) > most else [])
