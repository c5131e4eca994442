"""Append to Dockerfile: any statements, after what the blocks before have done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from cstudiod.blocks import fragments, resources
from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import NonEmpty, Settings
from cstudiod.model.blueprints import ContextFile, ContextSource, Fragment

FOLDER = "template-resources"
"""Where the template's resources lie in the context when the text names them."""

_TOKENS = ("__TEMPLATE_RESOURCES__", "${template.resources}")
_RESERVED = re.compile(r"(Dockerfile|\.dockerignore|cstudio|prefab|block-.*)\Z", re.IGNORECASE)


class AppendDockerfile(Settings):
    """Statements for the image."""

    label: str = ""
    dockerfile: NonEmpty
    run_as_root: bool = Field(
        default=False,
        description="As root in /opt/dataiku; else as dataiku in /home/dataiku.",
    )
    studio_user: Annotated[str, StringConstraints(pattern=r"^([a-z0-9_][a-z0-9_-]{0,31})?$")] = (
        Field(default="", description="Who studios run as, root for example; empty: dataiku.")
    )
    resources: tuple[str, ...] = Field(
        default=(),
        description="Put next to the Dockerfile, to be COPYed: `${template.resources}/x`, "
        "`${dip.home}/x`, `${dku.install.dir}/x`.",
    )


def _contribute(settings: AppendDockerfile, scene: Scene) -> Contribution:
    lines = _lines(scene)
    return Contribution(
        fragments=(_fragment(settings, scene, lines),),
        faults=(*fragments.troubles(settings.dockerfile, lines), *_resources(settings, scene)),
        local_faults=(
            Trouble(
                message="a Dockerfile needs an image; the local runtime has none",
                field="dockerfile",
            ),
        ),
    )


def _lines(scene: Scene) -> int:
    """Return the line of the template on which the text begins; 0: not line by line."""
    return scene.lines.get("dockerfile|", 0)


def _fragment(settings: AppendDockerfile, scene: Scene, first: int) -> Fragment:
    text = fragments.plain(settings.dockerfile)
    files: list[ContextFile] = []
    sources: list[ContextSource] = []
    if any(token in text for token in _TOKENS):
        whole = resources.parse(_TOKENS[1])
        files += resources.context(whole, FOLDER, scene)[0]
        for token in _TOKENS:
            text = text.replace(token, FOLDER)
    for name in settings.resources:
        if not resources.missing(name, scene):
            source = resources.parse(name)
            found = resources.context(source, source.name, scene)
            files += found[0]
            sources += found[1]
    if settings.studio_user:  # in the text too, so that another user is another image
        text = f"{text.rstrip()}\n# studios run as {settings.studio_user}\n"
    count = text.count("\n") + 1
    start = first or scene.lines.get("dockerfile", scene.line)
    numbers = {at: start + (at - 1 if first else 0) for at in range(1, count + 1)}
    return Fragment(
        block=scene.block,
        block_type=scene.type,
        dockerfile=text,
        as_root=settings.run_as_root,
        files=tuple(dict.fromkeys(files)),
        sources=tuple(sources),
        lines=numbers if start else {},
        studio_user=settings.studio_user,
    )


def _resources(settings: AppendDockerfile, scene: Scene) -> Iterator[Trouble]:
    for at, name in enumerate(settings.resources):
        field = f"resources[{at}]"
        if message := resources.missing(name, scene):
            yield Trouble(message=message, field=field)
        elif _RESERVED.match(resources.parse(name).name):
            message = f"`{resources.parse(name).name}` is taken in the build context; rename it"
            yield Trouble(message=message, field=field)


KIND = Kind(title="Append to Dockerfile", settings=AppendDockerfile, contribute=_contribute)
