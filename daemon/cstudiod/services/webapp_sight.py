"""Which web apps a caller is shown in a watch: those of their studios; administrators all."""

from __future__ import annotations

from collections.abc import AsyncIterator

from cstudiod.services.identity import Caller
from cstudiod.services.studio_sight import may_see
from cstudiod.services.webapp_views import WebAppView
from cstudiod.store.feed import Change


async def watched(
    changes: AsyncIterator[Change[WebAppView]],
    caller: Caller,
    *,
    id: str = "",
    project: str = "",
    resumed: bool = False,
) -> AsyncIterator[Change[WebAppView]]:
    """Yield the changes that are the caller's to see; of one web app, or project, if named.

    A watch that was resumed does not know what was seen before: it passes every deletion on.
    """
    shown: set[str] = set()
    async for change in changes:
        view = change.upserted
        if view is None:
            is_known = resumed or change.deleted in shown
            if not change.deleted or (id in ("", change.deleted) and is_known):
                yield change
            continue
        spec = view.stored.spec
        is_meant = id in ("", spec.id) and project in ("", spec.project)
        if is_meant and may_see(caller, view.owner):
            shown.add(spec.id)
            yield change
