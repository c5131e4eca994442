"""Who may do what: tables."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable

import pytest
from cstudiod.model.templates import Permissions
from cstudiod.services import identity
from cstudiod.services.identity import Caller, RightMissing

ALICE = Caller(login="alice", groups=frozenset({"data", "staff"}))
BOB = Caller(login="bob")
ADMIN = Caller(login="root", is_admin=True)


@pytest.mark.parametrize(
    ("caller", "permissions", "may"),
    [
        (ALICE, Permissions(), False),
        (ALICE, Permissions(all=True), True),
        (ALICE, Permissions(groups=("data",)), True),
        (ALICE, Permissions(groups=("Data", "ops", "alice")), False),
        (BOB, Permissions(groups=("data",)), False),
        (BOB, Permissions(groups=("",)), False),
        (ADMIN, Permissions(), True),
    ],
)
def test_a_template_is_usable_by_all_or_by_groups(
    caller: Caller, permissions: Permissions, may: bool
) -> None:
    assert identity.is_granted(caller, permissions) is may
    if may:
        identity.may_use(caller, "t", permissions)
        return
    with pytest.raises(RightMissing) as refused:
        identity.may_use(caller, "t", permissions)
    assert refused.value.metadata["right"] == "template.use"


@pytest.mark.parametrize(
    ("caller", "may_enter", "may_stop", "is_admin"),
    [(ALICE, True, True, False), (BOB, False, False, False), (ADMIN, False, True, True)],
    ids=["owner", "stranger", "admin"],
)
def test_a_studio_is_entered_by_its_owner_and_stopped_by_admins_too(
    caller: Caller, may_enter: bool, may_stop: bool, is_admin: bool
) -> None:
    def passes(right: str, check: Callable[..., None], *arguments: object) -> bool:
        try:
            check(*arguments)
        except RightMissing as refused:
            missing = (refused.metadata["right"], bool(refused.next))
        else:
            return True
        assert missing == (right, True)
        return False

    assert passes("studio.enter", identity.must_own, caller, "s", "alice") is may_enter
    stop = identity.must_own_or_administer
    assert passes("studio.owner", stop, caller, "s", "alice", "stop") is may_stop
    assert passes("admin", identity.must_be_admin, caller, "make keys") is is_admin
    assert passes("runtime.local", identity.may_run_as_the_daemon, caller) is is_admin


def test_the_person_who_runs_the_daemon_is_told_by_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not by variables that anybody may set."""
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    me = identity.of_this_process()
    assert me.login == pwd.getpwuid(os.getuid()).pw_name
    assert me.is_admin
    assert me.groups
