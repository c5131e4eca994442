"""What programs print, as lines that can be shown and kept. No IO."""

from __future__ import annotations

import codecs
import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CREDENTIALS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/@:\"']*(?::[^\s@\"']*)?@")
LINE_CHARACTERS = 4000
"""A longer line is cut; nobody reads it, and it would be kept for years."""


def clean(text: str) -> str:
    """Return a line without colours, control characters and credentials in URLs."""
    plain = _CONTROLS.sub("", _ESCAPES.sub("", text)).rstrip()
    shown = _CREDENTIALS.sub(r"\1***@", plain)
    return shown if len(shown) <= LINE_CHARACTERS else shown[:LINE_CHARACTERS] + "…"


class Lines:
    """Cuts a stream of bytes into cleaned lines; a carriage return ends a line too."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that `data` completes; `final`: nothing comes any more."""
        parts = re.split(r"\r?\n|\r", self._rest + self._decoder.decode(data, final))
        self._rest = "" if final else parts.pop()
        if len(self._rest) > LINE_CHARACTERS:
            parts, self._rest = [*parts, self._rest], ""
        return [line for part in parts if (line := clean(part))]
