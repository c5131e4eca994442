"""Closed networks, in Dockerfiles: certificates, indexes, mirrors, wheelhouse. No IO.

Docker's own builder has no secrets: what a step is given stays in the image or
its history. So an index with a password is refused there, and with buildx it
is mounted for the time of a step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cstudiod.builders.reach import CA_VARIABLES, Bundle
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import ContextFile
from cstudiod.model.dockerfiles import Dockerfile, Origin, statements

FOLDER = "/opt/cstudio"
CONTEXT = "cstudio"
"""Our folder of the context."""
CA_FILE = f"{FOLDER}/ca.crt"
WHEELHOUSE = f"{FOLDER}/wheelhouse"
SECRET = "cstudio-pip"
"""The buildx secret with pip's configuration."""


@dataclass(frozen=True, kw_only=True)
class Prelude:
    """What stands in front of the blocks' statements, and what it copies."""

    lines: tuple[str, ...] = ()
    has_ca: bool = False
    """The context needs `CA_FILE`'s content as ``cstudio/ca.crt``."""
    has_wheelhouse: bool = False
    """The context needs the wheelhouse as ``cstudio/wheelhouse``."""


def secret_settings(settings: BuildSettings) -> list[str]:
    """Return the settings whose addresses hold a password, by name."""
    named = {
        "pip_index_url": settings.pip_index_url,
        "npm_registry": settings.npm_registry,
        "apt_mirror": settings.apt_mirror,
    }
    return [name for name, url in named.items() if "@" in urlsplit(url).netloc]


def prelude(settings: BuildSettings, bundle: Bundle, *, mounts: bool) -> Prelude:
    """Return what blocks need in order to reach packages.

    Args:
        settings: Of the section ``[build]``.
        bundle: The certificates to trust.
        mounts: The builder can mount files for the time of a step (buildx).
    """
    variables: dict[str, str] = {}
    copies: list[str] = []
    if bundle.path:
        copies.append(f"COPY {CONTEXT}/ca.crt {CA_FILE}")
        variables |= dict.fromkeys(CA_VARIABLES, CA_FILE)
    if settings.pip_index_url and "pip_index_url" not in secret_settings(settings):
        variables["PIP_INDEX_URL"] = settings.pip_index_url
    if settings.npm_registry:
        variables["npm_config_registry"] = settings.npm_registry
    if settings.wheelhouse and not mounts:
        copies.append(f"COPY {CONTEXT}/wheelhouse {WHEELHOUSE}")
        variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": WHEELHOUSE}
    lines = [f"ENV {' '.join(f'{key}={_quoted(value)}' for key, value in variables.items())}"]
    return Prelude(
        lines=("USER root", *copies, *(lines if variables else ())) if copies or variables else (),
        has_ca=bool(bundle.path),
        has_wheelhouse=bool(settings.wheelhouse),
    )


def framed(dockerfile: Dockerfile, before: Iterable[str], after: Iterable[str]) -> Dockerfile:
    """Return a Dockerfile with statements of ours, a line each, after its FROM and at its end."""
    first, last = tuple(before), tuple(after)
    head, _, rest = dockerfile.text.partition("\n")
    ours = Origin(block=-1, block_type="")

    def with_ours(origins: tuple[Origin, ...]) -> tuple[Origin, ...]:
        return (*origins[:1], *(ours for _ in first), *origins[1:], *(ours for _ in last))

    return Dockerfile(
        text="\n".join([head, *first, rest.rstrip("\n"), *last]) + "\n",
        lines=with_ours(dockerfile.lines),
        steps=with_ours(dockerfile.steps),
    )


def with_mounts(dockerfile: Dockerfile, settings: BuildSettings) -> Dockerfile:
    """Return a Dockerfile whose RUN statements see the wheelhouse, or pip's secret settings."""
    mounts = []
    if settings.wheelhouse:
        mounts.append(f"--mount=type=bind,source={CONTEXT}/wheelhouse,target={WHEELHOUSE}")
        mounts.append(f"--mount=type=bind,source={CONTEXT}/pip.conf,target=/etc/pip.conf")
    elif "pip_index_url" in secret_settings(settings):
        mounts.append(f"--mount=type=secret,id={SECRET},target=/etc/pip.conf,mode=0444")
    lines = dockerfile.text.split("\n")
    for one in statements(dockerfile.text) if mounts else ():
        if one.keyword == "RUN":
            added = " ".join(["RUN", *mounts])
            lines[one.line - 1] = re.sub(r"(?i)^(\s*)RUN\b", rf"\g<1>{added}", lines[one.line - 1])
    return replace(dockerfile, text="\n".join(lines))


def pip_configuration(settings: BuildSettings) -> str:
    """Return pip's configuration file for steps with mounts."""
    if settings.wheelhouse:
        return f"[global]\nno-index = true\nfind-links = {WHEELHOUSE}\n"
    return f"[global]\nindex-url = {settings.pip_index_url}\n"


def mirror_files(settings: BuildSettings, bundle: Bundle) -> tuple[ContextFile, ...]:
    """Return the files that turn apt to the mirror while the base image is built."""
    if not settings.apt_mirror:
        return ()
    mirror = settings.apt_mirror.rstrip("/")
    script = _MIRROR_SCRIPT.replace("@MIRROR@", mirror)
    found = [ContextFile(path=f"{CONTEXT}/apt-mirror", content=script.encode(), executable=True)]
    if mirror.startswith("https") and bundle.path:
        trust = f'Acquire::https::CAInfo "{CA_FILE}";\n'
        found.append(ContextFile(path=f"{CONTEXT}/apt-ca.conf", content=trust.encode()))
    return tuple(found)


_MIRROR_SCRIPT = """#!/bin/sh
# Turns apt to a mirror: the archive to @MIRROR@, its security updates to @MIRROR@-security.
set -e
cd /etc/apt
for list in sources.list sources.list.d/*.list sources.list.d/*.sources; do
  [ -f "$list" ] || continue
  sed -i -E \\
    -e 's#https?://[^ ]*/debian-security/?( |$)#@MIRROR@-security\\1#' \\
    -e 's#https?://[^ ]*/(debian|ubuntu)/?( |$)#@MIRROR@\\2#' "$list"
done
"""


def _quoted(value: str) -> str:
    escaped = re.sub(r'(["\\$])', r"\\\1", value)
    return f'"{escaped}"'
