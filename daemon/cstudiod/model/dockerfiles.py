"""One Dockerfile of an image plan, and which block each line and step belongs to.

Also how a Dockerfile's text is cut into statements, which is what a check of
somebody's fragment needs. Format: Docker's reference "Dockerfile", the parts
that the classic builder knows; a here-document's body is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cstudiod.model.blueprints import Fragment, ImagePlan

ROOT_FOLDER = "/opt/dataiku"
HOME = "/home/dataiku"
USER = "dataiku"

_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_][A-Za-z0-9_]*)\1")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One instruction; `line` and `last` count from 1 in the text it was found in."""

    line: int
    last: int
    keyword: str
    """In capitals: ``RUN``."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who wrote something of a Dockerfile."""

    block: int
    """Index of the block; -1: ours, for every image."""
    block_type: str
    line: int = 0
    """Of the template file; 0: not known."""


@dataclass(frozen=True, kw_only=True)
class Dockerfile:
    """The text, and where it comes from."""

    text: str
    lines: tuple[Origin, ...]
    """Of each line of `text`; the first is ``lines[0]``."""
    steps: tuple[Origin, ...]
    """Of each instruction: the builder's ``Step 3/9`` is ``steps[2]``."""

    def origin_of_line(self, line: int) -> Origin:
        """Return who wrote a line, from 1, as in ``parse error line 7``."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def origin_of_step(self, step: int) -> Origin:
        """Return who wrote a step, from 1; labels that the builder adds are ours."""
        known = 0 < step <= len(self.steps)
        return self.steps[step - 1] if known else Origin(block=-1, block_type="")


def statements(text: str) -> Iterator[Statement]:
    """Cut a Dockerfile into its instructions, in order; nothing is judged."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        last = _end(lines, at)
        keyword = lines[at].split(maxsplit=1)[0].upper()
        yield Statement(line=at + 1, last=last + 1, keyword=keyword)
        at = last + 1


def _end(lines: list[str], start: int) -> int:
    """Return the index of the last line of the instruction that begins at `start`."""
    at, words = start, [lines[start]]
    while at + 1 < len(lines) and _goes_on(lines[at], first=at == start):
        at += 1
        words.append(lines[at])
    for found in _HEREDOC.finditer("\n".join(words)):
        while at + 1 < len(lines):
            at += 1
            if lines[at].strip() == found.group(2):
                break
    return at


def _goes_on(line: str, *, first: bool) -> bool:
    """Whether the instruction continues; comments and blanks do not end it once begun."""
    bare = line.strip()
    return bare.endswith("\\") or (not first and (not bare or bare.startswith("#")))


def render(plan: ImagePlan, base: str) -> Dockerfile:
    """Return the Dockerfile of a plan; `base` is the image reference that it starts from."""
    ours = Origin(block=-1, block_type="")
    rows = [(f"FROM {base}", ours)]
    for fragment in plan.fragments:
        rows.extend(_rows(fragment))
    user = [one.studio_user for one in plan.fragments if one.studio_user] or [USER]
    rows += [(line, ours) for line in ("", f"USER {user[-1]}", f"WORKDIR {HOME}")]
    text = "\n".join(line for line, _ in rows) + "\n"
    origins = tuple(origin for _, origin in rows)
    return Dockerfile(text=text, lines=origins, steps=_steps(text, origins))


def _rows(fragment: Fragment) -> Iterable[tuple[str, Origin]]:
    def of(line: int) -> Origin:
        return Origin(block=fragment.block, block_type=fragment.block_type, line=line)

    user, folder = ("root", ROOT_FOLDER) if fragment.as_root else (USER, HOME)
    head = min(fragment.lines.values(), default=0)
    yield "", of(head)
    yield f"# block {fragment.block + 1}: {fragment.block_type}", of(head)
    yield f"USER {user}", of(head)
    yield f"WORKDIR {folder}", of(head)
    for number, line in enumerate(fragment.dockerfile.rstrip("\n").split("\n"), 1):
        yield line, of(fragment.lines.get(number, head))


def _steps(text: str, origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
    return tuple(origins[statement.line - 1] for statement in statements(text))
