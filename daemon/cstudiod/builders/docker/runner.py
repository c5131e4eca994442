"""The runner's files, as they are installed beside this package."""

from __future__ import annotations

import importlib.resources
from hashlib import sha256
from importlib.resources.abc import Traversable

from cstudiod.builders.docker import inputs
from cstudiod.builders.docker.closed import CONTEXT
from cstudiod.model.blueprints import ContextFile

PACKAGE = "cstudio_runner"


def files() -> tuple[ContextFile, ...]:
    """Return the runner's modules for the context, sorted by path."""
    root = importlib.resources.files(PACKAGE)
    return tuple(sorted(_below(root, f"{CONTEXT}/runner"), key=lambda file: file.path))


def digest() -> str:
    """Return a digest over the runner's modules."""
    return inputs.digest_of(
        (one.path, one.executable, sha256(one.content).hexdigest()) for one in files()
    )


def _below(folder: Traversable, path: str) -> list[ContextFile]:
    found: list[ContextFile] = []
    for one in folder.iterdir():
        if one.is_dir() and one.name != "__pycache__":
            found += _below(one, f"{path}/{one.name}")
        elif one.name.endswith((".py", ".typed")):
            found.append(ContextFile(path=f"{path}/{one.name}", content=one.read_bytes()))
    return found
