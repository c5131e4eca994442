"""Who sits the channel exam, and what the exam may ask of them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cstudiod.ports import Resolver

BIG_BYTES = 50 * 1024 * 1024
LINE = b"0123456789abcdef0123456789abcde\n"
BIG_DIGEST = hashlib.sha256(LINE * (BIG_BYTES // len(LINE))).hexdigest()

ECHO = ("cat",)
SUCCEED = ("sh", "-c", "exit 0")
FAIL = ("sh", "-c", "exit 7")
COMPLAIN = ("sh", "-c", "echo first >&2; echo said; printf 'oops \\033[31mred\\n' >&2; exit 3")
COMPLAIN_MUCH = ("sh", "-c", f"yes {LINE.decode().strip()} | head -c 300000 >&2; echo last >&2")
PRINT_MUCH = ("sh", "-c", f"yes {LINE.decode().strip()} | head -c {BIG_BYTES}")
DIGEST = ("sh", "-c", f"head -c {BIG_BYTES} | sha256sum")
DIGEST_ALL = ("sh", "-c", "sha256sum")
MISSING = ("no-such-command-anywhere", "x")


def marked(marker: str) -> Sequence[str]:
    """Return a command that reads its stdin and can be found by `marker`."""
    return ("sh", "-c", "cat; exit 0", marker)


def stubborn(marker: str) -> Sequence[str]:
    """Return a command that does not read its stdin."""
    return ("sh", "-c", "sleep 600; exit 0", marker)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A runtime in the exam room."""

    name: str
    resolver: Resolver
    is_running: Callable[[str], Awaitable[bool]]
    """Tell whether a command with this marker runs there."""
    can_half_close: bool
    kills_the_stubborn: bool
    """`close` ends even a command that does not read its stdin."""
    remove: Callable[[], Awaitable[None]] | None = None
    """Delete the place."""
    restart: Callable[[], Awaitable[None]] | None = None
    """Let the place end and come again under the same name."""
    cut: Callable[[], Awaitable[None]] | None = None
    """Break every stream."""
    missing: Resolver | None = None
    """A resolver whose target is not there."""
