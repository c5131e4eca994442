"""An example of another package's block: it serves a folder of a zone as a web site."""

from __future__ import annotations

from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import Port, Settings
from cstudiod.model.blueprints import Entrypoint, ExposedPort
from pydantic import Field


class StaticSite(Settings):
    """A web site of plain files."""

    port: Port = 8090
    folder: str = Field(default="__CODE_STUDIO_VERSIONED__/site", description="What it serves.")


def _contribute(settings: StaticSite, scene: Scene) -> Contribution:
    if settings.folder == "boom":
        raise RuntimeError("this block has a bug")
    if settings.folder == "other":
        return Contribution(fragments=(scene.fragment("FROM other"),))
    missing = scene.unmapped(settings.folder)
    return Contribution(
        fragments=(scene.fragment("RUN echo static site > /opt/dataiku/site.txt"),),
        entrypoints=(
            Entrypoint(
                name="site",
                label="Site",
                command=(
                    *("python3", "-m", "http.server", "${port}", "--bind", "${host}"),
                    *("--directory", settings.folder),
                ),
                block=scene.block,
                block_type=scene.type,
                port=settings.port,
            ),
        ),
        ports=(ExposedPort(port=settings.port, label="Site", html=True, block=scene.block),),
        faults=tuple(Trouble(message=f"no zone `{zone}`", field="folder") for zone in missing),
    )


KIND = Kind(title="Static site", settings=StaticSite, contribute=_contribute)
NO_KIND = "something else"
