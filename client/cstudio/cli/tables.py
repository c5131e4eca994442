"""Text for people: columns, sizes, sentences. Values to lines, no printing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from google.protobuf.message import Message

STATE_COLOURS = {
    "watching": "green",
    "paused": "blue",
    "disconnected": "red",
    "halted": "red",
    "ok": "green",
    "warn": "yellow",
    "fail": "red",
    "RUNNING": "green",
    "STOPPED": "blue",
    "succeeded": "green",
    "failed": "red",
    "lost": "red",
    "timed-out": "red",
}
_UNITS = ("B", "kB", "MB", "GB", "TB")


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows under a heading, each column as wide as it must be."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    return [_joined(head, widths), *(_joined(row, widths, styled=True) for row in cells)]


def pairs(values: Iterable[tuple[str, str]]) -> list[str]:
    """Return `name  value` lines; empty values are left out."""
    kept = [(name, plain(value)) for name, value in values if value]
    wide = max((len(name) for name, _ in kept), default=0)
    return [f"{name:<{wide}}  {_styled(value)}" for name, value in kept]


def plain(text: str) -> str:
    """Return text that does nothing to a terminal but show."""
    return "".join(map(_printable, text))


def size(count: float) -> str:
    """Return a number of bytes as people read it: `12.3 MB`."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def moment(message: Message, field: str) -> str:
    """Return a time as the clock here shows it, to the second; empty: there is none."""
    if not message.HasField(field):
        return ""
    return f"{datetime.fromtimestamp(getattr(message, field).seconds):%Y-%m-%d %H:%M:%S}"


def counted(count: int, noun: str) -> str:
    """Return `1 file`, `1,204 files`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def clipped(text: str, limit: int) -> str:
    """Return text that fits `limit` columns, with `…` where it was cut."""
    if width(text) <= limit:
        return text
    taken = 0
    for position, character in enumerate(text):
        taken += _cell(character)
        if taken > limit - 1:
            return text[:position] + "…"
    return text


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _joined(row: Sequence[str], widths: Sequence[int], *, styled: bool = False) -> str:
    padded = [
        (_styled(cell) if styled else cell) + " " * (wide - width(cell))
        for cell, wide in zip(row, widths, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _styled(cell: str) -> str:
    colour = STATE_COLOURS.get(cell)
    return click.style(cell, fg=colour) if colour else cell


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else f"\\u{ord(character):04x}"
