"""A studio as it is shown, put together from all that knows something of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from cstudiod.errors import CstudioError
from cstudiod.services import studio_steps
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_tools import Tools
from cstudiod.services.studio_views import StudioView, is_outdated, port_views


def shown(life: Life, tools: Tools, url: Callable[[str, str, int], str]) -> StudioView:
    """Return a studio as it is now; `url` tells where a port of (project, studio) answers."""
    studio = life.studio
    spec = studio.spec
    plain = StudioView(stored=studio, state=life.state, stage=life.stage, reason=studio.reason)
    try:
        template = tools.templates.get(spec.template)
        layout = tools.runtime(studio).layout(studio.uid)
        zones = tools.zones.views(studio, template.blueprint, layout)
    except CstudioError:
        return plain  # its template means nothing any more: it can still be stopped
    statuses = tools.zones.statuses(studio) if life.step == "copy" else ()
    return dataclasses.replace(
        plain,
        ports=port_views(spec, template.blueprint.launch.ports, url),
        zones=zones,
        outdated=is_outdated(studio, template),
        restarts=life.observation.restarts if life.observation else 0,
        progress=studio_steps.progress(life.state, life.step, life.build, statuses),
        idle_stop_time=tools.uses.stop_time(studio) if studio.is_up else 0.0,
    )
