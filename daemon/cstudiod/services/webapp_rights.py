"""Who may publish, and who may visit: values to values."""

from __future__ import annotations

from cstudiod.errors import StateError, UsageError
from cstudiod.machines import publishing
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.webapps import Access
from cstudiod.services.identity import Caller
from cstudiod.store.webapps import StoredWebApp

MOST_REPLICAS = 50


def must_stay(webapp: StoredWebApp) -> None:
    """Let a web app pass that nobody has ended.

    Raises:
        StateError: it is being unpublished.
    """
    if webapp.is_ending:
        raise StateError(
            f"web app `{webapp.spec.id}` is being unpublished", next="cstudio webapp list"
        )


def may_visit(visitor: Caller | None, access: Access, owner: str) -> bool:
    """Tell whether somebody may use a web app in a browser.

    Args:
        visitor: Who asks; None: nobody has signed in.
        access: Of the web app.
        owner: Login of the owner of its studio, who always may, as administrators may.
    """
    if access.public:
        return True
    if visitor is None:
        return False
    is_member = not visitor.groups.isdisjoint(access.groups)
    return visitor.is_admin or visitor.login == owner or is_member


def checked_port(blueprint: Blueprint, studio: str, template: str, port: int) -> int:
    """Return the port at which a studio can be published; 0 asks for the only one there is.

    Raises:
        UsageError: there is none, it is another one, or there are several.
    """
    found = publishing.ports(blueprint)
    names = ", ".join(str(one) for one in found)
    if not found:
        raise UsageError(
            f"studio `{studio}` has nothing to publish: no entrypoint of its template"
            f" `{template}` with a port has `webapps: true`",
            next=f"set `webapps: true` in the template: cstudio template edit {template}",
        )
    if not port and len(found) > 1:
        raise UsageError(
            f"studio `{studio}` can be published at several ports: {names}",
            next=f"cstudio webapp publish {studio} --port {found[0]}",
        )
    if port and port not in found:
        raise UsageError(
            f"studio `{studio}` cannot be published at port {port}: what its template"
            f" `{template}` launches for web apps serves {names}",
            next=f"cstudio webapp publish {studio} --port {found[0]}",
        )
    return port or found[0]


def checked_replicas(replicas: int) -> int:
    """Return how many replicas are meant; 0 means 1.

    Raises:
        UsageError: not that many.
    """
    if not 0 <= replicas <= MOST_REPLICAS:
        raise UsageError(
            f"{replicas} replicas cannot be had: 1 to {MOST_REPLICAS}", next="--replicas 2"
        )
    return replicas or 1


def checked_access(access: Access) -> Access:
    """Return who may visit, groups once and in order.

    Raises:
        UsageError: everybody and some groups, or a group without a name.
    """
    if access.public and access.groups:
        raise UsageError(
            "a web app is public, or for groups, not both", next="leave one of the two out"
        )
    if not all(group.strip() for group in access.groups):
        raise UsageError("a group has no name", next="--group NAME")
    return Access(public=access.public, groups=tuple(sorted(set(access.groups))))
