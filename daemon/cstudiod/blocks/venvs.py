"""Virtual environments as several blocks need them: in the image, and what goes into them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from cstudiod.blocks.faults import hint
from cstudiod.blocks.kinds import EVERY_PYTHON, Scene, Trouble
from cstudiod.model.blueprints import ContextFile, Environment, Fragment, Language

ROOT = "/opt/dataiku"
CODE_ENVIRONMENTS = f"{ROOT}/python-code-envs"

_PROJECT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def project(requirement: str) -> str:
    """Return the normalised name of a requirement's project; empty for a URL or a path."""
    found = _PROJECT.match(requirement)
    if not found or "://" in requirement.split("@")[0]:
        return ""
    return re.sub(r"[-_.]+", "-", found.group(1)).lower()


def merged(requirements: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return requirements with others added that do not name their projects yet."""
    first = tuple(requirements)
    present = {project(one) for one in first}
    return first + tuple(one for one in more if project(one) not in present)


def extended(environment: Environment, name: str, packages: Iterable[str]) -> Environment:
    """Return an environment with what other blocks need in `name`, or in every Python one."""
    every = environment.is_code_environment and environment.language is Language.PYTHON
    if environment.name == name or (name == EVERY_PYTHON and every):
        return replace(environment, requirements=merged(environment.requirements, packages))
    return environment


def requirement_trouble(line: str) -> str:
    """Return why a line cannot be one of pip's requirements, or nothing."""
    if "\n" in line or "\0" in line or not line.strip():
        return "a requirement is one line of text"
    if line.lstrip().startswith("-"):
        return f"`{line}`: options of pip belong into the daemon's build settings"
    return ""


def fragment(environment: Environment, scene: Scene, *, owned: bool = False) -> Fragment:
    """Return the part of the Dockerfile that makes a Python environment.

    `owned`: it belongs to the studio's user, who may install into it.
    """
    python = f"python{environment.python}" if environment.python else "python3"
    place = environment.path
    listed = scene.context(f"{environment.name}.txt")
    content = "".join(f"{line}\n" for line in environment.requirements)
    statements = [*_interpreter(environment.python)]
    if owned:
        statements += [f"RUN install -d -o dataiku {place}", "USER dataiku"]
    statements += [
        f"COPY {listed} /tmp/cstudio-requirements/{environment.name}.txt",
        f"RUN {python} -m venv {place} \\",
        f"  && {place}/bin/pip install --no-cache-dir --disable-pip-version-check \\",
        f"  -r /tmp/cstudio-requirements/{environment.name}.txt",
    ]
    file = ContextFile(path=listed, content=content.encode())
    return scene.fragment(*statements, files=(file,))


def _interpreter(version: str) -> list[str]:
    """Install a Python that the base does not have, where the distribution offers it."""
    if not version:
        return []
    name = f"python{version}"
    return [
        f"RUN {name} -m venv --help > /dev/null 2>&1 \\",
        f"  || (apt-get update && apt-get install -y --no-install-recommends {name}-venv \\",
        "  && rm -rf /var/lib/apt/lists/*)",
    ]


def requirement_troubles(lines: Iterable[str], field: str) -> tuple[Trouble, ...]:
    """Return what is wrong with requirements, each with its field."""
    return tuple(
        Trouble(message=message, field=f"{field}[{at}]")
        for at, line in enumerate(lines)
        if (message := requirement_trouble(line))
    )


def reference_troubles(name: str | None, scene: Scene) -> tuple[Trouble, ...]:
    """Return what is wrong with a `code_environment` setting; None: it is not used."""
    if name is None:
        return ()
    known = {one.name: one for one in scene.code_environments}
    found = known.get(name)
    if found is None and scene.complete:
        message = f"there is no code environment `{name}`" + hint(name, known)
        return (Trouble(message=message, field="code_environment"),)
    if found and found.language is not Language.PYTHON:
        message = f"the code environment `{name}` is for R"
        return (Trouble(message=message, field="code_environment"),)
    return ()
