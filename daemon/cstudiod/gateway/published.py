"""Where web apps and their replicas are, from what the daemon knows of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from cstudiod.gateway import places
from cstudiod.gateway.seam import Absent, Found, NotRunning, StudioPort, Whereabouts
from cstudiod.gateway.visiting import Published, Replica
from cstudiod.model.webapps import WebAppState
from cstudiod.ports import StudioRuntime
from cstudiod.services import webapp_rights, webapp_views
from cstudiod.services.studio_life import Life
from cstudiod.services.webapps import App, WebApps
from cstudiod.store.studios import StoredStudio


class PublishedApps:
    """Finds them; answers from memory."""

    def __init__(
        self, webapps: Callable[[], WebApps], runtime: Callable[[StoredStudio], StudioRuntime]
    ) -> None:
        """`runtime` tells where a replica runs."""
        self._webapps = webapps
        self._runtime = runtime

    def find(self, project: str, id: str) -> Published | None:
        """Return how a web app is now; None: there is none."""
        app = self._webapps().find(project, id)
        if app is None:
            return None
        spec = app.stored.spec
        owner = self._webapps().owner(app)
        published = Published(
            port=spec.port,
            state=WebAppState.RUNNING,
            replicas=[] if app.stored.is_ending else self._ready(app),
            is_public=spec.access.public,
            may_visit=partial(webapp_rights.may_visit, access=spec.access, owner=owner),
        )
        return published if published.replicas else self._not_ready(app, published)

    def _not_ready(self, app: App, published: Published) -> Published:
        """Return it with what there is to tell: that is asked for at every request."""
        view = self._webapps().view(app)
        return dataclasses.replace(
            published,
            state=view.state,
            reason=view.reason,
            stage=next((one.stage for one in view.replicas if one.stage), ""),
        )

    def replica(self, project: str, name: str) -> Whereabouts:
        """Return where a replica is now: ``ID/UID``."""
        id, _, uid = name.partition("/")
        app = self._webapps().find(project, id)
        life = next((one for one in app.lives if one.studio.uid == uid), None) if app else None
        if app is None or life is None:
            return Absent()
        port = self._port(app, life)
        if port is None or not webapp_views.is_ready(life):
            reason = webapp_views.told(life.studio.reason, life.studio.spec.name, id)
            return NotRunning(state=life.state, reason=reason, stage=life.stage)
        return Found(key=places.incarnation(life.studio), ports={app.stored.spec.port: port})

    def _ready(self, app: App) -> list[Replica]:
        found = []
        for life in app.lives:
            port, seen = self._port(app, life), life.observation
            if port is not None and seen is not None and seen.pod and webapp_views.is_ready(life):
                found.append(
                    Replica(
                        uid=life.studio.uid,
                        pod=seen.pod,
                        key=places.incarnation(life.studio),
                        port=port,
                    )
                )
        return found

    def _port(self, app: App, life: Life) -> StudioPort | None:
        exposed = self._webapps().exposed(app, life)
        if exposed is None:
            return None
        return places.studio_port(life.studio, self._runtime(life.studio), exposed)
