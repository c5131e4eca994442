"""Append to Dockerfile: any statements, after what the blocks before have done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from cstudiod.blocks import resources
from cstudiod.blocks.faults import hint
from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import NonEmpty, Settings
from cstudiod.model.blueprints import ContextFile, ContextSource, Fragment
from cstudiod.model.dockerfiles import statements

FOLDER = "template-resources"
"""Where the template's resources lie in the context when the text names them."""

_TOKENS = ("__TEMPLATE_RESOURCES__", "${template.resources}")
_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=", re.IGNORECASE)
_RESERVED = re.compile(r"(Dockerfile|\.dockerignore|cstudio|prefab|block-.*)\Z", re.IGNORECASE)
_KNOWN = (
    *("ADD", "ARG", "COPY", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD"),
    *("RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)
_REFUSED = {
    "FROM": "the image begins with cstudio's base image; a second FROM would throw that away",
    "CMD": "what a studio starts are its entrypoints; add an `entrypoint` block",
    "ENTRYPOINT": "what a studio starts are its entrypoints; add an `entrypoint` block",
}


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
        faults=(*_statement_troubles(settings.dockerfile, lines), *_resources(settings, scene)),
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


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _fragment(settings: AppendDockerfile, scene: Scene, first: int) -> Fragment:
    text = _plain(settings.dockerfile)
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


def _statement_troubles(text: str, first: int) -> Iterator[Trouble]:
    text = _plain(text)

    def trouble(message: str, line: int) -> Trouble:
        return Trouble(message=message, field="dockerfile", line=first + line - 1 if first else 0)

    for at, line in enumerate(text.split("\n"), 1):
        if found := _DIRECTIVE.match(line.strip()):
            name = found.group(1).lower()
            yield trouble(f"`# {name}=` counts in the first line of a Dockerfile alone", at)
        if "\0" in line:
            yield trouble("has a NUL character", at)
    end = text.count("\n") + 2
    found_statements = list(statements(f"{text}\nRUN end"))
    for one in found_statements[:-1]:
        if message := _refused(one.keyword):
            yield trouble(message, one.line)
    if found_statements[-1].line != end:
        yield trouble("does not end: a `\\` or a here-document goes on after it", end - 1)
    elif len(found_statements) == 1:
        yield trouble("has no statement in it", 1)


def _refused(keyword: str) -> str:
    if keyword in _REFUSED:
        return f"{keyword}: {_REFUSED[keyword]}"
    if keyword not in _KNOWN:
        return f"`{keyword}` is no statement of a Dockerfile" + hint(keyword, _KNOWN)
    return ""


def _resources(settings: AppendDockerfile, scene: Scene) -> Iterator[Trouble]:
    for at, name in enumerate(settings.resources):
        field = f"resources[{at}]"
        if message := resources.missing(name, scene):
            yield Trouble(message=message, field=field)
        elif _RESERVED.match(resources.parse(name).name):
            message = f"`{resources.parse(name).name}` is taken in the build context; rename it"
            yield Trouble(message=message, field=field)


KIND = Kind(title="Append to Dockerfile", settings=AppendDockerfile, contribute=_contribute)
