"""An entrypoint: a program that runs in the studio, and the port at which it serves.

Names and meaning: docs of Dataiku DSS, "Code Studio templates", Add an entrypoint.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from cstudiod.blocks import resources
from cstudiod.blocks.agreements import slug
from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import Command, NonEmpty, Port, Settings, Strict, Text
from cstudiod.model.blueprints import (
    ContextFile,
    ContextSource,
    Entrypoint,
    ExposedPort,
    Fragment,
    LaunchFile,
)

HOME = "/home/dataiku"
INLINE_BYTES = 32_768
"""A larger script goes into the image, so that each start carries little."""


class Script(Strict):
    """A file that the command needs."""

    source: str = Field(
        default="",
        description="A template's resource, or below `${dku.install.dir}` or `${dip.home}`.",
    )
    content: str | None = Field(default=None, description="The file itself, in place of `source`.")
    target: NonEmpty = Field(description="Absolute, or below /home/dataiku.")


class Expose(Strict):
    """The port at which the program serves HTTP."""

    port: Port
    label: str = Field(default="", description="Title of its tab.")
    html: bool = Field(default=False, description="Show it as a tab; else by its address alone.")
    subpath: Literal["/", "$request_uri", "/$request_uri", "$uri$is_args$args"] = Field(
        default="/", description="`/` takes the prefix off; `$request_uri` leaves it on."
    )


class EntrypointSettings(Settings):
    """A program that is started and kept up."""

    label: str = ""
    command: Command = Field(
        default="", description="A line for /bin/sh, or words; empty: people start it by hand."
    )
    scripts: tuple[Script, ...] = ()
    expose: Expose | None = None
    webapps: bool = Field(default=False, description="Start it in published web apps too.")
    environment: dict[str, Text] = Field(default_factory=dict)


@dataclass
class _Placed:
    """Where scripts end up."""

    files: list[LaunchFile] = field(default_factory=list)
    context: list[ContextFile] = field(default_factory=list)
    sources: list[ContextSource] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    local_faults: list[Trouble] = field(default_factory=list)
    faults: list[Trouble] = field(default_factory=list)


def _contribute(settings: EntrypointSettings, scene: Scene) -> Contribution:
    placed = _Placed()
    for at, script in enumerate(settings.scripts):
        _place(script, at, scene, placed)
    exposed = settings.expose
    return Contribution(
        fragments=_fragments(placed, scene),
        entrypoints=(_entrypoint(settings, scene),),
        ports=(_port(exposed, scene),) if exposed else (),
        port_fields={exposed.port: "expose.port"} if exposed else {},
        files=tuple(placed.files),
        faults=(*placed.faults, *_troubles(settings, scene)),
        local_faults=(*placed.local_faults, *_image_paths(settings)),
    )


def _entrypoint(settings: EntrypointSettings, scene: Scene) -> Entrypoint:
    label = settings.label or (settings.expose.label if settings.expose else "") or "entrypoint"
    return Entrypoint(
        name=slug(label),
        label=label,
        command=settings.command,
        block=scene.block,
        block_type=scene.type,
        port=settings.expose.port if settings.expose else 0,
        environment=settings.environment,
        webapps=settings.webapps,
    )


def _port(exposed: Expose, scene: Scene) -> ExposedPort:
    return ExposedPort(
        port=exposed.port,
        label=exposed.label,
        html=exposed.html,
        written_subpath=exposed.subpath,
        block=scene.block,
    )


def _place(script: Script, at: int, scene: Scene, placed: _Placed) -> None:
    where = f"scripts[{at}]"
    if bool(script.source) == (script.content is not None):
        placed.faults.append(
            Trouble(message="give `source` or `content`, one of them", field=where)
        )
        return
    if message := _target_trouble(script.target):
        placed.faults.append(Trouble(message=message, field=f"{where}.target"))
        return
    if script.content is not None:
        found: str | None = script.content
    elif message := resources.missing(script.source, scene):
        placed.faults.append(Trouble(message=message, field=f"{where}.source"))
        return
    else:
        found = _text(script.source, scene)
    relative = posixpath.relpath(posixpath.join(HOME, script.target), HOME)
    if found is not None and not relative.startswith(".."):
        placed.files.append(
            LaunchFile(path=f"${{home}}/{relative}", content=found, executable=True, verbatim=True)
        )
    else:
        _bake(script, at, scene, placed)


def _target_trouble(target: str) -> str:
    if ".." in target.split("/") or "\0" in target or "\n" in target:
        return f"`{target!a}` is no path that a script can have"
    if posixpath.normpath(target) in ("/", ".", HOME) or target.endswith("/"):
        return f"`{target}` is a folder; name the file"
    return ""


def _text(source: str, scene: Scene) -> str | None:
    """Return a script that is small text of the template; None: it goes into the image."""
    found = scene.resources.get(resources.plain(source))
    if found is None or len(found.content) > INLINE_BYTES:
        return None
    try:
        text = found.content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _bake(script: Script, at: int, scene: Scene, placed: _Placed) -> None:
    target = posixpath.join(HOME, script.target)
    inside = scene.context(f"script-{at}")
    if script.content is not None:
        placed.context.append(
            ContextFile(path=inside, content=script.content.encode(), executable=True)
        )
    else:
        files, sources = resources.context(
            resources.parse(script.source), inside, scene, executable=True
        )
        placed.context += files
        placed.sources += sources
    word = shlex.quote(target)
    placed.statements += [f'COPY ["{inside}", {_json(target)}]', f"RUN chmod -R a+rX {word}"]
    placed.local_faults.append(
        Trouble(
            message=f"the script {target} lies in an image; the local runtime has none",
            field=f"scripts[{at}].target",
        )
    )


def _json(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _fragments(placed: _Placed, scene: Scene) -> tuple[Fragment, ...]:
    if not placed.statements:
        return ()
    return (
        scene.fragment(
            *placed.statements, files=tuple(placed.context), sources=tuple(placed.sources)
        ),
    )


def _troubles(settings: EntrypointSettings, scene: Scene) -> Iterator[Trouble]:
    command = settings.command
    if not command and settings.expose is None:
        yield Trouble(message="has neither a command nor a port, so it does nothing")
    words = [command] if isinstance(command, str) else command
    for name in [name for word in words for name in scene.unmapped(word)]:
        yield Trouble(message=f"the zone `{name}` is not synchronized", field="command")
    for name, value in settings.environment.items():
        if not name.isidentifier() or "\0" in value:
            message = f"`{name}` is no name of an environment variable"
            yield Trouble(message=message, field=f"environment.{name}")


def _image_paths(settings: EntrypointSettings) -> Iterator[Trouble]:
    words = [settings.command] if isinstance(settings.command, str) else settings.command
    found = re.search(r"/(?:opt|home)/dataiku\b", " ".join(words))
    if found:
        message = (
            f"`{found.group(0)}` is a folder of an image; write ${{workdir}} or a zone instead"
        )
        yield Trouble(message=message, field="command")


KIND = Kind(title="Add an entrypoint", settings=EntrypointSettings, contribute=_contribute)
