"""Who calls, and what they may do.

A call on the Unix socket comes from the person who runs the daemon: its folder lets
nobody else in. That person is an administrator. (Root may enter every folder; root's
call on somebody's socket is theirs, as root may become them anyway.) A call over TCP
comes from whoever the key that it carries was made for, see `services.keys`.
"""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass, field

from cstudiod.errors import CstudioError
from cstudiod.model.templates import Permissions


class RightMissing(CstudioError):
    """The caller may not do this."""

    reason = "RIGHT_MISSING"


class Unauthenticated(CstudioError):
    """Nobody knows who calls."""

    reason = "UNAUTHENTICATED"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A person, as far as a call shows."""

    login: str
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    key_id: str = field(default="", compare=False)
    """Of the API key by which they signed in; empty: they needed none."""


def of_this_process() -> Caller:
    """Return the person who runs the daemon, as the operating system has them.

    The environment is not asked: USER and LOGNAME are what somebody wrote there.
    """
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an account without a name, as containers have
        login = str(os.getuid())
    return Caller(login=login, groups=frozenset(_group_names(login)), is_admin=True)


def _group_names(login: str) -> list[str]:
    names = []
    for number in {*os.getgroups(), *os.getgrouplist(login, os.getgid())}:
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            names.append(str(number))
    return names


def must_be_admin(caller: Caller, what: str) -> None:
    """Let administrators pass.

    Raises:
        RightMissing: the caller is none.
    """
    if not caller.is_admin:
        raise RightMissing(
            f"`{caller.login}` may not {what}: that needs the right of administrators",
            next="ask an administrator",
            right="admin",
        )


def is_granted(caller: Caller, permissions: Permissions) -> bool:
    """Tell whether a template may be used."""
    is_member = not caller.groups.isdisjoint(permissions.groups)
    return caller.is_admin or permissions.all or is_member


def may_use(caller: Caller, template: str, permissions: Permissions) -> None:
    """Let those pass whom a template is granted to.

    Raises:
        RightMissing: it is granted to none of the caller's groups.
    """
    if is_granted(caller, permissions):
        return
    raise RightMissing(
        f"`{caller.login}` may not use the template `{template}`: it is granted to"
        f" {', '.join(permissions.groups) or 'nobody'}",
        next=f"ask an administrator for: cstudio template grant {template} GROUP",
        right="template.use",
    )


def may_run_as_the_daemon(caller: Caller) -> None:
    """Let those pass who may use the local runtime.

    Its studios are processes of the person who runs the daemon, and may do whatever
    that person may: read the zones of everybody, for one.

    Raises:
        RightMissing: the caller is no administrator.
    """
    if not caller.is_admin:
        raise RightMissing(
            f"`{caller.login}` may not use the local runtime: its studios are processes of the"
            " person who runs the daemon",
            next="--runtime docker or kubernetes; an administrator can set server.local_runtime",
            right="runtime.local",
        )


def must_own(caller: Caller, studio: str, owner: str) -> None:
    """Let the owner of a studio pass: nobody else enters it.

    Raises:
        RightMissing: it is somebody else's.
    """
    if caller.login != owner:
        raise RightMissing(
            f"studio `{studio}` is {owner}'s: `{caller.login}` may not enter it",
            next="have it given to you: cstudio studio change-owner",
            right="studio.enter",
        )


def must_own_or_administer(caller: Caller, studio: str, owner: str, what: str) -> None:
    """Let the owner of a studio and administrators pass.

    Raises:
        RightMissing: the caller is neither.
    """
    if caller.login != owner and not caller.is_admin:
        raise RightMissing(
            f"studio `{studio}` is {owner}'s: `{caller.login}` may not {what} it",
            next="ask its owner or an administrator",
            right="studio.owner",
        )
