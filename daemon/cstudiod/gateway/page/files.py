"""The page's files, read once: what is asked for is looked up, never opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
DOCUMENT = "index.html"
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""By suffix; no other file is served."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of the page."""

    content: bytes
    type: str
    etag: str
    """Changes with the content; with its quotes."""


def load(folder: Path = FOLDER) -> Mapping[str, File]:
    """Return the files below a folder by their paths in it; links and others are left out."""
    return {
        path.relative_to(folder).as_posix(): made(path.read_bytes(), path.suffix)
        for path in _found(folder)
    }


def made(content: bytes, suffix: str) -> File:
    """Return a file of that kind."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    return File(content=content, type=TYPES[suffix], etag=f'"{digest}"')


def _found(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix in TYPES and not name.startswith(".") and not path.is_symlink():
                yield path
