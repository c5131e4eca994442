"""Web apps as they are shown, and to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from cstudiod.model.studios import Reason
from cstudiod.model.webapps import WebAppSpec, WebAppState
from cstudiod.services import webapp_views
from cstudiod.services.identity import Caller
from cstudiod.services.webapp_sight import watched
from cstudiod.services.webapp_views import WebAppView
from cstudiod.store.feed import Change
from cstudiod.store.webapps import StoredWebApp


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cstudio studio logs lab", "cstudio webapp logs ID"),
        ("cstudio studio logs STUDIO --previous", "cstudio webapp logs ID --previous"),
        ("cstudio studio start lab", "cstudio webapp restart ID"),
        ("cstudio studio logs STUDIO; check it", "cstudio webapp logs ID; check it"),
        ("correct its command", "correct its command: cstudio webapp logs ID"),
        ("", "cstudio webapp logs ID"),
        ("cstudio template build t", "cstudio template build t"),
    ],
)
def test_what_to_do_is_said_of_the_web_app(said: str, told: str) -> None:
    """Not of the studio, which need not even run."""
    reason = Reason(code="c", message="m", evidence="e", next=said)
    assert webapp_views.told(reason, "lab", "ID") == Reason(
        code="c", message="m", evidence="e", next=told
    )
    assert webapp_views.told(None, "lab", "ID") is None


def _view(id: str, owner: str, project: str = "P") -> WebAppView:
    spec = WebAppSpec(id=id, studio="u", project=project, port=80)
    return WebAppView(
        stored=StoredWebApp(spec=spec, create_time=0),
        studio="s", owner=owner, template="t", runtime="local",
        state=WebAppState.RUNNING, url="",
    )  # fmt: skip


def test_they_are_listed_in_order() -> None:
    """By project and id."""
    views = [_view("b", "x", "Q"), _view("c", "x"), _view("a", "x", "Q")]
    assert [one.stored.spec.id for one in webapp_views.in_order(views)] == ["c", "a", "b"]


async def _changes() -> AsyncIterator[Change[WebAppView]]:
    yield Change(upserted=_view("a", "alice"), token="1")
    yield Change(upserted=_view("b", "bob"), token="2")
    yield Change(upserted=_view("q", "alice", "Q"), token="3")
    yield Change(synced=True, token="3")
    yield Change(deleted="a", token="4")
    yield Change(deleted="b", token="5")


async def _seen(caller: Caller, *, id: str = "", project: str = "", resumed: bool = False) -> str:
    found = [
        change.upserted.stored.spec.id if change.upserted else f"-{change.deleted}"
        async for change in watched(_changes(), caller, id=id, project=project, resumed=resumed)
    ]
    return " ".join(found)


async def test_a_watch_shows_each_their_own() -> None:
    """Administrators all; who resumes is told of every end, for what was seen is not known."""
    alice, chief = Caller(login="alice"), Caller(login="chief", is_admin=True)
    assert await _seen(alice) == "a q - -a"
    assert await _seen(alice, project="Q") == "q -"
    assert await _seen(alice, id="a") == "a - -a"
    assert await _seen(chief) == "a b q - -a -b"
    assert await _seen(alice, resumed=True) == "a q - -a -b"
