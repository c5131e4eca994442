"""A studio as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cstudiod.model.blueprints import ExposedPort
from cstudiod.model.studios import Reason, StudioSpec, StudioState
from cstudiod.services.studio_steps import Progress
from cstudiod.services.studio_zones import ZoneView
from cstudiod.services.templates import TemplateView
from cstudiod.store.studios import StoredStudio


@dataclass(frozen=True, kw_only=True)
class PortView:
    """An exposed port, and where it answers."""

    port: int
    label: str
    html: bool
    url: str


@dataclass(frozen=True, kw_only=True)
class StudioView:
    """A studio as it is now."""

    stored: StoredStudio
    state: StudioState
    stage: str
    reason: Reason | None
    ports: tuple[PortView, ...] = ()
    zones: tuple[ZoneView, ...] = ()
    outdated: bool = False
    restarts: int = 0
    progress: Progress | None = None
    """How far its start or its stop is."""
    idle_stop_time: float = 0.0
    """When it is stopped unless it is used; 0: never."""

    @property
    def etag(self) -> str:
        """Changes with what was asked for."""
        return f"{self.stored.uid}-{self.stored.generation}"


def port_views(
    spec: StudioSpec, ports: Sequence[ExposedPort], url: Callable[[str, str, int], str]
) -> tuple[PortView, ...]:
    """Return a studio's ports with where they answer, which `url` tells."""
    return tuple(
        PortView(
            port=one.port,
            label=one.label,
            html=one.html,
            url=url(spec.project, spec.name, one.port),
        )
        for one in ports
    )


def is_outdated(studio: StoredStudio, view: TemplateView) -> bool:
    """Tell whether a template moved on since a studio was started.

    Images in several registries are the same one when their tags, of the content, are.
    """
    if not studio.is_up:
        return False
    stored = view.stored
    moved = (stored.uid, stored.generation) != (studio.template_uid, studio.template_generation)
    return moved or bool(
        studio.image
        and stored.image
        and "@" not in studio.image
        and _tag(studio.image) != _tag(stored.image)
    )


def _tag(image: str) -> str:
    return image.rpartition(":")[2]
