"""RStudio Server, from a package that the template or an earlier block brings.

``rserver`` takes its prefix for cookies and redirects only (``www-root-path``), so its
subpath takes the prefix off. Flags: RStudio's source, ``server-options.json``.
"""

from __future__ import annotations

from pydantic import Field

from cstudiod.blocks import resources
from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import Port, Settings
from cstudiod.model.blueprints import (
    ContextFile,
    Entrypoint,
    ExposedPort,
    Fragment,
    LaunchFile,
)

STATE = "${state}/rstudio"

_FIND = (
    "RUN command -v rserver > /dev/null \\\n"
    "  || ln -s /usr/lib/rstudio-server/bin/rserver /usr/local/bin/rserver \\\n"
    "  && command -v rserver > /dev/null \\\n"
    "  || (echo 'no rserver in the image: see `package` of the rstudio block' >&2; exit 1)"
)


class RStudio(Settings):
    """RStudio Server."""

    port: Port = 8787
    label: str = Field(default="RStudio", description="Title of the tab.")
    package: str = Field(
        default="",
        description="RStudio Server's .deb among the template's resources; empty: an earlier "
        "append_dockerfile installs it.",
    )
    webapps: bool = Field(default=False, description="Start it in published web apps too.")


def _contribute(settings: RStudio, scene: Scene) -> Contribution:
    return Contribution(
        fragments=(_fragment(settings, scene),),
        entrypoints=(_entrypoint(settings, scene),),
        ports=(
            ExposedPort(port=settings.port, label=settings.label, html=True, block=scene.block),
        ),
        files=(
            LaunchFile(
                path=f"{STATE}/database.conf",
                content=f"provider=sqlite\ndirectory={STATE}/database\n",
            ),
            LaunchFile(
                path=f"{STATE}/rsession.conf",
                content="session-default-working-dir=${workdir}\nsession-timeout-minutes=0\n",
            ),
        ),
        readiness_url=f"http://localhost:{settings.port}/",
        faults=_faults(settings, scene),
        local_faults=(
            Trouble(message="RStudio Server runs in an image; the local runtime has none"),
        ),
    )


def _entrypoint(settings: RStudio, scene: Scene) -> Entrypoint:
    return Entrypoint(
        name="rstudio",
        label=settings.label,
        command=(
            "rserver",
            "--server-daemonize=0",
            "--server-user=dataiku",
            "--auth-none=1",
            "--auth-minimum-user-id=0",
            "--www-address=${host}",
            "--www-port=${port}",
            f"--www-root-path=${{baseUrlPort{settings.port}}}",
            "--www-frame-origin=same",
            "--www-verify-user-agent=0",
            f"--secure-cookie-key-file={STATE}/secure-cookie-key",
            f"--server-data-dir={STATE}/data",
            f"--database-config-file={STATE}/database.conf",
            f"--server-pid-file={STATE}/rserver.pid",
            f"--rsession-config-file={STATE}/rsession.conf",
        ),
        block=scene.block,
        block_type=scene.type,
        port=settings.port,
        environment={"USER": "dataiku"},
        webapps=settings.webapps,
        aliases=False,
    )


def _fragment(settings: RStudio, scene: Scene) -> Fragment:
    found = scene.resources.get(resources.plain(settings.package))
    if not found:
        return scene.fragment(*_FIND.split("\n"))
    inside = scene.context("rstudio-server.deb")
    return scene.fragment(
        f"COPY {inside} /tmp/rstudio-server.deb",
        "RUN apt-get update \\",
        "  && apt-get install -y --no-install-recommends r-base-core /tmp/rstudio-server.deb \\",
        "  && rm -rf /var/lib/apt/lists/* /tmp/rstudio-server.deb",
        *_FIND.split("\n"),
        files=(ContextFile(path=inside, content=found.content),),
    )


def _faults(settings: RStudio, scene: Scene) -> tuple[Trouble, ...]:
    if settings.package:
        message = resources.missing(settings.package, scene, files_only=True)
        return (Trouble(message=message, field="package"),) if message else ()
    if "append_dockerfile" in scene.earlier:
        return ()
    message = (
        "RStudio Server is in no package index: put its .deb into the template's resources and "
        "name it in `package`, or install it in an append_dockerfile block before this one"
    )
    return (Trouble(message=message, field="package"),)


KIND = Kind(title="RStudio Server", settings=RStudio, contribute=_contribute, unique=True)
