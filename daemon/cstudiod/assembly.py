"""All that studios need, put together: the only place that knows every part."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from cstudiod.builders.venv import Venvs
from cstudiod.config import Settings
from cstudiod.gateway import places
from cstudiod.gateway.api.bridge import Api
from cstudiod.gateway.api.calls import Calls
from cstudiod.gateway.door.desk import PATHS, Desk
from cstudiod.gateway.door.keeper import Keeper
from cstudiod.gateway.page.files import load
from cstudiod.gateway.page.pages import Page
from cstudiod.gateway.published import PublishedApps
from cstudiod.gateway.seam import Absent, Found, NotRunning, Whereabouts
from cstudiod.gateway.server import Gateway
from cstudiod.model import webapps
from cstudiod.model.blueprints import ImagePlan
from cstudiod.model.containers import ContainerConfiguration, chosen, parse, pushed_to
from cstudiod.model.studios import StudioState
from cstudiod.model.sync_sessions import Target
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import Channel, StudioRuntime
from cstudiod.runtimes import registry
from cstudiod.services import identity
from cstudiod.services.actions import Actions
from cstudiod.services.build_seams import Told
from cstudiod.services.builds import Builds
from cstudiod.services.commands import Commands
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns
from cstudiod.services.studio_idle import Idle
from cstudiod.services.studio_news import StudioNews
from cstudiod.services.studio_tools import Tools
from cstudiod.services.studio_uses import Uses
from cstudiod.services.studio_views import StudioView
from cstudiod.services.studio_zones import StudioZones
from cstudiod.services.studios import Studios
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.services.templates import Templates
from cstudiod.services.visitors import Visitors
from cstudiod.services.webapp_views import WebAppView
from cstudiod.services.webapps import WebApps
from cstudiod.services.zones import Zones
from cstudiod.store.feed import Feed
from cstudiod.store.history import History
from cstudiod.store.keys import KeyStore
from cstudiod.store.sessions import SessionStore
from cstudiod.store.studios import StoredStudio, StudioStore
from cstudiod.store.webapps import WebAppStore
from cstudiod.supervise import Tasks
from cstudiod.zones.history import Histories
from cstudiod.zones.layout import layout

if TYPE_CHECKING:
    from cstudiod.builders.docker.images import Images


class StudioParts:
    """Templates, builds, studios, actions, zones and the gateway of one daemon."""

    def __init__(
        self, settings: Settings, store: SessionStore, sessions: SyncSessions, tasks: Tasks
    ) -> None:
        """Build all parts; nothing runs yet.

        Raises:
            UsageError: the configuration is off.
        """
        self._settings = settings
        self._state = settings.state_dir
        self._configurations = dict(parse(settings.containers))
        self._runtimes: dict[tuple[RuntimeKind, str], StudioRuntime] = {}
        studio_store, connection = StudioStore(store.connection), store.connection
        self._layout = layout(settings.zones.root, settings.zones.map)
        self.feed: Feed[StudioView] = Feed(uuid.uuid4().hex[:12])
        self.templates = Templates(
            store=studio_store, clock=time.time, users=lambda name: self.studios.users_of(name)
        )
        self.builds = self._builds(connection, tasks)
        self._uses = Uses(settings.studios.idle_minutes * 60, time.time)
        self.visitors = Visitors()
        self._calls = Calls(settings.socket, self.visitors)
        tools = self._tools(sessions)
        self.keys = Keys(KeyStore(connection), time.time)
        self.sign_ins = SignIns(self.keys, time.time, lambda: self.gateway.page_url)
        self.gateway = self._gateway()
        self.studios = Studios(
            store=studio_store,
            feed=self.feed,
            tasks=tasks,
            tools=tools,
            configurations=lambda: self._configurations,
            default_runtime=self._default_runtime,
            url=self.gateway.url_of,
            clock=time.time,
            local_for_all=settings.server.local_runtime == "all",
            webapps=lambda uid: self.webapps.published(uid),
        )
        self.webapp_feed: Feed[WebAppView] = Feed(uuid.uuid4().hex[:12])
        self.webapps = self._webapps(connection, tools, tasks)
        self._idle = Idle(tools, self.studios.lives, time.time)
        self._news = StudioNews(sessions, self.studios.refresh)
        self._tasks = tasks
        self.commands = Commands(tools)
        self.actions = self._actions(connection, tasks)
        self.zones = Zones(self._layout, self.studios)

    def _gateway(self) -> Gateway:
        chosen, port = self._settings.gateway, lambda: self.gateway.port
        page = Page(load(), lambda origin: self.gateway.studios_of(origin))
        published = PublishedApps(lambda: self.webapps, self._runtime_of)
        desk = Desk(chosen, self.sign_ins, self.keys, port)
        return Gateway(
            chosen,
            _Directory(lambda: self.studios, self._runtime_of, self._uses, published),
            webapps=published,
            state_dir=self._state,
            sites={
                "/": page,
                "/assets/": page,
                "/api/": Api(self._calls),
                **dict.fromkeys(PATHS, desk),
            },
            door=Keeper(
                chosen,
                self.sign_ins,
                self.keys,
                me=identity.of_this_process(),
                uid=os.getuid(),
                port=port,
            ),
        )

    def _builds(self, connection: sqlite3.Connection, tasks: Tasks) -> Builds:
        return Builds(
            folder=self._state / "builds",
            history=History(connection, "builds", "template"),
            templates=self.templates,
            tasks=tasks,
            images=_LazyImages(self._settings, lambda: [one.image for one in self._stored()]),
            environments=Venvs(self._state / "venvs", self._settings.build, os.environ),
            default_runtime=self._default_runtime,
            pushed_to=lambda: pushed_to(self._configurations, self._settings.build.registry),
            clock=time.time,
        )

    def _actions(self, connection: sqlite3.Connection, tasks: Tasks) -> Actions:
        return Actions(
            folder=self._state / "runs",
            history=History(connection, "runs", "studio"),
            studios=self.studios,
            templates=self.templates,
            commands=self.commands,
            tasks=tasks,
        )

    def _webapps(self, connection: sqlite3.Connection, tools: Tools, tasks: Tasks) -> WebApps:
        return WebApps(
            store=WebAppStore(connection),
            feed=self.webapp_feed,
            tasks=tasks,
            tools=tools,
            studios=self.studios,
            url=lambda project, id: f"{self.gateway.url}{webapps.base_path(project, id)}/",
            clock=time.time,
        )

    def _tools(self, sessions: SyncSessions) -> Tools:
        histories = Histories(self._layout, self._settings.zones)
        return Tools(
            templates=self.templates,
            builds=self.builds,
            zones=StudioZones(sessions, self._layout, histories),
            runtime=self._runtime_of,
            open_command=_open_command,
            registry=self._registry_of,
            clock=time.time,
            uses=self._uses,
        )

    async def start(self) -> None:
        """Listen for browsers, then take up the stored studios."""
        await self.gateway.start()
        self.studios.start_all()
        self.webapps.start_all()
        self._tasks.start("idle studios", self._idle.run)
        self._tasks.start("news of studios", self._news.run)

    async def close(self) -> None:
        """Let go of everything; studios go on."""
        self.feed.close()
        self.webapp_feed.close()
        await self.webapps.close()
        await self.studios.close()
        await self.gateway.close()
        await self._calls.close()
        for runtime in self._runtimes.values():
            await runtime.close()

    def _stored(self) -> list[StoredStudio]:
        studios = [life.studio for life in self.studios.lives()]
        return [*studios, *self.webapps.replicas()]

    def _default_runtime(self) -> RuntimeKind:
        for one in self._configurations.values():
            if one.default:
                return one.runtime
        return RuntimeKind.LOCAL

    def _configuration(self, studio: StoredStudio) -> ContainerConfiguration:
        return chosen(self._configurations, studio.spec.runtime, studio.spec.configuration)

    def _registry_of(self, studio: StoredStudio) -> str:
        is_local = studio.spec.runtime is RuntimeKind.LOCAL
        return "" if is_local else self._configuration(studio).registry

    def _runtime_of(self, studio: StoredStudio) -> StudioRuntime:
        kind = studio.spec.runtime
        key = (kind, studio.spec.configuration)
        if key not in self._runtimes:
            configuration = None if kind is RuntimeKind.LOCAL else self._configuration(studio)
            self._runtimes[key] = registry.studio_runtime(
                kind, state_dir=self._state, configuration=configuration
            )
        return self._runtimes[key]


@contextlib.asynccontextmanager
async def _open_command(target: Target, words: tuple[str, ...]) -> AsyncIterator[Channel]:
    resolver = registry.resolver(target)
    try:
        channel = await resolver.open(await resolver.resolve(), words)
        try:
            yield channel
        finally:
            await channel.close()
    finally:
        await resolver.close()


class _Directory:
    """Where studios are, for the gateway."""

    def __init__(
        self,
        studios: Callable[[], Studios],
        runtime: Callable[[StoredStudio], StudioRuntime],
        uses: Uses,
        webapps: PublishedApps,
    ) -> None:
        self._uses = uses
        self._webapps = webapps
        self._studios = studios
        self._runtime = runtime

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where a studio is now, or the replica ``ID/UID`` of a web app."""
        if "/" in studio:
            return self._webapps.replica(project, studio)
        life = self._studios().find(project, studio)
        if life is None:
            return Absent()
        if life.state is not StudioState.RUNNING:
            return NotRunning(
                state=life.state,
                reason=life.studio.reason,
                stage=life.stage,
                owner=life.studio.spec.owner,
            )
        self._uses.note(life.studio.uid)  # asked for each request, and while a page is open
        stored, runtime = life.studio, self._runtime(life.studio)
        return Found(
            key=f"{places.incarnation(stored)} {stored.spec.owner}",
            owner=stored.spec.owner,
            ports={
                one.port: places.studio_port(stored, runtime, one)
                for one in self._studios().exposed(life)
            },
        )


class _LazyImages:
    """Images with Docker; the libraries and the connection come with the first build."""

    def __init__(self, settings: Settings, used: Callable[[], Sequence[str]]) -> None:
        self._settings = settings
        self._used = used
        self._made: Images | None = None

    @property
    def _images(self) -> Images:
        if self._made is None:
            from cstudiod.builders.docker.engine import Engine
            from cstudiod.builders.docker.images import Images
            from cstudiod.builders.docker.prefabs import Prefabs

            build, state = self._settings.build, self._settings.state_dir
            cache = Path(platformdirs.user_cache_dir("cstudio", appauthor=False))
            self._made = Images(
                Engine(registry.docker_client),
                Prefabs(cache / "prefabs", build, os.environ),
                build,
                environment=os.environ,
                folder=state / "images",
                roots={"dip.home": self._settings.zones.root},
            )
        return self._made

    def build(
        self,
        template: str,
        plan: ImagePlan,
        *,
        no_cache: bool,
        push: bool,
        registry: str,
        build_id: str,
    ) -> AsyncGenerator[Told, None]:
        """Yield events, then how it ended."""
        return self._images.build(
            template, plan, registry=registry, no_cache=no_cache, push=push, build_id=build_id
        )

    async def explain(self, template: str, plan: ImagePlan) -> tuple[str, Sequence[str]]:
        """Return the content hash, and what differs from the last build."""
        found = await self._images.explain(template, plan)
        return found.hash, found.changes

    async def is_there(self, image: str) -> bool:
        """Tell whether Docker has an image."""
        return await self._images.is_there(image)

    def dockerfile(self, plan: ImagePlan) -> str:
        """Return the Dockerfile."""
        return self._images.dockerfile(plan)

    async def remove(self, template: str) -> None:
        """Delete a template's images, as far as no studio uses them."""
        await self._images.remove(template, self._used())
