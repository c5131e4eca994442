"""Which right each method of the contract needs; what is not named here nobody may call.

The rights that hang on a resource (whose studio, which groups) are asked for where the
resource is found, in the services; here is what holds for a method as a whole.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from cstudiod.services import identity
from cstudiod.services.identity import Caller, RightMissing

PACKAGE = "cstudio.v1"


class Right(enum.Enum):
    """What a method needs."""

    ADMIN = "admin"
    """The caller is an administrator."""
    SESSION = "session"
    """The caller is an administrator, or owns the studio that the session keeps in step."""
    USE = "use"
    """The template is granted to the caller; lists leave the others out."""
    OWN = "own"
    """The studio is the caller's: nobody else enters it, administrators neither."""
    OWN_OR_ADMIN = "own or admin"
    """The studio is the caller's, or they are an administrator; lists leave the others out."""
    NONE = "none"
    """To have signed in is enough."""


RIGHTS: Mapping[str, Right] = {
    "Daemon/GetDaemonInfo": Right.ADMIN,
    "Daemon/ShutDownDaemon": Right.ADMIN,
    "Daemon/ListChecks": Right.ADMIN,
    "Keys/CreateKey": Right.ADMIN,
    "Keys/ListKeys": Right.ADMIN,
    "Keys/RevokeKey": Right.ADMIN,
    "Keys/CreateSignInLink": Right.NONE,
    "SyncSessions/CreateSyncSession": Right.ADMIN,
    "SyncSessions/GetSyncSession": Right.SESSION,
    "SyncSessions/ListSyncSessions": Right.ADMIN,
    "SyncSessions/UpdateSyncSession": Right.ADMIN,
    "SyncSessions/DeleteSyncSession": Right.ADMIN,
    "SyncSessions/WatchSyncSessions": Right.ADMIN,
    "SyncSessions/PauseSyncSession": Right.ADMIN,
    "SyncSessions/ResumeSyncSession": Right.ADMIN,
    "SyncSessions/FlushSyncSession": Right.SESSION,
    "SyncSessions/PlanSyncSession": Right.SESSION,
    "SyncSessions/PushSyncSession": Right.ADMIN,
    "SyncSessions/PullSyncSession": Right.ADMIN,
    "SyncSessions/ResetSyncSession": Right.ADMIN,
    "SyncSessions/AcceptSyncSession": Right.ADMIN,
    "SyncSessions/ListSyncConflicts": Right.SESSION,
    "SyncSessions/ReadSyncConflict": Right.SESSION,
    "SyncSessions/ResolveSyncConflicts": Right.SESSION,
    "SyncSessions/ListSyncProblems": Right.SESSION,
    "SyncSessions/ExplainSyncPath": Right.SESSION,
    "SyncSessions/ListSyncTrash": Right.SESSION,
    "SyncSessions/RestoreSyncTrash": Right.SESSION,
    "Templates/CreateTemplate": Right.ADMIN,
    "Templates/ValidateTemplate": Right.NONE,
    "Templates/GetTemplate": Right.USE,
    "Templates/ListTemplates": Right.USE,
    "Templates/UpdateTemplate": Right.ADMIN,
    "Templates/CopyTemplate": Right.ADMIN,
    "Templates/DeleteTemplate": Right.ADMIN,
    "Templates/GrantTemplate": Right.ADMIN,
    "Templates/RevokeTemplate": Right.ADMIN,
    "Templates/ImportTemplate": Right.ADMIN,
    "Templates/ExportTemplate": Right.USE,
    "Templates/GetTemplateSchema": Right.NONE,
    "Templates/RenderTemplate": Right.USE,
    "Templates/BuildTemplate": Right.ADMIN,
    "Templates/ExplainTemplateBuild": Right.USE,
    "Templates/GetTemplateBuild": Right.USE,
    "Templates/ListTemplateBuilds": Right.USE,
    "Templates/CancelTemplateBuild": Right.ADMIN,
    "Templates/FollowTemplateBuild": Right.USE,
    "Studios/CreateStudio": Right.USE,
    "Studios/GetStudio": Right.OWN_OR_ADMIN,
    "Studios/ListStudios": Right.OWN_OR_ADMIN,
    "Studios/DeleteStudio": Right.OWN_OR_ADMIN,
    "Studios/StartStudio": Right.OWN_OR_ADMIN,
    "Studios/StopStudio": Right.OWN_OR_ADMIN,
    "Studios/RestartStudio": Right.OWN_OR_ADMIN,
    "Studios/ChangeStudioOwner": Right.OWN_OR_ADMIN,
    "Studios/KeepStudioAlive": Right.OWN_OR_ADMIN,
    "Studios/WatchStudios": Right.OWN_OR_ADMIN,
    "Studios/ReadStudioLogs": Right.OWN,
    "Studios/PushStudio": Right.OWN,
    "Studios/PullStudio": Right.OWN,
    "Studios/ResetStudio": Right.OWN,
    "Studios/ExecuteInStudio": Right.OWN,
    "Studios/ForwardStudioPort": Right.OWN,
    "Actions/ListActions": Right.OWN_OR_ADMIN,
    "Actions/RunAction": Right.OWN,
    "Actions/GetActionRun": Right.OWN_OR_ADMIN,
    "Actions/ListActionRuns": Right.OWN_OR_ADMIN,
    "Actions/FollowActionRun": Right.OWN,
    "Actions/CancelActionRun": Right.OWN_OR_ADMIN,
    "Zones/ListZones": Right.OWN_OR_ADMIN,
    "WebApps/PublishWebApp": Right.OWN,
    "WebApps/GetWebApp": Right.OWN_OR_ADMIN,
    "WebApps/ListWebApps": Right.OWN_OR_ADMIN,
    "WebApps/RestartWebApp": Right.OWN_OR_ADMIN,
    "WebApps/UnpublishWebApp": Right.OWN_OR_ADMIN,
    "WebApps/WatchWebApps": Right.OWN_OR_ADMIN,
    "WebApps/ReadWebAppLogs": Right.OWN,
}
"""``Service/Method`` -> what it needs."""


def right_of(method: str) -> Right | None:
    """Return what a method needs, by its path ``/cstudio.v1.Service/Method``; None: not named."""
    return RIGHTS.get(method.removeprefix(f"/{PACKAGE}."))


def check_method(caller: Caller, method: str) -> None:
    """Let a caller pass who may call a method at all, whatever it is about.

    Raises:
        RightMissing: they may not.
    """
    right = right_of(method)
    if right is Right.ADMIN:
        identity.must_be_admin(caller, f"call {method.rpartition('/')[2]}")
    if right is None:
        raise RightMissing(f"`{method}` has no right that lets anybody call it", right="none")
