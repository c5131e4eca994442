"""A block of a DSS template that cstudio does not know: kept, exported again, without effect."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from cstudiod.blocks.kinds import Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import NonEmpty, Settings


class DssBlock(Settings):
    """A block that only DSS, or a plugin of it, can apply."""

    dss_type: NonEmpty = Field(description="Its type in DSS.")
    params: dict[str, Any] = Field(default_factory=dict, description="As DSS has them.")


def _contribute(settings: DssBlock, _scene: Scene) -> Contribution:
    message = f"`{settings.dss_type}` is not known here: it is kept, but does nothing"
    return Contribution(notes=(Trouble(message=message, field="dss_type"),))


KIND = Kind(title="A block of DSS", settings=DssBlock, contribute=_contribute)
