"""A code environment: a kernel in JupyterLab, an interpreter in VS Code.

Python's is a virtual environment at the place where DSS has it; R's are Debian's
packages, ``r-cran-NAME``, because no compiler is needed for those.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, StringConstraints

from cstudiod.blocks import resources, venvs
from cstudiod.blocks.kinds import Announcement, Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import EnvironmentName, Settings
from cstudiod.model.blueprints import Environment, Fragment, Language

_R_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]*\Z")


class CodeEnvironment(Settings):
    """Packages that people's code runs with."""

    name: EnvironmentName
    language: Language = Language.PYTHON
    label: str = Field(default="", description="What IDEs call it; empty: its name.")
    requirements: tuple[str, ...] = Field(
        default=(), description="Lines as pip has them; for R names of packages: `dplyr`."
    )
    requirements_file: str = Field(
        default="", description="A file among the template's resources with more of them."
    )
    python: Annotated[str, StringConstraints(pattern=r"^(3\.\d{1,2})?$")] = Field(
        default="", description="Version in quotes, '3.11'; empty: the base image's."
    )
    folder: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = Field(
        default="", description="Below /opt/dataiku/python-code-envs; empty: its name."
    )


def _requirements(settings: CodeEnvironment, scene: Scene) -> tuple[str, ...]:
    lines = list(settings.requirements)
    found = scene.resources.get(resources.plain(settings.requirements_file))
    if found:
        listed = found.content.decode("utf-8", "replace").splitlines()
        lines += [line for raw in listed if (line := re.sub(r"(^|\s)#.*$", "", raw).strip())]
    return tuple(lines)


def _announce(settings: CodeEnvironment, scene: Scene) -> Announcement:
    is_r = settings.language is Language.R
    return Announcement(
        environments=(
            Environment(
                name=settings.name,
                block=scene.block,
                language=settings.language,
                label=settings.label or ("R" if is_r else settings.name),
                python=settings.python,
                requirements=_requirements(settings, scene),
                path=""
                if is_r
                else f"{venvs.CODE_ENVIRONMENTS}/{settings.folder or settings.name}",
                is_code_environment=True,
            ),
        )
    )


def _contribute(settings: CodeEnvironment, scene: Scene) -> Contribution:
    mine = [one for one in scene.environments if one.block == scene.block]
    is_r = settings.language is Language.R
    return Contribution(
        fragments=tuple(
            _r_fragment(one, scene) if is_r else venvs.fragment(one, scene, owned=True)
            for one in mine
        ),
        faults=(*_troubles(settings, scene), *_file_troubles(settings, scene)),
        local_faults=_local(settings, scene),
        notes=_notes(settings, scene),
    )


def _r_fragment(environment: Environment, scene: Scene) -> Fragment:
    packages = sorted({f"r-cran-{name.lower()}" for name in environment.requirements})
    return scene.fragment(
        "RUN apt-get update && apt-get install -y --no-install-recommends \\",
        f"  {' '.join(['r-base-core', 'r-cran-irkernel', *packages])} \\",
        "  && rm -rf /var/lib/apt/lists/*",
    )


def _troubles(settings: CodeEnvironment, scene: Scene) -> tuple[Trouble, ...]:
    if settings.name in IDE_NAMES:
        message = f"`{settings.name}` is the name of an IDE's own environment; choose another"
        return (Trouble(message=message, field="name"),)
    if settings.language is Language.PYTHON:
        return venvs.requirement_troubles(_requirements(settings, scene), "requirements")
    found = [
        Trouble(message=f"`{line}` is no name of an R package", field=f"requirements[{at}]")
        for at, line in enumerate(_requirements(settings, scene))
        if not _R_NAME.match(line)
    ]
    if settings.python:
        found.append(Trouble(message="has no meaning for R", field="python"))
    return tuple(found)


def _file_troubles(settings: CodeEnvironment, scene: Scene) -> tuple[Trouble, ...]:
    if not settings.requirements_file:
        return ()
    message = resources.missing(settings.requirements_file, scene, files_only=True)
    return (Trouble(message=message, field="requirements_file"),) if message else ()


def _local(settings: CodeEnvironment, scene: Scene) -> tuple[Trouble, ...]:
    if settings.language is Language.R:
        if {"R", "Rscript"} <= scene.programs:
            return ()
        message = "R is not installed on this machine; the local runtime needs it"
        return (Trouble(message=message, field="language"),)
    return ()


def _notes(settings: CodeEnvironment, scene: Scene) -> tuple[Trouble, ...]:
    if _requirements(settings, scene):
        return ()
    message = f"`{settings.name}` gets no packages: list them under `requirements`"
    return (Trouble(message=message, field="requirements"),)


IDE_NAMES = ("jupyterlab", "streamlit")
"""Environments that IDE blocks make for themselves."""

KIND = Kind(
    title="Add a code environment",
    settings=CodeEnvironment,
    announce=_announce,
    contribute=_contribute,
)
