"""Pages of lists: a size, an opaque token, the next token."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from cstudiod.errors import UsageError

T = TypeVar("T")

DEFAULT_RESOURCES = 50
DEFAULT_PATHS = 500
_CAP = 10


def page(
    items: Sequence[T], size: int, token: str, *, default: int = DEFAULT_RESOURCES
) -> tuple[Sequence[T], str]:
    """Return one page and the token of the next (empty at the end).

    A size of 0 means `default`, and ten times that is the most. The token is a
    position: items that come and go between two calls may shift the pages.

    Raises:
        UsageError: a negative size, or a token that is none of ours.
    """
    if size < 0:
        raise UsageError(f"a page cannot have {size} entries")
    start = _position(token)
    stop = start + min(size or default, default * _CAP)
    return items[start:stop], _token(stop) if stop < len(items) else ""


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(b"p%d" % position).decode()


def _position(token: str) -> int:
    if not token:
        return 0
    try:
        raw = base64.urlsafe_b64decode(token.encode())
        if raw[:1] != b"p":
            raise ValueError(token)
        return int(raw[1:])
    except ValueError as error:
        raise UsageError("this page token is none of ours", page_token=token) from error
