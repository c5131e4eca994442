"""Use cases of studios: made, steered and shown; each has a life of its own."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import AsyncIterator, Callable, Sequence

from cstudiod.errors import CstudioError, StateError, UsageError
from cstudiod.model.blueprints import ExposedPort
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import StudioSpec, StudioState
from cstudiod.model.sync_sessions import PlannedChange
from cstudiod.model.templates import RuntimeKind
from cstudiod.services import identity
from cstudiod.services import studio_admission as admission
from cstudiod.services.identity import Caller
from cstudiod.services.lines import having
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_names import check_names, named_runtime
from cstudiod.services.studio_showing import shown
from cstudiod.services.studio_sight import choose, may_see, watched
from cstudiod.services.studio_tools import Tools
from cstudiod.services.studio_views import StudioView
from cstudiod.services.templates import TemplateView
from cstudiod.store.feed import Change, Feed
from cstudiod.store.studios import StoredStudio, StudioStore
from cstudiod.supervise import Tasks
from cstudiod.zones.layout import library_name, name_problem

_UID_BYTES = 5


class Studios:
    """All studios of this daemon."""

    def __init__(
        self,
        *,
        store: StudioStore,
        feed: Feed[StudioView],
        tasks: Tasks,
        tools: Tools,
        configurations: Callable[[], dict[str, ContainerConfiguration]],
        default_runtime: Callable[[], RuntimeKind],
        url: Callable[[str, str, int], str],
        clock: Callable[[], float],
        local_for_all: bool = False,
        webapps: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        """`url`: where a port of (project, studio) is; `webapps`: what its uid is published as.

        `local_for_all`: not administrators alone may use the local runtime, whose
        studios are processes of the person who runs the daemon.
        """
        self._store = store
        self._feed = feed
        self._tasks = tasks
        self._tools = tools
        self._configurations = configurations
        self._default_runtime = default_runtime
        self._url = url
        self._clock = clock
        self._local_for_all = local_for_all
        self._webapps = webapps
        self._lives: dict[str, Life] = {}

    def start_all(self) -> None:
        """Take up every stored studio; what runs is adopted."""
        for stored in self._store.studios():
            self._bring_up(stored)

    # ------------------------------------------------------------- reading

    def get(self, caller: Caller, name: str, project: str = "") -> StudioView:
        """Return one studio."""
        return self.view(self._seen(caller, name, project))

    def all(self, caller: Caller, project: str = "") -> list[StudioView]:
        """Return the studios that the caller sees, by project and name."""
        found = [
            self.view(life)
            for life in self._lives.values()
            if project in ("", life.studio.spec.project) and may_see(caller, life.studio.spec.owner)
        ]
        return sorted(found, key=lambda one: (one.stored.spec.project, one.stored.spec.name))

    def users_of(self, template: str) -> list[str]:
        """Return the studios that are made from a template, as ``PROJECT/NAME``."""
        specs = [life.studio.spec for life in self._lives.values()]
        return sorted(f"{one.project}/{one.name}" for one in specs if one.template == template)

    def watch(
        self, caller: Caller, name: str, project: str, token: str
    ) -> AsyncIterator[Change[StudioView]]:
        """Yield everything, then `synced`, then changes; of one studio, or project, if named."""
        uid = self._seen(caller, name, project).studio.uid if name else ""
        return watched(
            self._feed.watch(token),
            caller,
            uid=uid,
            project="" if name else project,
            resumed=bool(token),
        )

    def life(self, caller: Caller, name: str, project: str = "") -> Life:
        """Return the life of the studio that is meant, whoever owns it; see `choose`."""
        return choose(self._lives.values(), caller, name, project)

    def lives(self) -> Sequence[Life]:
        """Return all of them."""
        return tuple(self._lives.values())

    def life_of(self, uid: str) -> Life | None:
        """Return the life of a studio by its uid, if it is still there."""
        return self._lives.get(uid)

    def _seen(self, caller: Caller, name: str, project: str) -> Life:
        life = self.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "see")
        return life

    def find(self, project: str, name: str) -> Life | None:
        """Return the life of a studio, if there is one: for the gateway."""
        for life in self._lives.values():
            if (life.studio.spec.project, life.studio.spec.name) == (project, name):
                return life
        return None

    def exposed(self, life: Life) -> Sequence[ExposedPort]:
        """Return the ports of a studio, as its template has them."""
        try:
            return self._tools.templates.get(life.studio.spec.template).blueprint.launch.ports
        except CstudioError:
            return ()

    # ------------------------------------------------------------ changing

    async def create(
        self,
        caller: Caller,
        *,
        name: str,
        project: str,
        template: str,
        runtime: str = "",
        configuration: str = "",
        validate_only: bool = False,
    ) -> StudioView:
        """Make a studio, and put its starter files into the zones.

        Raises:
            UsageError: a word is off, or the template cannot run there.
            ExistsError: the project has a studio of that name.
            RightMissing: the template is not granted to the caller.
        """
        check_names(name, project)
        view = self._tools.templates.get(template)
        identity.may_use(caller, template, view.stored.permissions)  # before it tells of itself
        spec = StudioSpec(
            name=name,
            project=project,
            owner=caller.login,
            template=template,
            runtime=self._kind(view, runtime),
            configuration=configuration,
        )
        self.admitted(caller, spec)
        admission.refuse_taken(project, name, is_taken=self.find(project, name) is not None)
        now = self._clock()
        libraries = [
            life.studio.library
            for life in self._lives.values()
            if life.studio.spec.project == project
        ]
        stored = StoredStudio(
            uid=secrets.token_hex(_UID_BYTES),
            spec=spec,
            library=library_name(name, libraries),
            create_time=now,
            state_time=now,
        )
        if validate_only:
            return self.view(Life(stored, self._tools, lambda _: None))
        life = self._bring_up(stored)
        await self._put_starters(life, view)
        return self.view(life)

    async def _put_starters(self, life: Life, view: TemplateView) -> None:
        troubles = await self._tools.zones.put_starters(life.studio, view.blueprint.creation)
        life.note(has_starters=not troubles)
        admission.must_have_starters(life.studio.spec.name, troubles)

    def start(self, caller: Caller, name: str, project: str = "", *, debug: bool = False) -> Life:
        """Want a studio up; it says itself how far it is."""
        life = self.life(caller, name, project)
        spec = life.studio.spec
        identity.must_own_or_administer(caller, name, spec.owner, "start")
        self.admitted(caller, spec)
        life.start(debug=debug)
        return life

    def stop(self, caller: Caller, name: str, project: str = "", *, discard: bool = False) -> Life:
        """Want a studio down."""
        life = self.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "stop")
        life.stop(discard=discard, by=caller.login)
        return life

    def restart(
        self, caller: Caller, name: str, project: str = "", *, discard: bool = False
    ) -> Life:
        """Stop and start, with the template as it is now."""
        life = self.life(caller, name, project)
        spec = life.studio.spec
        identity.must_own_or_administer(caller, name, spec.owner, "restart")
        self.admitted(caller, spec)
        life.stop(discard=discard, by=caller.login)
        life.start_again()
        return life

    async def delete(
        self,
        caller: Caller,
        name: str,
        project: str = "",
        *,
        with_files: bool = False,
        with_image: bool = False,
        discard: bool = False,
        validate_only: bool = False,
    ) -> StoredStudio:
        """End a studio and forget it; zones stay unless asked for.

        Raises:
            StateError: UNSYNCED, it runs and what was written inside cannot be copied back;
                IN_USE, it is published.
        """
        life = self.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "delete")
        admission.refuse_published(name, self._webapps(life.studio.uid))
        if validate_only:
            return life.studio
        life.stop(discard=discard, by=caller.login)
        await life.settled()
        if life.state is not StudioState.STOPPED:
            reason = life.studio.reason
            raise StateError(
                f"studio `{name}` is not deleted: {reason.message if reason else 'it runs'}",
                reason="UNSYNCED",
                next=f"cstudio studio delete {name} --discard",
            )
        # Nothing is forgotten before all of it is gone: what fails can be asked for again.
        await self._tools.runtime(life.studio).remove_volumes(life.studio.uid)
        await self._tools.zones.delete(life.studio)
        if with_files:
            await self._tools.zones.remove_folders(life.studio)
        await self._tasks.stop(_task(life.studio.uid))
        self._lives.pop(life.studio.uid, None)
        self._tools.uses.forget(life.studio.uid)
        others = [other.studio.image for other in self._lives.values()]
        if with_image and life.studio.image and life.studio.image not in others:
            await self._tools.builds.remove_images(life.studio.spec.template)
        self._store.delete_studio(life.studio.uid)
        self._feed.delete(life.studio.uid)
        return life.studio

    async def change_owner(self, caller: Caller, name: str, project: str, owner: str) -> StudioView:
        """Give a studio to somebody else."""
        life = self.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "give away")
        if problem := name_problem("login", owner):
            raise UsageError(problem)
        if life.state is not StudioState.STOPPED:
            raise StateError(
                f"studio `{name}` runs: its zones of the user would change under it",
                next=f"cstudio studio stop {name}",
            )
        spec = dataclasses.replace(life.studio.spec, owner=owner)
        life.note(spec=spec, generation=life.studio.generation + 1)
        return self.view(life)

    def keep_alive(self, caller: Caller, name: str, project: str, seconds: float) -> StudioView:
        """Put an idle stop off."""
        life = self.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "keep alive")
        seconds = seconds or self._tools.uses.idle_seconds
        life.note(keep_until=self._clock() + seconds)
        return self.view(life)

    async def once(
        self,
        caller: Caller,
        name: str,
        project: str,
        work: str,
        zones: Sequence[str],
        *,
        dry_run: bool,
    ) -> list[tuple[str, PlannedChange]]:
        """Push, pull or reset zones of a running studio."""
        life = self.enter(caller, name, project)
        self.must_run(life)
        done = await self._tools.zones.once(life.studio, work, zones, dry_run=dry_run)
        if done and work == "pull" and not dry_run:
            await life.record(caller.login)
        return done

    def enter(self, caller: Caller, name: str, project: str = "") -> Life:
        """Return the life of a studio to its owner, who is about to do something inside.

        Raises:
            RightMissing: the caller is not its owner, or may not use its runtime.
        """
        life = self.life(caller, name, project)
        identity.must_own(caller, name, life.studio.spec.owner)
        admission.may_run_in(caller, life.studio.spec.runtime, local_for_all=self._local_for_all)
        return life

    def must_run(self, life: Life) -> None:
        """Raise STUDIO_NOT_RUNNING unless it runs."""
        if life.state is not StudioState.RUNNING:
            raise StateError(
                f"studio `{life.studio.spec.name}` is {life.state.value}",
                reason="STUDIO_NOT_RUNNING",
                next=f"cstudio studio start {life.studio.spec.name} --wait",
            )

    def logs(
        self,
        caller: Caller,
        name: str,
        project: str,
        *,
        follow: bool,
        lines: int,
        previous: bool,
        contains: str = "",
    ) -> AsyncIterator[bytes]:
        """Yield what a studio's programs say; only lines that contain a text, if one is given."""
        life = self.life(caller, name, project)
        identity.must_own(caller, name, life.studio.spec.owner)
        runtime = self._tools.runtime(life.studio)
        said = runtime.logs(life.studio.uid, follow=follow, lines=lines, previous=previous)
        return having(said, contains) if contains else said

    async def close(self) -> None:
        """Stop looking after studios; they go on."""
        for uid in list(self._lives):
            await self._tasks.stop(_task(uid))

    # ----------------------------------------------------------- internals

    def _kind(self, view: TemplateView, runtime: str) -> RuntimeKind:
        if not runtime:
            return view.template.runtime or self._default_runtime()
        return named_runtime(runtime)

    def admitted(self, caller: Caller, spec: StudioSpec) -> TemplateView:
        """Return what a studio is made from, to a caller who may start it.

        Raises:
            RightMissing: the template is not granted to the caller, or not the runtime.
            UsageError: it cannot run there.
        """
        view = self._tools.templates.get(spec.template)
        identity.may_use(caller, spec.template, view.stored.permissions)
        admission.may_run_in(caller, spec.runtime, local_for_all=self._local_for_all)
        admission.can_run(spec, view, self._configurations())
        return view

    def _bring_up(self, stored: StoredStudio) -> Life:
        life = Life(stored, self._tools, lambda studio: self._save(studio.uid, studio))
        self._lives[stored.uid] = life
        self._save(stored.uid, stored)
        self._tasks.start(_task(stored.uid), life.run)
        return life

    def _save(self, uid: str, studio: StoredStudio) -> None:
        self._store.put_studio(studio)
        life = self._lives.get(uid)
        if life is not None:
            self._feed.put(uid, self.view(life))

    def view(self, life: Life) -> StudioView:
        """Return a studio as it is now."""
        return shown(life, self._tools, self._url)

    def refresh(self, uid: str) -> None:
        """Tell watchers of a studio, if what is shown of it has changed."""
        life = self._lives.get(uid)
        if life is not None and (view := self.view(life)) != self._feed.get(uid):
            self._feed.put(uid, view)


def _task(uid: str) -> str:
    return f"studio {uid}"
