"""Which studio is meant, and who is shown what of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
from cstudiod.errors import NotFoundError, UsageError
from cstudiod.model.studios import StudioSpec, StudioState
from cstudiod.model.templates import RuntimeKind
from cstudiod.services.identity import Caller
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_sight import choose, watched
from cstudiod.services.studio_tools import Tools
from cstudiod.services.studio_views import StudioView
from cstudiod.store.feed import Change
from cstudiod.store.studios import StoredStudio

ALICE = Caller(login="alice")
BOB = Caller(login="bob")
ADMIN = Caller(login="root", is_admin=True)


def stored(uid: str, owner: str, project: str = "P", name: str = "s") -> StoredStudio:
    spec = StudioSpec(
        name=name,
        project=project,
        owner=owner,
        template="t",
        runtime=RuntimeKind.DOCKER,
        configuration="",
    )
    return StoredStudio(uid=uid, spec=spec, library=name, create_time=0.0)


def life(uid: str, owner: str, project: str = "P", name: str = "s") -> Life:
    no_tools = cast("Tools", None)  # nothing is done with it
    return Life(stored(uid, owner, project, name), no_tools, lambda _: None)


LIVES = [
    life("a1", "alice", "P"),
    life("b1", "bob", "Q"),
    life("b2", "bob", "R"),
    life("a2", "alice", "P", "mine"),
]


@pytest.mark.parametrize(
    ("caller", "name", "project", "uid"),
    [
        (ALICE, "s", "", "a1"),  # her own, although others have that name too
        (ALICE, "s", "Q", "b1"),  # it is bob's: whoever asks is refused for that
        (ALICE, "mine", "", "a2"),
        (BOB, "s", "R", "b2"),
        (BOB, "mine", "", "a2"),
        (ADMIN, "s", "R", "b2"),
        (Caller(login="alice", is_admin=True), "s", "", "a1"),
        (Caller(login="carol"), "s", "", "a1"),
    ],
)
def test_a_name_means_the_callers_own_first(
    caller: Caller, name: str, project: str, uid: str
) -> None:
    assert choose(LIVES, caller, name, project).studio.uid == uid


@pytest.mark.parametrize(
    ("caller", "projects"), [(BOB, "Q, R"), (ADMIN, "P, Q, R")], ids=["bob", "admin"]
)
def test_of_several_only_those_are_named_that_the_caller_sees(
    caller: Caller, projects: str
) -> None:
    with pytest.raises(UsageError) as refused:
        choose(LIVES, caller, "s", "")
    assert refused.value.reason == "AMBIGUOUS_NAME"
    assert refused.value.metadata["projects"] == projects


@pytest.mark.parametrize(("name", "project"), [("other", ""), ("s", "X"), ("mine", "Q")])
def test_a_name_that_nobody_has_is_not_found(name: str, project: str) -> None:
    with pytest.raises(NotFoundError):
        choose(LIVES, ADMIN, name, project)


def up(uid: str, owner: str, project: str = "P") -> Change[StudioView]:
    view = StudioView(
        stored=stored(uid, owner, project), state=StudioState.STOPPED, stage="", reason=None
    )
    return Change(upserted=view, token=f"{uid}{owner}")


def gone(uid: str) -> Change[StudioView]:
    return Change(deleted=uid, token=f"{uid}-")


SYNCED: Change[StudioView] = Change(synced=True, token="x")


async def shown(
    changes: Sequence[Change[StudioView]],
    caller: Caller,
    *,
    uid: str = "",
    project: str = "",
    resumed: bool = False,
) -> list[str]:
    """Return what a watcher gets: `+uid`, `-uid`, `synced`."""

    async def feed() -> AsyncIterator[Change[StudioView]]:
        for one in changes:
            yield one

    seen = watched(feed(), caller, uid=uid, project=project, resumed=resumed)
    return [
        f"+{one.upserted.stored.uid}"
        if one.upserted
        else f"-{one.deleted}"
        if one.deleted
        else "synced"
        async for one in seen
    ]


HISTORY = [up("1", "alice"), up("2", "bob", "Q"), SYNCED, up("2", "bob", "Q"), gone("2"), gone("1")]


@pytest.mark.parametrize(
    ("caller", "options", "expected"),
    [
        (ALICE, {}, ["+1", "synced", "-1"]),
        (BOB, {}, ["+2", "synced", "+2", "-2"]),
        (ADMIN, {}, ["+1", "+2", "synced", "+2", "-2", "-1"]),
        (ADMIN, {"uid": "1"}, ["+1", "synced", "-1"]),
        (ADMIN, {"project": "Q"}, ["+2", "synced", "+2", "-2"]),
        (ALICE, {"project": "Q"}, ["synced"]),
        (Caller(login=""), {}, ["synced"]),
    ],
)
async def test_a_watch_shows_what_is_the_callers(
    caller: Caller, options: dict[str, str], expected: list[str]
) -> None:
    assert await shown(HISTORY, caller, **options) == expected  # type: ignore[arg-type]


async def test_a_studio_that_is_given_away_is_gone_and_back() -> None:
    given = [up("1", "alice"), SYNCED, up("1", "bob"), up("1", "bob"), up("1", "alice")]
    assert await shown(given, ALICE) == ["+1", "synced", "-1", "+1"]
    assert await shown(given, BOB) == ["synced", "+1", "+1", "-1"]


async def test_a_watch_that_was_resumed_passes_deletions_on() -> None:
    """It does not know what was seen before; a uid tells nothing."""
    assert await shown([gone("1"), up("2", "bob"), SYNCED], ALICE, resumed=True) == [
        "-1",
        "-2",
        "synced",
    ]
