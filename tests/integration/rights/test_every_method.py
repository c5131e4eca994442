"""Every method of the contract, over TCP, by everybody: one row each, none forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cstudio_api.v1 import studios_pb2
from support.connect import Connect, reason
from support.people import METHODS, Person, Refused, World

pytestmark = pytest.mark.timeout(300)

ADMIN, USE, ENTER, OWNER = "admin", "template.use", "studio.enter", "studio.owner"


FINE = ("INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "UNAVAILABLE")
"""What a request of these may be refused with once the caller may make it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a method is asked, and which right each one is told to miss; empty: none."""

    fields: Callable[[World], dict[str, Any]] = lambda world: {}
    alice: str = ""
    """She owns the studio and is of the template's group."""
    bob: str = ""
    """He is of another group and owns another studio."""
    chief: str = ""
    """They are an administrator and own nothing."""


def only_admins(**fields: Any) -> Row:
    return Row(fields=lambda world: fields, alice=ADMIN, bob=ADMIN)


def session(field: str = "parent", **fields: Any) -> Row:
    return Row(fields=lambda world: {field: world.session, **fields}, bob=ADMIN)


def session_of_admins() -> Row:
    return Row(fields=lambda world: {"name": "syncSessions/none"}, alice=ADMIN, bob=ADMIN)


def template(**fields: Any) -> Row:
    return Row(fields=lambda world: fields or {"name": "lab"}, bob=USE)


def build() -> Row:
    return Row(fields=lambda world: {"id": world.build}, bob=USE)


def owned(**fields: Any) -> Row:
    return Row(fields=lambda world: {"name": "lab", **fields}, bob=OWNER)


def entered(**fields: Any) -> Row:
    return Row(fields=lambda world: {"name": "lab", **fields}, bob=ENTER, chief=ENTER)


def published(right: str = OWNER, chief: str = "") -> Row:
    return Row(fields=lambda world: {"id": world.webapp}, bob=right, chief=chief)


def a_run(right: str, chief: str = "") -> Row:
    return Row(fields=lambda world: {"id": world.run}, bob=right, chief=chief)


ROWS: dict[str, Row] = {
    "Daemon/GetDaemonInfo": only_admins(),
    "Daemon/ShutDownDaemon": Row(alice=ADMIN, bob=ADMIN),
    "Daemon/ListChecks": only_admins(),
    "Keys/CreateKey": only_admins(login="?/"),
    "Keys/ListKeys": only_admins(),
    "Keys/RevokeKey": only_admins(id="none"),
    "Keys/CreateSignInLink": Row(),
    "SyncSessions/CreateSyncSession": only_admins(sync_session_id="s"),
    "SyncSessions/GetSyncSession": session("name"),
    "SyncSessions/ListSyncSessions": only_admins(),
    "SyncSessions/UpdateSyncSession": only_admins(),
    "SyncSessions/DeleteSyncSession": session_of_admins(),
    "SyncSessions/WatchSyncSessions": only_admins(),
    "SyncSessions/PauseSyncSession": session_of_admins(),
    "SyncSessions/ResumeSyncSession": session_of_admins(),
    "SyncSessions/FlushSyncSession": session("name"),
    "SyncSessions/PlanSyncSession": session("name"),
    "SyncSessions/PushSyncSession": session_of_admins(),
    "SyncSessions/PullSyncSession": session_of_admins(),
    "SyncSessions/ResetSyncSession": session_of_admins(),
    "SyncSessions/AcceptSyncSession": session_of_admins(),
    "SyncSessions/ListSyncConflicts": session(),
    "SyncSessions/ReadSyncConflict": session(path={"display": "a"}),
    "SyncSessions/ResolveSyncConflicts": session(globs=["*"], keep=1, validate_only=True),
    "SyncSessions/ListSyncProblems": session(),
    "SyncSessions/ExplainSyncPath": session(path={"display": "a"}),
    "SyncSessions/ListSyncTrash": session(),
    "SyncSessions/RestoreSyncTrash": session(id="none"),
    "Templates/CreateTemplate": only_admins(source="?"),
    "Templates/ValidateTemplate": Row(),
    "Templates/GetTemplate": template(),
    "Templates/ListTemplates": Row(),
    "Templates/UpdateTemplate": only_admins(name="lab", source="?"),
    "Templates/CopyTemplate": only_admins(name="lab", new_name="?"),
    "Templates/DeleteTemplate": only_admins(name="lab", validate_only=True),
    "Templates/GrantTemplate": only_admins(name="none"),
    "Templates/RevokeTemplate": only_admins(name="none"),
    "Templates/ImportTemplate": only_admins(),
    "Templates/ExportTemplate": template(),
    "Templates/GetTemplateSchema": Row(),
    "Templates/RenderTemplate": template(),
    "Templates/BuildTemplate": only_admins(name="none"),
    "Templates/ExplainTemplateBuild": template(),
    "Templates/GetTemplateBuild": build(),
    "Templates/ListTemplateBuilds": template(template="lab"),
    "Templates/CancelTemplateBuild": only_admins(id="none"),
    "Templates/FollowTemplateBuild": build(),
    "Studios/CreateStudio": template(name="other", project="P", template="lab", validate_only=True),
    "Studios/GetStudio": owned(),
    "Studios/ListStudios": Row(),
    "Studios/DeleteStudio": owned(validate_only=True),
    "Studios/StartStudio": owned(),
    "Studios/StopStudio": owned(name="idle"),
    "Studios/RestartStudio": owned(name="idle"),
    "Studios/ChangeStudioOwner": owned(owner="../bob"),
    "Studios/KeepStudioAlive": owned(),
    "Studios/WatchStudios": owned(),
    "Studios/ReadStudioLogs": entered(),
    "Studios/PushStudio": entered(validate_only=True),
    "Studios/PullStudio": entered(validate_only=True),
    "Studios/ResetStudio": entered(validate_only=True),
    "Studios/ExecuteInStudio": Row(
        fields=lambda world: {
            "start": studios_pb2.ExecuteInStudioRequest.Start(name="lab", command=["true"])
        },
        bob=ENTER,
        chief=ENTER,
    ),
    "Studios/ForwardStudioPort": Row(
        fields=lambda world: {
            "start": studios_pb2.ForwardStudioPortRequest.Start(name="lab", port=8000)
        },
        bob=ENTER,
        chief=ENTER,
    ),
    "Actions/ListActions": Row(fields=lambda world: {"studio": "lab"}, bob=OWNER),
    "Actions/RunAction": Row(
        fields=lambda world: {"studio": "lab", "command": ["true"]}, bob=ENTER, chief=ENTER
    ),
    "Actions/GetActionRun": a_run(OWNER),
    "Actions/ListActionRuns": Row(fields=lambda world: {"studio": "lab"}, bob=OWNER),
    "Actions/FollowActionRun": a_run(ENTER, chief=ENTER),
    "Actions/CancelActionRun": a_run(OWNER),
    "Zones/ListZones": Row(fields=lambda world: {"project": "P"}),
    "WebApps/PublishWebApp": Row(
        fields=lambda world: {"studio": "lab", "validate_only": True}, bob=ENTER, chief=ENTER
    ),
    "WebApps/GetWebApp": published(),
    "WebApps/ListWebApps": Row(),
    "WebApps/RestartWebApp": published(),
    "WebApps/UnpublishWebApp": Row(fields=lambda world: {"id": "none"}),
    "WebApps/WatchWebApps": published(),
    "WebApps/ReadWebAppLogs": published(right=ENTER, chief=ENTER),
}


def missing(person: Person, method: str, fields: dict[str, Any]) -> str:
    """Return the right that a caller is told to miss; empty: it was none of that."""
    refused = person.refusal(method, **fields)
    if refused is None or refused.code in FINE:
        return ""
    assert (refused.code, refused.reason) == ("PERMISSION_DENIED", "RIGHT_MISSING"), refused
    assert refused.right, refused
    return refused.right


def test_no_method_is_forgotten() -> None:
    """Whoever adds a method to the contract adds a row here."""
    assert METHODS.keys() == ROWS.keys()


@pytest.mark.parametrize("method", ROWS)
def test_everybody_is_told_which_right_is_missing(world: World, method: str) -> None:
    """The owner, a stranger of another group, and an administrator."""
    row = ROWS[method]
    fields = row.fields(world)
    people = {"alice": world.alice, "bob": world.bob}
    if method != "Daemon/ShutDownDaemon":  # the last test of the file asks for that
        people["chief"] = world.chief
    told = {who: missing(person, method, fields) for who, person in people.items()}
    assert told == {who: getattr(row, who) for who in people}


def missing_by_http(world: World, person: Person, method: str, fields: dict[str, Any]) -> str:
    """Return the right that a caller by HTTP is told to miss; empty: it was none of that."""
    error = Connect(world.shop.state, person.key).error(method, **fields)
    if error is None or error["code"].upper() in FINE:
        return ""
    assert reason(error) == ("permission_denied", "RIGHT_MISSING"), error
    right: str = error["details"][0]["debug"]["metadata"]["right"]
    return right


@pytest.mark.parametrize("method", ROWS)
def test_by_http_the_same_rights_are_missing(world: World, method: str) -> None:
    """One place decides, whichever way a call comes; talks in both directions do not come so."""
    row, fields = ROWS[method], ROWS[method].fields(world)
    people = {"alice": world.alice, "bob": world.bob, "chief": world.chief}
    if method == "Daemon/ShutDownDaemon":
        del people["chief"]
    if METHODS[method].client_streaming:
        error = Connect(world.shop.state, world.alice.key).error(method)
        assert error is not None
        assert error["code"] == "unimplemented"
        return
    told = {who: missing_by_http(world, person, method, fields) for who, person in people.items()}
    assert told == {who: getattr(row, who) for who in people}


def test_nobody_else_ends_a_web_app(world: World) -> None:
    """He is of the group that it is for: he may visit it, and that is all."""
    refused = world.bob.refusal("WebApps/UnpublishWebApp", id=world.webapp)
    assert refused is not None
    assert (refused.reason, refused.right) == ("RIGHT_MISSING", OWNER)
    assert world.alice.ask("WebApps/GetWebApp", id=world.webapp).id == world.webapp


@pytest.mark.parametrize("method", ROWS)
@pytest.mark.parametrize("key", ["", "wrong"])
def test_nobody_calls_without_a_good_key(world: World, method: str, key: str) -> None:
    """With a sentence; and before what is asked is even read."""
    stranger = world.with_key(key and world.alice.key[:-4] + "0000")
    with pytest.raises(Refused) as refused:
        stranger.ask(method)
    stranger.channel.close()
    assert (refused.value.code, refused.value.reason) == ("UNAUTHENTICATED",) * 2
    assert "key" in refused.value.said
    assert world.alice.key not in refused.value.said
