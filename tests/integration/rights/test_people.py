"""Two logins of different groups, and an administrator, side by side at one daemon."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from cstudio_api.v1 import studios_pb2
from support.people import Person, Refused, World
from support.workshop import STOPPED, eventually

pytestmark = pytest.mark.timeout(300)


def names(page: Any, field: str, attribute: str = "name") -> list[str]:
    return [getattr(one, attribute) for one in getattr(page, field)]


class Watch:
    """A watch of studios that runs: what it was told so far."""

    def __init__(self, person: Person, **fields: str) -> None:
        self.told: queue.Queue[str] = queue.Queue()
        self._answers = person.stream(
            "Studios/WatchStudios", studios_pb2.WatchStudiosRequest(**fields)
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            for answer in self._answers:
                if answer.HasField("studio"):
                    self.told.put(f"+{answer.studio.name}")
                else:
                    self.told.put(f"-{answer.deleted}" if answer.deleted else "synced")
        except grpc.RpcError as error:
            self.told.put(error.code().name)

    def until(self, what: str) -> list[str]:
        """Return all that is told up to something."""
        seen: list[str] = []
        while what not in seen:
            seen.append(self.told.get(timeout=30))
        return seen

    def close(self) -> None:
        self._answers.cancel()


@pytest.fixture
def watches(world: World) -> Iterator[dict[str, Watch]]:
    people = {"alice": world.alice, "bob": world.bob, "chief": world.chief}
    made = {who: Watch(person) for who, person in people.items()}
    yield made
    for watch in made.values():
        watch.close()


def test_lists_show_people_what_is_theirs(world: World) -> None:
    """Studios, templates, builds, runs and zones; an administrator sees all."""
    for person, studios, templates in (
        (world.alice, ["idle", "lab"], ["lab"]),
        (world.bob, ["den"], ["den"]),
        (world.carol, [], ["den"]),
        (world.chief, ["den", "idle", "lab"], ["den", "lab"]),
        (world.root, ["den", "idle", "lab"], ["den", "lab"]),
    ):
        assert names(person.ask("Studios/ListStudios"), "studios") == studios
        assert names(person.ask("Templates/ListTemplates"), "templates") == templates
        builds = set(names(person.ask("Templates/ListTemplateBuilds"), "builds", "template"))
        assert builds == {"lab"} & set(templates)
        runs = set(names(person.ask("Actions/ListActionRuns"), "runs", "studio"))
        assert runs == {"lab"} & set(studios)
        zones = set(names(person.ask("Zones/ListZones", project="P"), "zones", "owner"))
        logins = {world.alice: "alice", world.bob: "bob", world.carol: "carol"}
        mine = logins.get(person)
        expected = {*studios, *([""] if studios else [])} | ({mine} if mine else set())
        assert zones >= expected
        assert zones & {"idle", "lab", "den", ""} == {*studios, *([""] if studios else [])}


def test_watches_show_people_what_is_theirs(world: World, watches: dict[str, Watch]) -> None:
    """A studio that is made and given away: gone for one, there for the other."""
    for who, studios in (
        ("alice", {"+idle", "+lab"}),
        ("bob", {"+den"}),
        ("chief", {"+den", "+idle", "+lab"}),
    ):
        assert set(watches[who].until("synced")) == studios | {"synced"}
    made = world.bob.ask("Studios/CreateStudio", name="gift", project="P", template="den")
    watches["bob"].until("+gift")
    watches["chief"].until("+gift")
    world.bob.ask("Studios/ChangeStudioOwner", name="gift", owner="carol")
    assert watches["bob"].until(f"-{made.uid}")[-1] == f"-{made.uid}"
    watches["chief"].until("+gift")
    with pytest.raises(Refused) as refused:
        world.bob.ask("Studios/DeleteStudio", name="gift")
    assert refused.value.right == "studio.owner"
    world.carol.ask("Studios/DeleteStudio", name="gift")
    watches["chief"].until(f"-{made.uid}")
    marker = world.alice.ask("Studios/KeepStudioAlive", name="idle").name
    assert set(watches["alice"].until(f"+{marker}")) <= {"+idle", "+lab"}


def test_a_template_is_usable_by_its_groups_as_long_as_it_is_granted(world: World) -> None:
    """Neither made from, nor started any more; what runs goes on, and can be stopped."""
    with pytest.raises(Refused) as refused:
        world.bob.ask("Studios/CreateStudio", name="mine", project="P", template="lab")
    assert refused.value.right == "template.use"
    assert "data" in refused.value.said
    world.root.ask("Templates/GrantTemplate", name="lab", groups=["ops"])
    made = world.bob.ask("Studios/CreateStudio", name="mine", project="P", template="lab")
    assert made.owner == "bob"
    world.root.ask("Templates/RevokeTemplate", name="lab", groups=["ops"])
    for verb in ("Start", "Restart"):
        with pytest.raises(Refused) as refused:
            world.bob.ask(f"Studios/{verb}Studio", name="mine")
        assert refused.value.right == "template.use"
    world.bob.ask("Studios/StopStudio", name="mine")
    world.bob.ask("Studios/DeleteStudio", name="mine")


def test_a_name_means_ones_own_studio_first(world: World) -> None:
    """Although somebody else has one of that name in another project."""
    world.bob.ask("Studios/CreateStudio", name="lab", project="Q", template="den")
    assert world.bob.ask("Studios/GetStudio", name="lab").project == "Q"
    assert world.alice.ask("Studios/GetStudio", name="lab").project == "P"
    with pytest.raises(Refused) as refused:
        world.carol.ask("Studios/GetStudio", name="lab")
    assert refused.value.right == "studio.owner"
    with pytest.raises(Refused) as ambiguous:
        world.chief.ask("Studios/GetStudio", name="lab")
    assert ambiguous.value.reason == "AMBIGUOUS_NAME"
    world.bob.ask("Studios/DeleteStudio", name="lab", project="Q")


def test_an_administrator_stops_what_they_may_not_enter(world: World) -> None:
    world.bob.ask("Studios/StartStudio", name="den")
    start = studios_pb2.ExecuteInStudioRequest.Start(name="den", command=["true"])
    for person in (world.chief, world.root, world.alice):
        with pytest.raises(Refused) as refused:
            person.ask("Studios/ExecuteInStudio", start=start)
        assert refused.value.right == "studio.enter"
    world.chief.ask("Studios/StopStudio", name="den")
    eventually(lambda: world.bob.ask("Studios/GetStudio", name="den").state == STOPPED)


def test_calls_at_once_do_not_mix_their_callers(world: World) -> None:
    """Twenty at a time over three connections: each is who it is."""
    people = (("alice", world.alice), ("bob", world.bob), ("chief", world.chief))
    wrong: list[str] = []

    def ask(who: str, person: Person) -> None:
        for _ in range(10):
            found = names(person.ask("Studios/ListStudios"), "studios", "owner")
            if who != "chief" and set(found) != {who}:
                wrong.append(f"{who} saw {found}")

    threads = [threading.Thread(target=ask, args=one) for one in people for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_a_deleted_studio_takes_its_runs_with_it(world: World) -> None:
    """Another studio of that name, of another owner, does not open them."""
    world.alice.ask("Studios/CreateStudio", name="brief", project="P", template="lab")
    with pytest.raises(Refused) as refused:
        world.bob.ask("Actions/ListActionRuns", studio="brief")
    assert refused.value.right == "studio.owner"
    world.alice.ask("Studios/DeleteStudio", name="brief")
    with pytest.raises(Refused) as gone:
        world.alice.ask("Actions/ListActionRuns", studio="brief")
    assert gone.value.code == "NOT_FOUND"
