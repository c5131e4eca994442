"""Which studios a caller means, and which they are shown: their own; administrators all.

That a studio exists is no secret: a name that is taken says so, and whoever names
another's studio is told whose it is and which right is missing. Lists and watches
leave it out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from cstudiod.errors import NotFoundError, UsageError
from cstudiod.services.identity import Caller
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_views import StudioView
from cstudiod.store.feed import Change


def may_see(caller: Caller, owner: str) -> bool:
    """Tell whether what belongs to an owner is in the caller's lists; without one it is gone."""
    return bool(owner) and (caller.is_admin or caller.login == owner)


def choose(lives: Iterable[Life], caller: Caller, name: str, project: str) -> Life:
    """Return the studio that is meant: of several the caller's own, else one that they see.

    It may be somebody else's; whoever asks for it checks the right to what they do.

    Raises:
        NotFoundError: there is none of that name.
        UsageError: AMBIGUOUS_NAME, the caller sees several.
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
    if len(seen) > 1 and len(own) != 1:
        projects = ", ".join(sorted(life.studio.spec.project for life in seen))
        raise UsageError(
            f"several projects have a studio `{name}`: {projects}",
            reason="AMBIGUOUS_NAME",
            next="name one with --project",
            projects=projects,
        )
    return (own or seen or found)[0]


async def watched(
    changes: AsyncIterator[Change[StudioView]],
    caller: Caller,
    *,
    uid: str = "",
    project: str = "",
    resumed: bool = False,
) -> AsyncIterator[Change[StudioView]]:
    """Yield the changes that are the caller's to see; of one studio, or project, if named.

    A studio that was given to somebody else is gone for whom it belonged to. A watch
    that was resumed does not know what was seen before: it passes every deletion on.
    """
    shown: set[str] = set()
    async for change in changes:
        if change.upserted is None:
            if not change.deleted or _is_meant(change.deleted, uid, shown, resumed=resumed):
                yield change
            continue
        stored = change.upserted.stored
        if (uid and stored.uid != uid) or (project and stored.spec.project != project):
            continue
        if may_see(caller, stored.spec.owner):
            shown.add(stored.uid)
            yield change
        elif _is_meant(stored.uid, uid, shown, resumed=resumed):
            shown.discard(stored.uid)
            yield Change(deleted=stored.uid, token=change.token)


def _is_meant(deleted: str, uid: str, shown: set[str], *, resumed: bool) -> bool:
    return uid in ("", deleted) and (resumed or deleted in shown)
