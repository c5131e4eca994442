r"""Text that can travel: a path in a sentence may hold bytes that UTF-8 cannot.

Python keeps such bytes as lone surrogates, and protobuf refuses those. In a
field that is a path the reversible `paths.display` is used; in a sentence for
people it is enough that the byte shows, as ``\xNN``.
"""

from __future__ import annotations

import re

from cstudio_sync.paths import PathRefused

_ESCAPE = re.compile(r"\\(\\|x[0-9a-fA-F]{2})")


def printable(text: str) -> str:
    r"""Return `text` with every byte that is not UTF-8 written as ``\xNN``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def unescaped(shown: str) -> str:
    r"""Return what a text in the form of `FilePath.display` stands for, for `os`.

    Unlike `paths.parse_display` it does not ask for a relative path.

    Raises:
        PathRefused: a lone backslash.
    """
    parts, position = [], 0
    for match in _ESCAPE.finditer(shown):
        parts.append(_plain(shown[position : match.start()]))
        token = match[1]
        parts.append(b"\\" if token == "\\" else bytes([int(token[1:], 16)]))
        position = match.end()
    parts.append(_plain(shown[position:]))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _plain(text: str) -> bytes:
    if "\\" in text:
        raise PathRefused("a backslash is written twice, a raw byte as \\xNN")
    return text.encode("utf-8")
