"""A table on a terminal that is drawn anew whenever something in it changes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import click

from cstudio.cli.tables import clipped

Item = TypeVar("Item")
Key = TypeVar("Key", str, tuple[str, ...])


class LiveTable(Generic[Key, Item]):
    """Items by key, in the order of their keys."""

    def __init__(self, picture: Callable[[Sequence[Item]], list[str]], empty: str) -> None:
        """`picture` makes the lines; `empty` stands for no items."""
        self._picture = picture
        self._empty = empty
        self._items: dict[Key, Item] = {}
        self._drawn = 0
        self._complete = False

    def put(self, key: Key, item: Item) -> None:
        """Take an item as it is now."""
        self._items[key] = item
        self._draw()

    def drop(self, key: Key) -> None:
        """Forget an item."""
        self._items.pop(key, None)
        self._draw()

    def complete(self) -> None:
        """Everything of the start is there: draw from now on."""
        self._complete = True
        self._draw()

    def _draw(self) -> None:
        if not self._complete:
            return
        wide, high = shutil.get_terminal_size()
        lines = self._picture([self._items[key] for key in sorted(self._items)]) or [self._empty]
        shown = [clipped(line, wide) for line in lines[: high - 1]]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        click.echo(f"{up}\r\x1b[J" + "\n".join(shown))
        self._drawn = len(shown)


def now() -> str:
    """Return the time, as lines of a watch begin with it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
