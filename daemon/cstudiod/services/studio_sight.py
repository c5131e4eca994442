"""Which studios a caller sees: their own; administrators see all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from cstudiod.errors import NotFoundError, UsageError
from cstudiod.services.identity import Caller
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_views import StudioView
from cstudiod.store.feed import Change


def may_see(caller: Caller, owner: str) -> bool:
    """Tell whether a caller sees what belongs to an owner; what has none is gone."""
    return bool(owner) and (caller.is_admin or caller.login == owner)


def choose(lives: Iterable[Life], caller: Caller, name: str, project: str) -> Life:
    """Return the studio that is meant, whoever owns it.

    Of several of that name the caller's own is meant, if there is one.

    Raises:
        NotFoundError: there is none of that name.
        UsageError: AMBIGUOUS_NAME, several projects have one.
    """
    found = [
        life
        for life in lives
        if life.studio.spec.name == name and project in ("", life.studio.spec.project)
    ]
    if not found:
        where = f" in project `{project}`" if project else ""
        raise NotFoundError(
            f"there is no studio `{name}`{where}", next="cstudio studio list", studio=name
        )
    seen = [life for life in found if may_see(caller, life.studio.spec.owner)]
    own = [life for life in seen if life.studio.spec.owner == caller.login]
    for chosen in (found, seen, own):
        if len(chosen) == 1:
            return chosen[0]
    projects = ", ".join(sorted(life.studio.spec.project for life in seen or found))
    raise UsageError(
        f"several projects have a studio `{name}`: {projects}",
        reason="AMBIGUOUS_NAME",
        next="name one with --project",
        projects=projects,
    )


async def watched(
    changes: AsyncIterator[Change[StudioView]],
    caller: Caller,
    *,
    uid: str,
    project: str,
    resumed: bool,
) -> AsyncIterator[Change[StudioView]]:
    """Yield those changes that are about what the caller sees, of one studio or project.

    An end is told of those that were shown, and after a resumption of all.
    """
    shown: set[str] = set()
    async for change in changes:
        studio = change.upserted.stored if change.upserted else None
        if studio is None:
            about = change.deleted
            if about and (about not in ({uid} if uid else shown) and not (resumed and not uid)):
                continue
            shown.discard(about)
        elif (
            uid not in ("", studio.uid)
            or project not in ("", studio.spec.project)
            or not may_see(caller, studio.spec.owner)
        ):
            continue
        else:
            shown.add(studio.uid)
        yield change
