"""Files that blocks name: of the template, or of the daemon's machine as DSS names them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cstudiod.blocks.faults import hint
from cstudiod.blocks.kinds import Scene
from cstudiod.model.blueprints import ContextFile, ContextSource
from cstudiod.model.templates import Resource

TEMPLATE = "template.resources"
MACHINE = ("dku.install.dir", "dip.home")

_ROOTED = re.compile(r"\$\{([^}]*)\}/*(.*)\Z", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where something is taken from."""

    root: str
    """`TEMPLATE`, or one of `MACHINE`."""
    path: str
    """Below it; empty: all of it."""

    @property
    def name(self) -> str:
        """What it is called where it is copied to."""
        return posixpath.basename(self.path) or "template-resources"


def parse(text: str) -> Source:
    """Read ``${dip.home}/lib/x``, ``${template.resources}/x``, or ``x`` for the latter.

    Raises:
        ValueError: an unknown variable, or a path that climbs out.
    """
    root, path = TEMPLATE, text
    if found := _ROOTED.match(text):
        root, path = found.groups()
        if root not in (TEMPLATE, *MACHINE):
            raise ValueError(f"unknown variable `${{{root}}}`" + hint(root, (TEMPLATE, *MACHINE)))
    elif text.startswith("__TEMPLATE_RESOURCES__"):
        path = text.removeprefix("__TEMPLATE_RESOURCES__").lstrip("/")
    if path.startswith("/") or ".." in path.split("/") or "\0" in path or "\\" in path:
        raise ValueError(f"`{text!s}` leaves the folder that it is in")
    plain = posixpath.normpath(path) if path else ""
    return Source(root=root, path="" if plain == "." else plain)


def plain(text: str) -> str:
    """Return the path of a template's resource as `Scene.resources` has it; empty: it is none."""
    try:
        source = parse(text)
    except ValueError:
        return ""
    return source.path if source.root == TEMPLATE else ""


def below(source: Source, scene: Scene) -> Iterator[tuple[str, Resource]]:
    """Return the template's files that a source means, with their paths below its name."""
    prefix = f"{source.path}/" if source.path else ""
    for path, resource in sorted(scene.resources.items()):
        if path == source.path:
            yield "", resource
        elif path.startswith(prefix):
            yield path.removeprefix(prefix), resource


def missing(text: str, scene: Scene, *, files_only: bool = False) -> str:
    """Return why a source cannot be used, as a sentence, or nothing.

    `files_only`: it must be one file of the template.
    """
    try:
        source = parse(text)
    except ValueError as error:
        return str(error)
    if source.root != TEMPLATE:
        return "must be a resource of the template" if files_only else ""
    found = list(below(source, scene))
    if not found:
        return f"the template has no resource `{source.path or text}`" + hint(
            source.path, scene.resources
        )
    if files_only and any(path for path, _ in found):
        return f"`{source.path}` is a folder; name a file"
    return ""


def context(
    source: Source, target: str, scene: Scene, *, executable: bool = False
) -> tuple[tuple[ContextFile, ...], tuple[ContextSource, ...]]:
    """Return what puts a source into the build context at `target`."""
    if source.root != TEMPLATE:
        return (), (ContextSource(path=target, root=source.root, relative=source.path),)
    files = tuple(
        ContextFile(
            path=f"{target}/{path}" if path else target,
            content=resource.content,
            executable=executable or resource.executable,
        )
        for path, resource in below(source, scene)
    )
    return files, ()
