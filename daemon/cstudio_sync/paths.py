"""Relative paths that cannot leave a root, and how they are shown to people.

A path is bytes, as the file system has it: components joined by ``/``, no
leading slash, ``b""`` for the root itself. Everything that comes from a peer,
a person or a database passes `relative` once; past that point code may rely
on the shape. Names of any bytes are allowed save NUL and ``/``.

`display` is the documented escape for people and JSON: valid UTF-8 stays, a
backslash is doubled, and every byte that is not part of valid UTF-8, and every
control character, becomes ``\\xNN``. `parse_display` is its inverse.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

ROOT = b""
MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 32 * 1024
MAX_DEPTH = 4096
TEMPORARY_PREFIX = b".cstudio-tmp-"
"""Names that start so belong to the engine: neither scanned nor watched."""


class PathRefused(ValueError):
    """A path that is absolute, climbs, is empty inside, or is too long."""


def relative(raw: bytes) -> bytes:
    """Return `raw` when it is a proper relative path; the root is ``b""``.

    Raises:
        PathRefused: for anything that could name something outside the root.
    """
    if raw == ROOT:
        return raw
    if len(raw) > MAX_PATH_BYTES:
        raise PathRefused("the path is longer than %d bytes" % MAX_PATH_BYTES)
    components = raw.split(b"/")
    if len(components) > MAX_DEPTH:
        raise PathRefused("the path is deeper than %d folders" % MAX_DEPTH)
    for component in components:
        _check_name(component)
    return raw


def _check_name(component: bytes) -> None:
    if component in (b"", b".", b".."):
        raise PathRefused("the path has an empty, '.' or '..' component")
    if len(component) > MAX_NAME_BYTES:
        raise PathRefused("a name is longer than %d bytes" % MAX_NAME_BYTES)
    if b"\0" in component:
        raise PathRefused("a name has a NUL byte")


def split(path: bytes) -> Tuple[bytes, bytes]:
    """Return (parent, name); the root has the name ``b""``."""
    parent, _, name = path.rpartition(b"/")
    return parent, name


def join(parent: bytes, name: bytes) -> bytes:
    """Return the path of `name` in `parent`."""
    return parent + b"/" + name if parent else name


def parents(path: bytes) -> Iterator[bytes]:
    """Yield every proper ancestor except the root, nearest first."""
    cut = path.rfind(b"/")
    while cut > 0:
        path = path[:cut]
        yield path
        cut = path.rfind(b"/")


def is_below(path: bytes, folder: bytes) -> bool:
    """Tell whether `path` lies strictly inside `folder`."""
    if folder == ROOT:
        return path != ROOT
    return path.startswith(folder + b"/")


def tree_order(path: bytes) -> bytes:
    """Return a sort key that puts a folder just before everything in it."""
    return path.replace(b"/", b"\0")


def is_temporary(name: bytes) -> bool:
    """Tell whether a name (not a path) belongs to the engine."""
    return name.startswith(TEMPORARY_PREFIX)


def link_stays_inside(path: bytes, target: bytes) -> bool:
    """Tell whether the link at `path` is relative and stays below the root.

    Purely textual, so `..` counts only before the first name: a name may be a
    link itself, and of a link to ``.`` the parent is outside (`kubectl cp` fell
    for such a pair). The engine never follows links, but programs here do.
    """
    if not target or target.startswith(b"/") or b"\0" in target:
        return False
    components = [one for one in target.split(b"/") if one not in (b"", b".")]
    climbs = 0
    while climbs < len(components) and components[climbs] == b"..":
        climbs += 1
    return climbs <= path.count(b"/") and b".." not in components[climbs:]


def display(path: bytes) -> str:
    """Return a printable, reversible form of a path (see the module's text)."""
    text = path.replace(b"\\", b"\\\\").decode("utf-8", "surrogateescape")
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return "\\x%02x" % (code - 0xDC00)
    if code < 0x20 or code == 0x7F:
        return "\\x%02x" % code
    if 0x80 <= code <= 0x9F:  # control characters too: terminals obey them
        return "\\xc2\\x%02x" % code
    return character


def parse_display(text: str) -> bytes:
    """Return the path that `display` shows as `text`.

    Raises:
        PathRefused: when the text is not such a form, or not a relative path.
    """
    parts: List[bytes] = []
    position = 0
    for match in re.finditer(r"\\(\\|x[0-9a-fA-F]{2})", text):
        parts.append(_plain(text[position : match.start()]))
        token = match.group(1)
        parts.append(b"\\" if token == "\\" else bytes([int(token[1:], 16)]))
        position = match.end()
    parts.append(_plain(text[position:]))
    return relative(b"".join(parts))


def _plain(text: str) -> bytes:
    if "\\" in text:
        raise PathRefused("a backslash is written twice, a raw byte as \\xNN")
    return text.encode("utf-8", "surrogateescape")
