"""Pages of lists: a size, an opaque token, the next token."""

from __future__ import annotations

import base64
import bisect
from collections.abc import Sequence
from typing import Protocol, TypeVar

from cstudio_sync import paths

from cstudiod.errors import UsageError


class HasPath(Protocol):
    """Something in a tree."""

    @property
    def path(self) -> bytes:
        """Where."""


T = TypeVar("T")
P = TypeVar("P", bound=HasPath)

DEFAULT_RESOURCES = 50
DEFAULT_PATHS = 500
_CAP = 10
_NUMBER, _PATH = b"p", b"k"


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


def page_by_path(items: Sequence[P], size: int, token: str) -> tuple[Sequence[P], str]:
    """Return one page of what is in tree order, and the token of the next.

    The token is the last path that was given: what is settled between two calls
    shifts nothing, so that none of the others is left out.

    Raises:
        UsageError: a negative size, or a token that is none of ours.
    """
    if size < 0:
        raise UsageError(f"a page cannot have {size} entries")
    start = 0
    if token:
        after = paths.tree_order(_decoded(token, _PATH))
        start = bisect.bisect_right(items, after, key=lambda one: paths.tree_order(one.path))
    stop = start + min(size or DEFAULT_PATHS, DEFAULT_PATHS * _CAP)
    more = stop < len(items)
    return items[start:stop], _encoded(_PATH, items[stop - 1].path) if more else ""


def _token(position: int) -> str:
    return _encoded(_NUMBER, b"%d" % position)


def _position(token: str) -> int:
    if not token:
        return 0
    digits = _decoded(token, _NUMBER)
    if not digits.isdigit():
        raise _none_of_ours(token)
    return int(digits)


def _encoded(kind: bytes, value: bytes) -> str:
    return base64.urlsafe_b64encode(kind + value).decode()


def _decoded(token: str, kind: bytes) -> bytes:
    try:
        raw = base64.b64decode(token.encode(), b"-_", validate=True)
    except ValueError:
        raise _none_of_ours(token) from None
    if raw[:1] != kind:
        raise _none_of_ours(token)
    return raw[1:]


def _none_of_ours(token: str) -> UsageError:
    return UsageError("this page token is none of ours", page_token=token)
