"""The life of a studio, as scripts: what its runtime shows, what is asked, what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import StateError, TargetError, UsageError
from cstudiod.model.blueprints import (
    Blueprint,
    Entrypoint,
    ExposedPort,
    KubernetesSettings,
    LaunchPlan,
)
from cstudiod.model.studios import Observation, Phase, Reason, StudioSpec, StudioState
from cstudiod.model.templates import RuntimeKind, Template
from cstudiod.ports import ExitStatus
from cstudiod.runtimes.fake_studios import FakeStudios
from cstudiod.services.build_records import Build
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_tools import StartFailed, Timing, Tools
from cstudiod.services.studio_uses import Uses
from cstudiod.services.templates import TemplateView
from cstudiod.store.studios import StoredStudio
from cstudiod.supervise import Tasks

UID = "abcdefgh"
QUICK = Timing(again=0.005, watch_again=0.005, remove_grace=1, discard=0.02, crashes=2)
BLUEPRINT = Blueprint(
    launch=LaunchPlan(
        entrypoints=(
            Entrypoint(
                name="web", label="Web", command=("serve",), block=0, block_type="e", port=80
            ),
        ),
        ports=(ExposedPort(port=80, label="Web", html=True),),
    )
)
SLOW = dataclasses.replace(
    BLUEPRINT,
    launch=dataclasses.replace(
        BLUEPRINT.launch,
        kubernetes=KubernetesSettings(start_minutes=0.0005, initial_sync_minutes=0.0005),
    ),
)
STARTING = Observation(phase=Phase.STARTING, stage="waiting for port 80")
READY = Observation(phase=Phase.READY)
UNREADY = Observation(phase=Phase.UNREADY, stage="waiting for port 80")
ENDED = Observation(phase=Phase.ENDED, reason=Reason(code="oom_killed", message="too large"))
LOST = TargetError("the cluster does not answer", reason="UNREACHABLE")


class Templates:
    """One template, of which there may be several versions."""

    def __init__(self) -> None:
        self.blueprint = BLUEPRINT
        self.generation = 1
        self.error: Exception | None = None

    def get(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        stored = SimpleNamespace(uid="t", generation=self.generation, name=name)
        return TemplateView(
            stored=stored,  # type: ignore[arg-type]
            template=Template(name=name, blocks=()),
            blueprint=self.blueprint,
            resources=(),
        )


class Builds:
    """Builds at once, or never, or not at all."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hangs = False
        self.made = 0

    async def ensure(
        self, caller: Any, view: Any, kind: Any, *, registry: str = "", told: Any = None
    ) -> Build:
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.made += 1
        return Build(
            id="b1", template="t", runtime="docker", state=None,  # type: ignore[arg-type]
            requester="ada", start_time=0, reference="cstudio/t:1", venvs={},
        )  # fmt: skip


class Zones:
    """Zones that say what happened to them, in order."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.late: Exception | None = None
        self.troubles: list[str] = []
        self.hangs = False

    async def prepare(self, *_: Any) -> None:
        self.did.append("prepare")

    async def put_starters(self, *_: Any) -> Sequence[str]:
        self.did.append("starters")
        return ()

    async def connect(self, *_: Any) -> list[str]:
        self.did.append("connect")
        return ["z"]

    async def go_on(self, *_: Any) -> list[str]:
        self.did.append("go on")
        return ["z"]

    async def nudge(self, *_: Any) -> None: ...

    async def in_step(self, *_: Any) -> None:
        if self.late is not None:
            raise self.late
        self.did.append("in")

    async def bring_back(self, *_: Any) -> list[str]:
        if self.hangs:
            await asyncio.Event().wait()
        self.did.append("back")
        return self.troubles

    async def record(self, _studio: Any, _blueprint: Any, login: str) -> list[str]:
        self.did.append(f"record {login}")
        return []

    async def pause(self, *_: Any) -> None:
        self.did.append("pause")


class Go:
    """The command that lets the programs start; the runner is ready when it ran."""

    async def end_input(self) -> bool:
        return True

    async def wait(self) -> ExitStatus:
        return ExitStatus(code=0)

    def stderr_tail(self) -> str:
        return ""


class Scene:
    """One studio in a runtime in memory; `restart` is a restart of the daemon."""

    def __init__(self, kind: RuntimeKind = RuntimeKind.DOCKER) -> None:
        self.runtime = FakeStudios(kind)
        self.templates, self.builds, self.zones = Templates(), Builds(), Zones()
        self.told: list[Any] = []
        self.seen: list[tuple[str, str]] = []
        spec = StudioSpec(name="s", project="P", owner="ada", template="t", runtime=kind)
        self.kept = StoredStudio(uid=UID, spec=spec, library="s", create_time=0, has_starters=True)
        self._now = 0.0
        self.tools: Any = Tools(
            templates=self.templates,  # type: ignore[arg-type]
            builds=self.builds,  # type: ignore[arg-type]
            zones=self.zones,  # type: ignore[arg-type]
            runtime=lambda _: self.runtime,
            open_command=self._open,
            registry=lambda _: "",
            clock=self._clock,
            uses=Uses(0, self._clock),
            timing=QUICK,
        )
        self.life = Life(self.kept, self.tools, self._save)
        self._tasks = Tasks()

    def _clock(self) -> float:
        self._now += 1.0
        return self._now

    @contextlib.asynccontextmanager
    async def _open(self, target: Any, words: tuple[str, ...]) -> AsyncIterator[Any]:
        yield Go()

    def _save(self, studio: StoredStudio) -> None:
        self.kept = studio
        look = (self.life.state.value, self.life.stage)
        if self.seen[-1:] != [look]:
            self.seen.append(look)

    def run(self) -> None:
        self._tasks.start("life", self.life.run)

    async def restart(self) -> None:
        """End the daemon where it is, and start another one."""
        await self.end()
        self.life = Life(self.kept, self.tools, self._save)
        self.run()

    async def end(self) -> None:
        await self._tasks.stop("life")

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(1.5):
            while not holds():
                await asyncio.sleep(0.001)

    async def is_now(self, state: StudioState, code: str = "") -> None:
        def holds() -> bool:
            reason = self.kept.reason
            return self.life.state is state and (reason.code if reason else "") == code

        try:
            await self.until(holds)
        except TimeoutError:
            raise AssertionError((self.life.state, self.life.stage, self.kept)) from None

    async def runs(self) -> None:
        """Bring it up."""
        self.life.start()
        await self.is_now(StudioState.RUNNING)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    made.run()
    yield made
    await made.end()
    await made.runtime.close()


async def test_a_start_and_a_stop(scene: Scene) -> None:
    """Files are in before its programs run, and back before they end."""
    await scene.runs()
    assert scene.zones.did == ["prepare", "connect", "in"]
    assert scene.kept.let_go == f"{UID}/1"
    stages = [stage for state, stage in scene.seen if state == "STARTING"]
    assert stages[:4] == [
        "looking at the template",
        "building what it runs in",
        "preparing its zones",
        "starting",
    ]
    scene.life.stop(by="bob")
    await scene.is_now(StudioState.STOPPED)
    assert scene.zones.did[3:] == ["back", "record bob", "pause"]
    assert scene.runtime.removed == [UID]
    assert (scene.kept.is_up, scene.kept.let_go, scene.kept.was_ready) == (False, "", False)


@pytest.fixture
async def replica() -> AsyncIterator[Scene]:
    """A replica of a web app that does not follow its zones."""
    made = Scene()
    made.kept = dataclasses.replace(
        made.kept, zones_of="studio", base="/web-apps-backends/P/ID_${K8S_POD_NAME}", is_live=False
    )
    made.life = Life(made.kept, made.tools, made._save)
    made.run()
    yield made
    await made.end()
    await made.runtime.close()


async def test_a_replica_gets_its_files_and_no_others(replica: Scene) -> None:
    """They come before its programs; then nothing does, and nothing is committed in its name."""
    await replica.runs()
    assert replica.zones.did == ["prepare", "connect", "in", "pause"]
    (order,) = replica.runtime.spawned
    launch = json.loads(order.launch)
    assert launch["base_path"] == replica.kept.base
    assert launch["entrypoints"] == [], "what is not launched for web apps does not run"
    replica.life.stop(by="bob")
    await replica.is_now(StudioState.STOPPED)
    assert replica.zones.did[4:] == ["back", "pause"]


async def test_a_replica_that_goes_on_gets_no_new_files(replica: Scene) -> None:
    """When the daemon comes back; one that was made anew gets those that there are now."""
    await replica.runs()
    await replica.restart()
    await replica.until(lambda: replica.zones.did[4:] == ["pause"])
    await replica.runtime.crash(UID)
    await replica.until(lambda: replica.zones.did[5:] == ["connect", "in", "pause"])


async def test_a_replica_that_somebody_removed_is_made_anew(replica: Scene) -> None:
    """Nobody looks after a web app; a studio's owner is told instead."""
    await replica.runs()
    await replica.runtime.remove(UID)
    await replica.until(lambda: len(replica.runtime.spawned) == 2)
    await replica.is_now(StudioState.RUNNING)


FATAL = [
    "image_not_found", "image_auth", "image_platform", "quota_exceeded", "admission_denied",
    "missing_config", "bad_command", "crash_loop", "unschedulable_cpu", "mount_failed",
    "port_in_use", "entrypoint_exited", "rollout_deadline", "hook_failed",
]  # fmt: skip


@pytest.mark.parametrize("code", FATAL)
@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.ENDED])
async def test_a_fatal_reason_ends_a_start_at_once(scene: Scene, code: str, phase: Phase) -> None:
    """With the reason, and nothing left behind."""
    reason = Reason(code=code, message="it cannot work", evidence="what was said")
    scene.runtime.script("s", STARTING, Observation(phase=phase, reason=reason))
    scene.life.start()
    await scene.is_now(StudioState.STOPPED, code)
    assert scene.kept.reason == reason
    assert (scene.kept.wants_running, await scene.runtime.list_uids()) == (False, ())


async def test_what_may_get_better_does_not_end_a_start(scene: Scene) -> None:
    """A reason that is not fatal is waited out."""
    waits = Reason(code="unschedulable_cpu", message="no room yet", fatal=False)
    scene.runtime.script("s", Observation(phase=Phase.STARTING, reason=waits), READY)
    await scene.runs()


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (None, "readiness_timeout"),
        (Reason(code="wrong_prefix", message="404", fatal=False), "wrong_prefix"),
    ],
)
async def test_a_start_has_its_time(scene: Scene, reason: Reason | None, code: str) -> None:
    """Then it ends, with whatever is known."""
    scene.templates.blueprint = SLOW
    scene.runtime.script("s", dataclasses.replace(STARTING, reason=reason))
    scene.life.start()
    await scene.is_now(StudioState.STOPPED, code)


async def test_files_that_do_not_come_end_a_start(scene: Scene) -> None:
    """Nothing was started yet, so nothing is lost."""
    scene.runtime.script("s", STARTING)
    scene.zones.late = StateError("too slow", reason="TIMEOUT")
    scene.life.start()
    await scene.is_now(StudioState.STOPPED, "initial_sync_timeout")
    assert "back" not in scene.zones.did


@pytest.mark.parametrize("who", ["builds", "templates"])
async def test_an_error_of_ours_ends_a_start(scene: Scene, who: str) -> None:
    """Its reason is the error's."""
    getattr(scene, who).error = StateError("no", reason="BUILD_FAILED", evidence="line 3")
    scene.life.start()
    await scene.is_now(StudioState.STOPPED, "build_failed")
    assert scene.kept.reason is not None
    assert scene.kept.reason.evidence == "line 3"
    assert scene.runtime.spawned == []


async def test_a_bug_is_told_and_harms_nobody(scene: Scene) -> None:
    """The life goes on: the next start works."""
    scene.builds.error = ZeroDivisionError("oops")
    scene.life.start()
    await scene.is_now(StudioState.STOPPED, "bug")
    scene.builds.error = None
    await scene.runs()


async def test_debug_keeps_a_failed_start_for_a_look(scene: Scene) -> None:
    """Until it is stopped."""
    scene.runtime.script("s", dataclasses.replace(STARTING, reason=ENDED.reason))
    scene.life.start(debug=True)
    await scene.is_now(StudioState.RUNNING, "oom_killed")
    assert await scene.runtime.list_uids() == (UID,)
    scene.life.stop()
    await scene.is_now(StudioState.STOPPED)


async def test_debug_keeps_nothing_that_was_not_started(scene: Scene) -> None:
    """There is nothing to look at."""
    scene.builds.error = StateError("no", reason="BUILD_FAILED")
    scene.life.start(debug=True)
    await scene.is_now(StudioState.STOPPED, "build_failed")


async def test_a_stop_while_it_is_built(scene: Scene) -> None:
    """Nothing was spawned, nothing is removed."""
    scene.builds.hangs = True
    scene.life.start()
    await scene.until(lambda: scene.life.stage == "building what it runs in")
    scene.life.stop()
    await scene.is_now(StudioState.STOPPED)
    assert (scene.runtime.spawned, scene.runtime.removed) == ([], [])


async def test_a_stop_that_would_lose_something(scene: Scene) -> None:
    """It is refused, and stays told whatever the runtime shows, until the next order."""
    await scene.runs()
    scene.zones.troubles = ["a: disk full", "b: disk full"]
    scene.life.stop()
    await scene.is_now(StudioState.RUNNING, "unsynced")
    assert scene.kept.reason is not None
    assert "a: disk full; b: disk full" in scene.kept.reason.message
    await scene.runtime.show(UID, UNREADY)
    await scene.runtime.show(UID, READY)
    await asyncio.sleep(0.02)
    await scene.is_now(StudioState.RUNNING, "unsynced")
    async with asyncio.timeout(1):
        await scene.life.settled()
    scene.life.stop(discard=True)
    assert scene.kept.reason is None  # whoever waits for this stop is not told of the last one
    await scene.is_now(StudioState.STOPPED)


async def test_a_refused_restart_does_not_come_later(scene: Scene) -> None:
    """A stop that follows is a stop."""
    await scene.runs()
    scene.zones.troubles = ["a"]
    scene.life.stop()
    scene.life.start_again()
    await scene.is_now(StudioState.RUNNING, "unsynced")
    scene.life.stop(discard=True)
    await scene.is_now(StudioState.STOPPED)
    await asyncio.sleep(0.02)
    await scene.is_now(StudioState.STOPPED)


async def test_discard_does_not_wait_for_what_does_not_come(scene: Scene) -> None:
    """Also when the order comes while it is waited."""
    await scene.runs()
    scene.zones.hangs = True
    scene.life.stop()
    await scene.until(lambda: scene.life.state is StudioState.STOPPING)
    scene.life.stop(discard=True)
    await scene.is_now(StudioState.STOPPED)


async def test_a_restart(scene: Scene) -> None:
    """Down and up, from the template as it is then; also of a studio that is down."""
    await scene.runs()
    scene.life.stop()
    scene.life.start_again()
    await scene.until(lambda: len(scene.runtime.spawned) == 2)
    await scene.is_now(StudioState.RUNNING)
    scene.life.stop()
    await scene.is_now(StudioState.STOPPED)
    scene.life.stop()
    scene.life.start_again()
    await scene.until(lambda: len(scene.runtime.spawned) == 3)


async def test_a_restart_outlives_the_daemon(scene: Scene) -> None:
    """It was ordered: it comes up, although another daemon took it down."""
    await scene.runs()
    scene.zones.hangs = True
    scene.life.stop()
    scene.life.start_again()
    await scene.until(lambda: scene.life.state is StudioState.STOPPING)
    scene.zones.hangs = False
    await scene.restart()
    await scene.until(lambda: len(scene.runtime.spawned) == 2)
    await scene.is_now(StudioState.RUNNING)


async def test_another_incarnation_gets_its_files(scene: Scene) -> None:
    """The kubelet made the pod anew: files first, then its programs; nothing else is done."""
    await scene.runs()
    await scene.runtime.crash(UID, UNREADY)
    await scene.until(lambda: scene.kept.let_go == f"{UID}/2")
    assert scene.zones.did[3:] == ["connect", "in"]
    await scene.runtime.show(UID, READY)
    await scene.is_now(StudioState.RUNNING)
    assert len(scene.runtime.spawned) == 1


async def test_another_incarnation_while_files_are_brought(scene: Scene) -> None:
    """The last one has them in the end, and it is not a failure."""
    await scene.runs()
    scene.zones.late = StateError("not yet", reason="TIMEOUT")
    await scene.runtime.crash(UID, UNREADY)
    await scene.is_now(StudioState.RUNNING, "initial_sync_timeout")
    await scene.runtime.crash(UID, UNREADY)
    scene.zones.late = None
    await scene.until(lambda: scene.kept.let_go == f"{UID}/3")
    assert scene.runtime.removed == []


async def test_what_ended_by_itself_is_started_again(scene: Scene) -> None:
    """The same order, so that a runtime may keep its files; too often is a failure."""
    await scene.runs()
    for number in (2, 3):
        await scene.runtime.show(UID, ENDED)
        await scene.until(lambda number=number: scene.kept.let_go == f"{UID}/{number}")
        await scene.is_now(StudioState.RUNNING)
    assert len({order.hash for order in scene.runtime.spawned}) == 1
    await scene.runtime.show(UID, ENDED)
    await scene.is_now(StudioState.STOPPED, "oom_killed")


@pytest.mark.parametrize("is_away", [False, True])
async def test_what_ended_comes_back_as_it_was_when_its_template_moved_on(
    scene: Scene, is_away: bool
) -> None:
    """From the order that it was given, not from the new one; also over a restart."""
    await scene.runs()
    first = scene.kept
    scene.templates.blueprint, scene.templates.generation = SLOW, 2
    if is_away:
        await scene.end()
    await scene.runtime.show(UID, ENDED)
    if is_away:
        await scene.restart()
    await scene.until(lambda: scene.kept.let_go == f"{UID}/2")
    await scene.is_now(StudioState.RUNNING)
    assert (scene.kept.hash, scene.kept.template_generation) == (first.hash, 1)
    assert len({order.hash for order in scene.runtime.spawned}) == 1
    assert (scene.builds.made, scene.runtime.removed) == (1, [])


async def test_what_somebody_removed_is_down(scene: Scene) -> None:
    """With a reason of its own; what was committed meanwhile is recorded."""
    await scene.runs()
    await scene.runtime.remove(UID)
    await scene.is_now(StudioState.STOPPED, "removed")
    assert "back" not in scene.zones.did
    assert scene.zones.did[-2:] == ["record ada", "pause"]


async def test_a_runtime_that_cannot_be_reached_ends_nothing(scene: Scene) -> None:
    """It is told, and forgotten when it is over."""
    await scene.runs()
    scene.runtime.fail("watch", *[LOST] * 3)
    await scene.runtime.show(UID, UNREADY)
    await scene.is_now(StudioState.RUNNING, "unreachable")
    await scene.runtime.show(UID, READY)
    await scene.is_now(StudioState.RUNNING)
    assert scene.runtime.removed == []


async def test_a_daemon_finds_what_runs_in_a_cluster_that_is_away(scene: Scene) -> None:
    """A running studio is never taken down for that."""
    await scene.runs()
    scene.runtime.fail("observe", *[LOST] * 5)
    await scene.restart()
    assert scene.life.state is StudioState.RUNNING
    await scene.is_now(StudioState.RUNNING, "unreachable")
    await scene.is_now(StudioState.RUNNING)
    assert (len(scene.runtime.spawned), scene.runtime.removed) == (1, [])


async def test_a_running_studio_whose_template_means_nothing_is_kept(scene: Scene) -> None:
    """After an update, say: it runs on, and tells; it is stopped with its files."""
    await scene.runs()
    scene.templates.error = UsageError("unknown block", reason="TEMPLATE_INVALID")
    scene.zones.troubles = ["a"]
    await scene.restart()
    await scene.is_now(StudioState.RUNNING, "template_invalid")
    assert scene.runtime.removed == []
    scene.zones.troubles = []
    scene.life.stop()
    await scene.is_now(StudioState.STOPPED)
    assert scene.zones.did.count("back") == 2


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_restarted_daemon_adopts(scene: Scene, generation: int) -> None:
    """Its sessions go on: as the template has them, or as they are if that moved on."""
    await scene.runs()
    scene.templates.generation = generation
    await scene.restart()
    await scene.until(lambda: scene.zones.did[-1] == ("connect" if generation == 1 else "go on"))
    await scene.is_now(StudioState.RUNNING)
    assert (len(scene.runtime.spawned), scene.builds.made) == (1, 1)
    assert scene.zones.did.count("in") == 1


STAGES = [
    "looking at the template", "building what it runs in", "preparing its zones", "starting",
    "copying its files in", "starting its programs",
]  # fmt: skip


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_a_daemon_that_ends_in_the_middle_of_a_start(scene: Scene, turns: int) -> None:
    """Wherever it was: the next one brings it up, once."""
    scene.life.start()
    for _ in range(turns):
        await asyncio.sleep(0)
    await scene.restart()
    await scene.is_now(StudioState.RUNNING)
    assert await scene.runtime.list_uids() == (UID,)


@pytest.mark.parametrize("turns", range(0, 24, 3))
async def test_a_daemon_that_ends_in_the_middle_of_a_stop(scene: Scene, turns: int) -> None:
    """Wherever it was: the next one takes it down, with its files."""
    await scene.runs()
    scene.life.stop()
    for _ in range(turns):
        await asyncio.sleep(0)
    await scene.restart()
    await scene.is_now(StudioState.STOPPED)
    assert await scene.runtime.list_uids() == ()
    assert "back" in scene.zones.did


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_it_ended_while_the_daemon_was_away(scene: Scene, is_wanted: bool) -> None:
    """As after a reboot: it runs again from the same order, or is gone without a wait."""
    await scene.runs()
    if not is_wanted:
        scene.zones.hangs = True
        scene.life.stop()
        await scene.until(lambda: scene.life.state is StudioState.STOPPING)
        await scene.end()
    await scene.runtime.show(UID, ENDED)
    await scene.restart()
    await scene.is_now(StudioState.RUNNING if is_wanted else StudioState.STOPPED)
    assert len({order.hash for order in scene.runtime.spawned}) == 1


async def test_what_delays_a_start_is_told(scene: Scene) -> None:
    """Although it may pass: people wait for it."""
    scene.runtime.script(UID, STARTING)
    scene.life.start()
    await scene.until(lambda: bool(scene.kept.let_go))
    why = Reason(code="unschedulable_cpu", message="no node has enough CPU free", fatal=False)
    looking = dataclasses.replace(STARTING, stage="looking for a node", reason=why)
    await scene.runtime.show(UID, looking)
    told = "looking for a node: no node has enough CPU free"
    await scene.until(lambda: scene.life.stage == told)
    await scene.runtime.show(UID, READY)
    await scene.is_now(StudioState.RUNNING)


async def test_it_was_removed_while_the_daemon_was_away(scene: Scene) -> None:
    """It is wanted: it is made anew."""
    await scene.runs()
    await scene.end()
    await scene.runtime.remove(UID)
    await scene.restart()
    await scene.until(lambda: len(scene.runtime.spawned) == 2)
    await scene.is_now(StudioState.RUNNING)


async def test_a_removal_that_does_not_work_is_tried_again(scene: Scene) -> None:
    """It is not down before it is gone."""
    await scene.runs()
    scene.runtime.fail("remove", LOST, LOST)
    scene.life.stop()
    await scene.is_now(StudioState.STOPPED)
    assert ("STOPPING", LOST.message) in scene.seen
    assert scene.runtime.removed == [UID]


async def test_starts_at_once_are_one(scene: Scene) -> None:
    """Asking again changes nothing."""
    for _ in range(5):
        scene.life.start()
    await scene.is_now(StudioState.RUNNING)
    scene.life.start()
    await asyncio.sleep(0.02)
    assert len(scene.runtime.spawned) == 1


async def test_starters_of_a_creation_that_was_cut_short(scene: Scene) -> None:
    """They are put in before the first start."""
    scene.life.note(has_starters=False)
    await scene.runs()
    assert scene.zones.did[:2] == ["prepare", "starters"]
    assert scene.kept.has_starters


async def test_twenty_at_once() -> None:
    """Each is up and down, and the loop is never held for long."""
    scenes = [Scene() for _ in range(20)]
    longest = 0.0

    async def look() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)

    tasks = Tasks()
    tasks.start("look", look)
    for scene in scenes:
        scene.run()
        scene.life.start()
    for scene in scenes:
        await scene.is_now(StudioState.RUNNING)
    for scene in scenes:
        scene.life.stop()
    for scene in scenes:
        await scene.is_now(StudioState.STOPPED)
        await scene.end()
        await scene.runtime.close()
    await tasks.close()
    assert longest < 0.5


def test_a_start_that_failed_says_why() -> None:
    """As any error does."""
    assert str(StartFailed(Reason(code="x", message="no room"))) == "no room"
