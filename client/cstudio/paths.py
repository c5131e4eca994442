r"""How cstudio writes file names, which may be any bytes, as text.

`display` is the contract's escape: valid UTF-8 stays, a backslash is doubled,
and every byte that is not part of valid UTF-8, and every control character,
becomes ``\xNN``. `parse` reads it back. A name as the shell hands it over is
read as well, since both forms look alike for nearly every name there is.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(\\|x[0-9a-fA-F]{2})")


def display(path: bytes) -> str:
    """Return a printable, reversible form of a path."""
    text = path.replace(b"\\", b"\\\\").decode("utf-8", "surrogateescape")
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return character


def parse(text: str) -> bytes:
    """Return the path that is meant by `text`: displayed, or typed in a shell.

    A backslash that begins no escape stands for itself.
    """
    parts: list[bytes] = []
    position = 0
    for match in _ESCAPE.finditer(text):
        parts.append(_plain(text[position : match.start()]))
        token = match.group(1)
        parts.append(b"\\" if token == "\\" else bytes([int(token[1:], 16)]))
        position = match.end()
    parts.append(_plain(text[position:]))
    return b"".join(parts)


def parse_relative(text: str) -> bytes:
    """Return a path below a root, without what says nothing: ``.`` and empty parts.

    An absolute path stays one.
    """
    path = parse(text)
    parts = b"/".join(part for part in path.split(b"/") if part not in (b"", b"."))
    return b"/" + parts if path.startswith(b"/") else parts


def below(root: str, text: str) -> bytes:
    """Return the path below `root` (displayed) that is meant by `text`.

    It may be relative to the root, or absolute and inside it.
    """
    path, above = parse_relative(text), parse(root).rstrip(b"/")
    if path == above:
        return b""
    return path[len(above) + 1 :] if path.startswith(above + b"/") else path


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
