"""A web app as it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from cstudiod.model.studios import Phase, Reason, StudioState
from cstudiod.model.webapps import WebAppState
from cstudiod.services import studio_steps
from cstudiod.services.studio_life import Life
from cstudiod.store.webapps import StoredWebApp


@dataclass(frozen=True, kw_only=True)
class ReplicaView:
    """One of the places where a web app runs."""

    uid: str
    state: StudioState
    stage: str
    ready: bool
    """Visitors are sent there."""
    reason: Reason | None
    pod: str
    restarts: int


@dataclass(frozen=True, kw_only=True)
class WebAppView:
    """A web app as it is now."""

    stored: StoredWebApp
    studio: str
    """The studio's name."""
    owner: str
    template: str
    runtime: str
    state: WebAppState
    url: str
    replicas: tuple[ReplicaView, ...] = ()
    outdated: bool = False

    @property
    def ready(self) -> int:
        """How many replicas take visitors."""
        return sum(one.ready for one in self.replicas)

    @property
    def reason(self) -> Reason | None:
        """Why it does not run as asked."""
        return next((one.reason for one in self.replicas if one.reason), None)


def replica(life: Life, id: str) -> ReplicaView:
    """Return a replica as it is now."""
    seen = life.observation
    return ReplicaView(
        uid=life.studio.uid,
        state=life.state,
        stage=_stage(life.stage),
        ready=is_ready(life),
        reason=told(life.studio.reason, life.studio.spec.name, id),
        pod=seen.pod if seen else "",
        restarts=seen.restarts if seen else 0,
    )


def _stage(stage: str) -> str:
    """Return what is being done, of a replica: nothing of it is copied back."""
    return studio_steps.ENDING if stage == studio_steps.COPYING_BACK else stage


def is_ready(life: Life) -> bool:
    """Tell whether visitors may be sent there."""
    seen = life.observation
    is_up = life.state is StudioState.RUNNING and not life.stage
    return is_up and seen is not None and seen.phase is Phase.READY


def told(reason: Reason | None, studio: str, id: str) -> Reason | None:
    """Return a reason with what is to be done about a web app, not about its studio."""
    if reason is None:
        return None
    after = reason.next
    for verb, ours in (("start", "restart"), ("logs", "logs"), ("stop", "unpublish")):
        for name in (studio, "STUDIO"):
            after = after.replace(f"cstudio studio {verb} {name}", f"cstudio webapp {ours} {id}")
    if "cstudio " not in after:
        after = f"{after}: cstudio webapp logs {id}" if after else f"cstudio webapp logs {id}"
    return dataclasses.replace(reason, next=after)


def in_order(views: Sequence[WebAppView]) -> list[WebAppView]:
    """Return them by project and id."""
    return sorted(views, key=lambda one: (one.stored.spec.project, one.stored.spec.id))
