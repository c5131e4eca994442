"""What a target without Python said about itself, or why it cannot be used; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cstudiod.errors import TargetError

_REFUSALS = {
    "root missing": (
        "FOLDER_NOT_FOUND",
        "does not exist there",
        "have it made: cstudio sync create … --create",
    ),
    "root not made": (
        "FORBIDDEN",
        "does not exist there and cannot be made",
        "choose a folder that the container's user may write",
    ),
    "root file": ("NOT_A_FOLDER", "is no folder there", "name the folder that it is in"),
    "root forbidden": (
        "FORBIDDEN",
        "may not be read there",
        "choose a folder that the container's user may write",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What is there."""

    device: int
    inode: int
    is_empty: bool
    is_exact: bool
    """`mv` and `ln` can be told not to take a folder for a destination to put into."""


def probed(said: Sequence[str], root: str) -> Probed:
    """Read what the program `scripts.PROBE` printed.

    Raises:
        TargetError: the root or the image cannot be used.
    """
    _refuse_unfit(said)
    for line in said:
        _refuse_root(line, root)
    words = next((line.split() for line in said if line.startswith("stat ")), [])
    if len(words) != 3 or not all(word.isdigit() and len(word) <= 20 for word in words[1:]):
        raise TargetError("stat there prints no numbers", reason="AGENT_REFUSED")
    return Probed(
        device=int(words[1]),
        inode=int(words[2]),
        is_empty="empty" in said,
        is_exact="exact" in said,
    )


def _refuse_unfit(said: Sequence[str]) -> None:
    missing = [line.split(" ", 1)[1] for line in said if line.startswith("missing ")]
    if missing:
        raise TargetError(
            f"the image has no python3, and its shell no {', '.join(missing[:10])} to sync with",
            reason="NO_SHELL",
            next="use an image with python3, or with busybox",
            permanent=True,
        )


def _refuse_root(line: str, root: str) -> None:
    if line in _REFUSALS:
        reason, what, next_step = _REFUSALS[line]
        raise TargetError(f"`{root}` {what}", reason=reason, next=next_step, path=root)
    if line.startswith("owned "):
        raise TargetError(
            f"`{root}` there is already owned by session {line[6:40]}",
            reason="DUPLICATE_OWNER",
            next="only one session may own a folder: stop the other one",
            path=root,
        )
