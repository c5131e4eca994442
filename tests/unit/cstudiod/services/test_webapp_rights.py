"""Who may visit, and what can be published."""

from __future__ import annotations

import pytest
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import Blueprint, Entrypoint, ExposedPort, LaunchPlan
from cstudiod.model.webapps import Access
from cstudiod.services import webapp_rights
from cstudiod.services.identity import Caller

ALICE = Caller(login="alice", groups=frozenset({"data"}))
BOB = Caller(login="bob", groups=frozenset({"ops", "data"}))
CHIEF = Caller(login="chief", is_admin=True)
PUBLIC, OPS, NOBODY = Access(public=True), Access(groups=("ops", "web")), Access()


@pytest.mark.parametrize(
    ("visitor", "access", "may"),
    [
        (None, PUBLIC, True),
        (None, OPS, False),
        (None, NOBODY, False),
        (ALICE, PUBLIC, True),
        (ALICE, OPS, False),
        (BOB, OPS, True),
        (BOB, NOBODY, False),
        (CHIEF, NOBODY, True),
    ],
)
def test_who_may_visit(visitor: Caller | None, access: Access, may: bool) -> None:
    """Everybody, members, or the owner and administrators alone."""
    assert webapp_rights.may_visit(visitor, access, "owner") is may


def test_the_owner_may_always() -> None:
    """Also what is for a group that they are not in."""
    assert webapp_rights.may_visit(ALICE, OPS, "alice")


def _blueprint(**ports: bool) -> Blueprint:
    entries = tuple(
        Entrypoint(
            name=name,
            label=name,
            command="x",
            block=0,
            block_type="e",
            port=int(name[1:]),
            webapps=webapps,
        )
        for name, webapps in ports.items()
    )
    exposed = tuple(ExposedPort(port=one.port) for one in entries)
    return Blueprint(launch=LaunchPlan(entrypoints=entries, ports=exposed))


@pytest.mark.parametrize(
    ("ports", "asked", "found"),
    [
        ({"p80": True}, 0, 80),
        ({"p80": True, "p81": True}, 81, 81),
        ({"p80": False, "p81": True}, 0, 81),
    ],
)
def test_a_port_is_found(ports: dict[str, bool], asked: int, found: int) -> None:
    """The one that was asked for, or the only one there is."""
    assert webapp_rights.checked_port(_blueprint(**ports), "s", "t", asked) == found


@pytest.mark.parametrize(
    ("ports", "asked", "said"),
    [
        ({"p80": False}, 80, "nothing to publish"),
        ({}, 0, "nothing to publish"),
        ({"p80": True, "p81": True}, 0, "several ports: 80, 81"),
        ({"p80": False, "p81": True}, 80, "cannot be published at port 80"),
    ],
)
def test_a_port_is_refused(ports: dict[str, bool], asked: int, said: str) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match=said):
        webapp_rights.checked_port(_blueprint(**ports), "s", "t", asked)


@pytest.mark.parametrize(("asked", "found"), [(0, 1), (1, 1), (50, 50)])
def test_so_many_replicas(asked: int, found: int) -> None:
    """At least one."""
    assert webapp_rights.checked_replicas(asked) == found


@pytest.mark.parametrize("asked", [-1, 51])
def test_not_so_many_replicas(asked: int) -> None:
    """Nor fewer than none."""
    with pytest.raises(UsageError, match=f"{asked} replicas"):
        webapp_rights.checked_replicas(asked)


def test_access_is_one_or_the_other() -> None:
    """Groups are named once, in order."""
    given = Access(groups=("web", "ops", "web"))
    assert webapp_rights.checked_access(given) == Access(groups=("ops", "web"))
    for wrong in (Access(public=True, groups=("a",)), Access(groups=(" ",))):
        with pytest.raises(UsageError):
            webapp_rights.checked_access(wrong)
