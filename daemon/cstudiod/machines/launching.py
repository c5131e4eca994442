"""From what a template means to what a runtime spawns: placeholders filled in, ports placed.

What only the container knows (`${baseUrl}`, `${port}`, `${K8S_POD_NAME}`, …) is left for
the runner (`cstudio_runner.variables`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from cstudio_runner import launch as document

from cstudiod.model.blueprints import Blueprint, Entrypoint, LaunchFile
from cstudiod.model.studios import Layout, Spawn, StudioSpec
from cstudiod.model.zones import Zone, ZoneSync

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_QUOTES = "\"'"
_ACTIVE = re.compile(r'[\\"$`]')
"""What means something between double quotes."""
_WORKSPACE = "/home/dataiku/workspace"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is known where a studio will run."""

    layout: Layout
    image: str = ""
    venvs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Virtual environment -> its root there."""
    listen: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Exposed port -> where its server listens; what is not named listens on the port itself."""
    has_nginx: bool = False
    base: str = ""
    """What browsers ask for before everything else; empty: `base_path`."""


def base_path(project: str, studio: str) -> str:
    """Return what stands before everything that a browser asks of a studio."""
    return f"/code-studios/{project}/{studio}"


def folder_of(sync: ZoneSync, layout: Layout) -> str:
    """Return where a zone is in the studio, as an absolute path."""
    target = sync.target
    if target.startswith("/"):
        target = posixpath.relpath(target, _WORKSPACE)
    return posixpath.normpath(posixpath.join(layout.workdir, target))


def spawn(
    uid: str, spec: StudioSpec, blueprint: Blueprint, around: Surroundings, hold: str
) -> Spawn:
    """Return all that a runtime needs to bring a studio up.

    Args:
        uid: The studio's.
        spec: What was asked for.
        blueprint: What its template means.
        around: Where it will run.
        hold: The word that its programs wait for; see `cstudio_runner.launch`.
    """
    plan = blueprint.launch
    launch = _launch(spec, blueprint, around, hold)
    made = Spawn(
        uid=uid,
        project=spec.project,
        studio=spec.name,
        owner=spec.owner,
        image=around.image,
        launch=document.to_json(launch),
        ports=plan.ports,
        readiness=plan.readiness,
        kubernetes=plan.kubernetes,
    )
    return dataclasses.replace(made, hash=hashlib.sha256(repr(made).encode()).hexdigest()[:32])


def _launch(
    spec: StudioSpec, blueprint: Blueprint, around: Surroundings, hold: str
) -> document.Launch:
    plan = blueprint.launch
    values = _values(blueprint, around)
    return document.Launch(
        base_path=around.base or base_path(spec.project, spec.name),
        workdir=around.layout.workdir,
        state=around.layout.state,
        env=environment(spec, blueprint, around),
        entrypoints=tuple(
            _entrypoint(one, values) for one in plan.entrypoints if _has_command(one)
        ),
        ports=tuple(
            document.Port(
                port=one.port,
                listen=around.listen.get(one.port, one.port),
                label=one.label,
                html=one.html,
                subpath=one.written_subpath,
            )
            for one in plan.ports
        ),
        nginx=document.Nginx() if around.has_nginx and plan.ports else None,
        readiness=document.Readiness(
            ports=_listening(blueprint) if plan.readiness.tcp else (),
            url=_filled(plan.readiness.url, values),
            headers=plan.readiness.headers,
        ),
        files=tuple(_file(one, values) for one in plan.files),
        hold=hold,
    )


def environment(spec: StudioSpec, blueprint: Blueprint, around: Surroundings) -> Mapping[str, str]:
    """Return the variables that every program of a studio finds, actions too."""
    values = _values(blueprint, around)
    folders = {
        row.zone.variable: folder_of(row, around.layout)
        for row in reversed(blueprint.sync)
        if not row.folder
    }
    found = {"DKU_CURRENT_PROJECT_KEY": spec.project, "CSTUDIO_STUDIO": spec.name, **folders}
    library = folders.get(Zone.PROJECT_LIB_VERSIONED.variable)
    if library:
        found["PYTHONPATH"] = f"{library}/python"
        # A cache beside sources would only be carried to and fro.
        found["PYTHONPYCACHEPREFIX"] = f"{around.layout.state}/pycache"
    found |= {name: _filled(value, values) for name, value in blueprint.launch.environment.items()}
    return found


def browser_paths(spec: StudioSpec, blueprint: Blueprint) -> Mapping[str, str]:
    """Return the variables that tell a program its prefix: for actions, as the runner does."""
    base = base_path(spec.project, spec.name)
    ports = {
        f"DKU_CODE_STUDIO_BROWSER_PATH_{one.port}": f"{base}/{one.port}"
        for one in blueprint.launch.ports
    }
    return {"DKU_CODE_STUDIO_BROWSER_PATH": base, "DKU_IS_CODE_STUDIO": "1", **ports}


def filled_for_shell(line: str, blueprint: Blueprint, around: Surroundings) -> str:
    """Return an action's command line with the placeholders of the daemon filled in."""
    return _filled_for_shell(line, _values(blueprint, around))


def _has_command(entry: Entrypoint) -> bool:
    return bool(entry.command)


def _listening(blueprint: Blueprint) -> tuple[int, ...]:
    return tuple(one.port for one in blueprint.launch.entrypoints if one.port and one.command)


def _values(blueprint: Blueprint, around: Surroundings) -> dict[str, str]:
    layout = around.layout
    values = {
        "workdir": layout.workdir,
        "home": layout.home,
        "state": layout.state,
        "resources": layout.resources,
    }
    for row in reversed(blueprint.sync):  # of several rows of a zone the first one counts
        values[f"zone.{row.zone.value}"] = folder_of(row, layout)
    for one in blueprint.image.environments:
        values[f"venv.{one.name}"] = around.venvs.get(one.name, one.path)
    return values


def _filled(text: str, values: Mapping[str, str]) -> str:
    for zone in Zone:
        text = text.replace(zone.token, f"${{zone.{zone.value}}}")
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def _filled_for_shell(line: str, values: Mapping[str, str]) -> str:
    """Fill in a line for the shell; a path with odd characters arrives as one word.

    Also where the line has quotes around it, but not where a backslash precedes it.
    """
    for zone in Zone:
        line = line.replace(zone.token, f"${{zone.{zone.value}}}")
    said: list[str] = []
    quote, at = "", 0
    while at < len(line):
        found = _PLACEHOLDER.match(line, at)
        if found is not None and found.group(1) in values:
            said.append(_for_shell(values[found.group(1)], quote))
            at = found.end()
            continue
        length = 2 if line[at] == "\\" and quote != "'" else 1
        if line[at] in _QUOTES and quote in ("", line[at]):
            quote = "" if quote else line[at]
        said.append(line[at : at + length])
        at += length
    return "".join(said)


def _for_shell(value: str, quote: str) -> str:
    """Return a value so that a shell reads it as it is, within these quotes."""
    if _PLAIN.fullmatch(value):
        return value
    if quote == "'":
        return value.replace("'", "'\\''")
    return _ACTIVE.sub(r"\\\g<0>", value) if quote else shlex.quote(value)


def _entrypoint(entry: Entrypoint, values: Mapping[str, str]) -> document.Entrypoint:
    command: document.Command
    if isinstance(entry.command, str):
        command = _filled_for_shell(entry.command, values)
    else:
        command = tuple(_filled(word, values) for word in entry.command)
    return document.Entrypoint(
        name=entry.name,
        label=entry.label,
        command=command,
        cwd=_filled(entry.folder, values),
        env={name: _filled(value, values) for name, value in entry.environment.items()},
        port=entry.port,
        aliases=entry.aliases,
    )


def _file(file: LaunchFile, values: Mapping[str, str]) -> document.File:
    return document.File(
        path=_filled(file.path, values),
        content=file.content if file.verbatim else _filled(file.content, values),
        executable=file.executable,
        keep=file.keep,
        verbatim=file.verbatim,
    )
