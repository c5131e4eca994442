"""Whose a sync session is: that of whoever owns the studio that it keeps in step."""

from __future__ import annotations

from collections.abc import Callable

from cstudiod.services.admission import STUDIO_LABEL
from cstudiod.services.identity import Caller, RightMissing
from cstudiod.services.studios import Studios
from cstudiod.services.sync_sessions import SyncSessions


def may_see_session(sessions: SyncSessions, studios: Studios) -> Callable[[Caller, str], None]:
    """Return a check that lets administrators and the owner of a session's studio pass.

    It raises NotFoundError for a session that is not there, and RightMissing.
    """

    def check(caller: Caller, name: str) -> None:
        if caller.is_admin:
            return
        uid = sessions.get(name).spec.labels.get(STUDIO_LABEL, "")
        life = studios.life_of(uid)
        if life is None or life.studio.spec.owner != caller.login:
            raise RightMissing(
                f"session `{name}` keeps no studio of `{caller.login}` in step",
                next="ask an administrator",
                right="admin",
            )

    return check
