"""Use cases of web apps: studios that are published, each replica with a life of its own.

A replica is ordered from a runtime like a studio: a Deployment with one replica, a
container, a process group. So each has its files before its programs start, its own
reason when it fails, and its own place to be reached at, in every runtime alike; one
Deployment of many could not say which of its pods has which files.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import string
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from cstudiod.errors import CstudioError, NotFoundError
from cstudiod.machines import publishing
from cstudiod.model.blueprints import ExposedPort
from cstudiod.model.studios import StudioState
from cstudiod.model.webapps import POD, Access, WebAppSpec, replica_path
from cstudiod.services import identity, webapp_rights, webapp_views
from cstudiod.services.identity import Caller
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_sight import may_see
from cstudiod.services.studio_tools import Tools
from cstudiod.services.studio_views import is_outdated
from cstudiod.services.studios import Studios
from cstudiod.services.webapp_sight import watched
from cstudiod.services.webapp_views import WebAppView
from cstudiod.store.feed import Change, Feed
from cstudiod.store.studios import StoredStudio
from cstudiod.store.webapps import StoredWebApp, WebAppStore
from cstudiod.supervise import Tasks

_log = logging.getLogger(__name__)

_LETTERS = string.ascii_letters + string.digits
_ID_LENGTH = 7
_UID_BYTES = 5
_LOOK_SECONDS = 0.05
_AGAIN_SECONDS = 5.0


@dataclass
class App:
    """A web app with the lives of its replicas."""

    stored: StoredWebApp
    lives: list[Life] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """All of it has ended, and it is forgotten."""


class WebApps:
    """All web apps of this daemon."""

    def __init__(
        self,
        *,
        store: WebAppStore,
        feed: Feed[WebAppView],
        tasks: Tasks,
        tools: Tools,
        studios: Studios,
        url: Callable[[str, str], str],
        clock: Callable[[], float],
    ) -> None:
        """`url` tells where the web app of (project, id) answers."""
        self._store = store
        self._feed = feed
        self._tasks = tasks
        self._tools = tools
        self._studios = studios
        self._url = url
        self._clock = clock
        self._apps: dict[str, App] = {}

    def start_all(self) -> None:
        """Take up every stored web app; what runs is adopted."""
        for stored in self._store.webapps():
            app = self._apps[stored.spec.id] = App(stored=stored)
            for one in self._store.replicas(stored.spec.id):
                self._bring_up(app, one)
            if not stored.is_ending:
                self._fill(app)
            self._tell(app)
            self._go_on(app)

    def _go_on(self, app: App) -> None:
        """Do what is still to be done with a web app, unless that goes on already."""
        work = self._end if app.stored.is_ending else self._roll
        if not self._tasks.is_running(_task(app.stored.spec.id)):
            self._tasks.start(_task(app.stored.spec.id), lambda: work(app))

    # ------------------------------------------------------------- reading

    def get(self, caller: Caller, id: str) -> WebAppView:
        """Return one web app.

        Raises:
            NotFoundError: there is none of that id.
            RightMissing: its studio is somebody else's.
        """
        return self.view(self._seen(caller, id, "see"))

    def all(self, caller: Caller, project: str = "") -> list[WebAppView]:
        """Return the web apps whose studios the caller sees, by project and id."""
        views = [self.view(app) for app in self._apps.values()]
        return webapp_views.in_order(
            [
                one
                for one in views
                if project in ("", one.stored.spec.project) and may_see(caller, one.owner)
            ]
        )

    def published(self, studio: str) -> list[str]:
        """Return the ids of the web apps of a studio, by its uid."""
        return sorted(id for id, app in self._apps.items() if app.stored.spec.studio == studio)

    def find(self, project: str, id: str) -> App | None:
        """Return a web app, if there is one: for the gateway."""
        app = self._apps.get(id)
        return app if app is not None and app.stored.spec.project == project else None

    def exposed(self, app: App, life: Life) -> ExposedPort | None:
        """Return the port of a replica that is published; None: its template has it no more."""
        try:
            view = self._tools.templates.get(life.studio.spec.template)
        except CstudioError:
            return None
        return publishing.port(view.blueprint, app.stored.spec.port)

    def owner(self, app: App) -> str:
        """Return the login of the owner of a web app's studio."""
        life = self._studios.life_of(app.stored.spec.studio)
        return life.studio.spec.owner if life else ""

    def replicas(self) -> Sequence[StoredStudio]:
        """Return all replicas of all web apps."""
        return [life.studio for app in self._apps.values() for life in app.lives]

    async def watch(
        self, caller: Caller, id: str, project: str, token: str
    ) -> AsyncIterator[Change[WebAppView]]:
        """Yield everything, then `synced`, then changes; of one web app, or project, if named."""
        if id:
            self._seen(caller, id, "see")
        changes = self._feed.watch(token)
        async for change in watched(changes, caller, id=id, project=project, resumed=bool(token)):
            yield change

    def logs(
        self, caller: Caller, id: str, uid: str, *, follow: bool, lines: int, previous: bool
    ) -> AsyncIterator[bytes]:
        """Yield what the programs of a replica say; of the first one unless named."""
        app = self._found(id)
        studio = self._studios.life_of(app.stored.spec.studio)
        name = studio.studio.spec.name if studio else id
        identity.must_own(caller, name, self.owner(app))
        chosen = [life.studio for life in app.lives if uid in ("", life.studio.uid)]
        if not chosen:
            raise NotFoundError(
                f"web app `{id}` has no replica `{uid}`", next=f"cstudio webapp show {id}"
            )
        runtime = self._tools.runtime(chosen[0])
        return runtime.logs(chosen[0].uid, follow=follow, lines=lines, previous=previous)

    # ------------------------------------------------------------ changing

    def publish(
        self,
        caller: Caller,
        studio: str,
        project: str = "",
        *,
        port: int = 0,
        replicas: int = 1,
        live: bool = False,
        access: Access | None = None,
        validate_only: bool = False,
    ) -> WebAppView:
        """Publish a studio; its replicas say themselves how far they are.

        Raises:
            UsageError: it has nothing to publish, not at that port, or a number is off.
            RightMissing: the studio is not the caller's, or its template not granted any more.
        """
        life = self._studios.enter(caller, studio, project)
        spec = life.studio.spec
        view = self._studios.admitted(caller, spec)
        stored = StoredWebApp(
            create_time=self._clock(),
            spec=WebAppSpec(
                id=self._new_id(),
                studio=life.studio.uid,
                project=spec.project,
                port=webapp_rights.checked_port(view.blueprint, spec.name, spec.template, port),
                replicas=webapp_rights.checked_replicas(replicas),
                live=live,
                access=webapp_rights.checked_access(access or Access()),
            ),
        )
        app = App(stored=stored)
        if validate_only:
            return self.view(app)
        self._apps[stored.spec.id] = app
        self._store.put(stored)
        self._fill(app)
        self._tell(app)
        return self.view(app)

    def _fill(self, app: App) -> None:
        """Make the replicas that are missing."""
        studio = self._studios.life_of(app.stored.spec.studio)
        if studio is not None:
            for number in range(len(app.lives), app.stored.spec.replicas):
                self._bring_up(app, self._replica(studio.studio, app.stored, number))

    async def restart(self, caller: Caller, id: str) -> WebAppView:
        """Start the replicas anew, one after another.

        Raises:
            RightMissing: its studio is not the caller's, or the template not granted any more.
            StateError: it is being unpublished.
        """
        app = self._seen(caller, id, "restart")
        webapp_rights.must_stay(app.stored)
        studio = self._studios.life_of(app.stored.spec.studio)
        if studio is not None:
            spec = studio.studio.spec
            view = self._studios.admitted(caller, spec)
            port = app.stored.spec.port
            webapp_rights.checked_port(view.blueprint, spec.name, spec.template, port)
        await self._tasks.stop(_task(id))
        webapp_rights.must_stay(app.stored)  # somebody may have been faster
        up = [life for life in app.lives if life.studio.is_up or life.studio.wants_running]
        for life in app.lives:
            if life not in up:
                self._renew(app, life)
                life.start()
        self._keep(app, to_restart=tuple(life.studio.uid for life in up))
        self._go_on(app)
        return self.view(app)

    async def unpublish(self, caller: Caller, id: str) -> None:
        """End all replicas and forget the web app; zones stay."""
        app = self._seen(caller, id, "unpublish")
        await self._tasks.stop(_task(id))
        self._keep(app, is_ending=True, to_restart=())
        # A task of its own: whoever asked may go away, and all of it must end.
        self._go_on(app)
        await app.gone.wait()

    async def close(self) -> None:
        """Stop looking after web apps; they go on."""
        for id, app in self._apps.items():
            await self._tasks.stop(_task(id))
            for life in app.lives:
                await self._tasks.stop(_life(life))

    # ----------------------------------------------------------- internals

    async def _roll(self, app: App) -> None:
        """Restart what runs, one after another; what does not come up ends that."""
        while waiting := app.stored.to_restart:
            for life in [one for one in app.lives if one.studio.uid == waiting[0]]:
                life.stop()
                await life.settled()
                self._renew(app, life)
                life.start()
                await self._until_settled(life)
                if not webapp_views.is_ready(life):
                    _log.info("web app %s: a replica does not come up", app.stored.spec.id)
                    waiting = ()
            self._keep(app, to_restart=waiting[1:])

    async def _until_settled(self, life: Life) -> None:
        while not webapp_views.is_ready(life):
            if life.state is StudioState.STOPPED and not life.studio.wants_running:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _end(self, app: App) -> None:
        """End everything of a web app, however often that has to be tried."""
        for life in app.lives:
            life.stop()
        for life in app.lives:
            await life.settled()
        while True:
            try:
                for life in app.lives:
                    await self._tools.runtime(life.studio).remove_volumes(life.studio.uid)
                    await self._tools.zones.delete(life.studio)
                break
            except CstudioError as error:
                _log.info("web app %s: %s", app.stored.spec.id, error.message)
                await asyncio.sleep(_AGAIN_SECONDS)
        for life in app.lives:
            await self._tasks.stop(_life(life))
        self._store.delete(app.stored.spec.id)
        self._apps.pop(app.stored.spec.id, None)
        self._feed.delete(app.stored.spec.id)
        app.gone.set()

    def _replica(self, studio: StoredStudio, stored: StoredWebApp, number: int) -> StoredStudio:
        spec = stored.spec
        return StoredStudio(
            uid=secrets.token_hex(_UID_BYTES),
            spec=studio.spec,
            library=studio.library,
            create_time=stored.create_time + number * 1e-3,  # keeps their order
            state_time=stored.create_time,
            wants_running=True,
            has_starters=True,
            base=replica_path(spec.project, spec.id, POD),
            zones_of=studio.uid,
            is_live=spec.live,
        )

    def _renew(self, app: App, life: Life) -> None:
        """Take over what was asked of the studio since."""
        studio = self._studios.life_of(app.stored.spec.studio)
        if studio is not None and studio.studio.spec != life.studio.spec:
            life.note(spec=studio.studio.spec)

    def _bring_up(self, app: App, stored: StoredStudio) -> None:
        life = Life(stored, self._tools, lambda one: self._save(app, one))
        app.lives.append(life)
        self._store.put_replica(app.stored.spec.id, stored)
        self._tasks.start(_life(life), life.run)

    def _keep(self, app: App, **changes: object) -> None:
        app.stored = replace(app.stored, **changes)  # type: ignore[arg-type]
        self._store.put(app.stored)
        self._tell(app)

    def _save(self, app: App, replica: StoredStudio) -> None:
        self._store.put_replica(app.stored.spec.id, replica)
        self._tell(app)

    def _tell(self, app: App) -> None:
        self._feed.put(app.stored.spec.id, self.view(app))

    def _new_id(self) -> str:
        while True:
            id = "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))
            if id not in self._apps:
                return id

    def _found(self, id: str) -> App:
        app = self._apps.get(id)
        if app is None:
            raise NotFoundError(f"there is no web app `{id}`", next="cstudio webapp list")
        return app

    def _seen(self, caller: Caller, id: str, what: str) -> App:
        app = self._found(id)
        view = self.view(app)
        identity.must_own_or_administer(caller, view.studio or id, view.owner, what)
        return app

    def view(self, app: App) -> WebAppView:
        """Return a web app as it is now."""
        spec = app.stored.spec
        life = self._studios.life_of(spec.studio)
        studio = life.studio.spec if life else None
        replicas = tuple(webapp_views.replica(one, spec.id) for one in app.lives)
        ready = sum(one.ready for one in replicas)
        states = [one.state for one in replicas]
        return WebAppView(
            stored=app.stored,
            studio=studio.name if studio else "",
            owner=studio.owner if studio else "",
            template=studio.template if studio else "",
            runtime=studio.runtime.value if studio else "",
            state=publishing.state(states, ready, is_ending=app.stored.is_ending),
            url=self._url(spec.project, spec.id),
            replicas=replicas,
            outdated=any(self._is_outdated(one) for one in app.lives),
        )

    def _is_outdated(self, life: Life) -> bool:
        try:
            return is_outdated(life.studio, self._tools.view(life.studio))
        except CstudioError:
            return False


def _task(id: str) -> str:
    return f"web app {id}"


def _life(life: Life) -> str:
    return f"web app replica {life.studio.uid}"
