"""What the page asks the daemon for, by plain HTTP, as a browser or `curl` would."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.connect import Connect, reason
from support.workshop import Workshop, eventually, workshop

pytestmark = pytest.mark.timeout(300)

SECONDS = 60.0
CONFLICTS = 5000
TEMPLATE = """
name: site
blocks:
  - type: file_synchronization
    zones: [{zone: code_studio_versioned, target: work}]
  - type: entrypoint
    label: Site
    command: python3 -u -m http.server ${port} --bind ${host}
    expose: {port: 8000, label: Site, subpath: /}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("shop")) as made:
        made.template(TEMPLATE)
        yield made


@pytest.fixture(scope="module")
def page(shop: Workshop) -> Connect:
    """An administrator, who is whoever runs the daemon: their studios are theirs."""
    login = shop.cstudio.run("studio", "create", "first", "--project", "P", "--template", "site")
    assert login.returncode == 0
    owner = shop.show("first").owner
    secret = shop.cstudio.json("key", "create", owner, "--admin")["secret"]
    return Connect(shop.state, secret)


def until(stream: Iterator[dict[str, Any]], holds: Any) -> list[dict[str, Any]]:
    """Return the studios of a watch as they came, up to the first that is as it should be."""
    seen, end = [], time.monotonic() + SECONDS
    for message in stream:
        assert time.monotonic() < end, seen
        if studio := message.get("studio"):
            seen.append(studio)
            if holds(studio):
                return seen
    raise AssertionError(f"the watch has ended: {seen}")


def test_lists_are_those_of_grpc(shop: Workshop, page: Connect) -> None:
    """The same contract, in JSON."""
    (studio,) = page.good("Studios/ListStudios", project="P")["studios"]
    (template,) = page.good("Templates/ListTemplates")["templates"]
    (zone,) = studio["zones"]
    assert (studio["name"], studio["state"], template["name"]) == ("first", "STATE_STOPPED", "site")
    assert zone["local"] == str(shop.zone("first"))
    assert "progress" not in studio


def test_a_start_is_watched_step_by_step_and_conflicts_show_by_themselves(
    shop: Workshop, page: Connect
) -> None:
    """Each event is a whole studio; nothing is asked for again."""
    with page.often("Studios/WatchStudios", {"name": "first"}) as stream:
        assert (stream.status, stream.type) == (200, "application/connect+json")
        watch = iter(stream)
        until(watch, lambda one: one["state"] == "STATE_STOPPED")
        page.good("Studios/StartStudio", name="first", project="P")
        seen = until(watch, lambda one: one["state"] == "STATE_RUNNING")
        steps = [one["progress"]["number"] for one in seen if "progress" in one]
        assert steps == sorted(steps)
        assert {one["progress"]["count"] for one in seen if "progress" in one} == {5}
        assert "progress" not in seen[-1]
        conflicting(shop, "first")
        last = until(watch, lambda one: one.get("conflictCount") == 1)[-1]
        assert last["zones"][0]["conflictCount"] == 1
        page.good("Studios/StopStudio", name="first", project="P")
        until(watch, lambda one: one["state"] == "STATE_STOPPED")


def conflicting(shop: Workshop, studio: str) -> None:
    """Change one file on both sides while nobody looks."""
    session, folder = shop.session(studio), shop.zone(studio)
    (folder / "both.txt").write_text("one\ntwo\n")
    shop.flush(session)
    inside = Path(shop.show(studio).zones[0].remote)
    shop.cstudio.run("sync", "pause", session)
    (folder / "both.txt").write_text("one\nhere\n")
    (inside / "both.txt").write_text("one\nthere\n")
    shop.cstudio.run("sync", "resume", session)


def test_errors_have_their_code_and_their_reason(page: Connect) -> None:
    """As an answer, and as the end of a stream."""
    status, error = page.once("Studios/GetStudio", {"name": "none"})
    assert (status, *reason(error)) == (404, "not_found", "NOT_FOUND")
    assert error["details"][0]["debug"]["metadata"]["next"] == "cstudio studio list"
    assert error["details"][0]["type"] == "google.rpc.ErrorInfo"
    status, error = page.once("Studios/CreateStudio", {"name": "?", "project": "P"})
    assert (status, *reason(error)) == (400, "invalid_argument", "INVALID_ARGUMENT")
    status, error = page.once("Studios/GetStudio", b'{"nmae": "first"}')
    assert (status, *reason(error)) == (400, "invalid_argument", "INVALID_ARGUMENT")
    assert "nmae" in error["message"]
    with page.often("Studios/ReadStudioLogs", {"name": "none"}) as stream:
        assert (stream.status, list(stream)) == (200, [])
    assert reason(stream.end["error"]) == ("not_found", "NOT_FOUND")


def test_a_deadline_is_kept(page: Connect) -> None:
    """By a stream that would go on for ever."""
    with page.often("Studios/WatchStudios", connect_timeout_ms="300") as stream:
        assert [message for message in stream if message.get("synced")]
    assert stream.end["error"]["code"] == "deadline_exceeded"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/grpc.health.v1.Health/Check", 404),
        ("/api/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", 404),
        ("/api/cstudio.v1.Studios/Nothing", 404),
        ("/api/", 404),
        ("/api/cstudio.v1.Studios/ExecuteInStudio", 501),
    ],
)
def test_nothing_else_can_be_reached(page: Connect, path: str, status: int) -> None:
    """No service but ours, and no talk in both directions."""
    kind = "application/connect+json" if status == 501 else "application/json"
    with page.post(path, b"{}", Content_Type=kind) as answer:
        assert answer.status == status
        assert b"unimplemented" in answer.read()


def test_a_log_is_followed_by_its_lines_with_a_text(shop: Workshop, page: Connect) -> None:
    """Whole lines, as they come; who leaves ends the call."""
    shop.create("loud", "site")
    shop.start("loud")
    (port,) = shop.show("loud").ports
    asked = {"name": "loud", "follow": True, "lines": 1000, "contains": "needle"}
    with page.often("Studios/ReadStudioLogs", asked) as stream:
        for word in ("hay", "needle", "hay", "NEEDLE"):
            fetch(shop, port.url + word)
        lines: list[bytes] = []
        for message in stream:
            lines += base64.b64decode(message.get("data", "")).splitlines()
            if len(lines) >= 2:
                break
    assert [b"/needle" in lines[0], b"/NEEDLE" in lines[1]] == [True, True]
    shop.stop("loud")


def fetch(shop: Workshop, url: str) -> None:
    shop.inside("loud", f"python3 -c 'import urllib.request as u; u.urlopen(\"{url}\")' || true")


# ----------------------------------------------------------------- conflicts


@pytest.fixture(scope="module")
def parent(shop: Workshop, page: Connect, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A session of two folders that differ in 5,000 files; its name, and the local one."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    for folder in (here, there):
        for number in range(CONFLICTS - 5):
            (folder / f"{number:04}.txt").write_text(f"same\n{folder.name}\n")
        (folder / "binary").write_bytes(b"\x7fELF\0" + folder.name.encode())
        (folder / "large").write_bytes(folder.name.encode() * 300_000)
        (folder / "latin").write_bytes(b"gr\xfcn " + folder.name.encode())
        (folder / "moving").write_text(folder.name)
    (here / "way").symlink_to("binary")
    (there / "way").write_text("a file")
    shop.cstudio.run("sync", "create", str(here), str(there), "--name", "many")
    name = "syncSessions/many"
    eventually(
        lambda: (
            page.good("SyncSessions/GetSyncSession", name=name).get("conflictCount")
            == str(CONFLICTS)
        )
    )
    return f"{name} {here}"


def test_5000_conflicts_come_in_pages_and_none_is_left_out(page: Connect, parent: str) -> None:
    """Although the first hundreds are resolved between two pages."""
    parent, seen, token = parent.split()[0], [], ""
    began = time.monotonic()
    while True:
        answer = page.good("SyncSessions/ListSyncConflicts", parent=parent, pageToken=token)
        assert len(answer["conflicts"]) <= 500
        seen += [one["path"]["display"] for one in answer["conflicts"]]
        if len(seen) == 500:
            assert answer["totalSize"] == str(CONFLICTS)
            done = page.good(
                "SyncSessions/ResolveSyncConflicts",
                parent=parent, globs=["000?.txt"], keep="KEEP_LOCAL",
            )  # fmt: skip
            assert done["resolvedCount"] == "10"
        token = answer.get("nextPageToken", "")
        if not token:
            break
    assert len(seen) == len(set(seen)) == CONFLICTS
    assert answer["totalSize"] == str(CONFLICTS - 10)
    print(f"{CONFLICTS} conflicts in {time.monotonic() - began:.2f} s")
    found = page.good("SyncSessions/ListSyncConflicts", parent=parent, contains="ELF0")
    assert found == {}
    found = page.good("SyncSessions/ListSyncConflicts", parent=parent, contains="BIN")
    assert ([one["path"]["display"] for one in found["conflicts"]], found["totalSize"]) == (
        ["binary"],
        "1",
    )


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("0100.txt", "STATE_TEXT"),
        ("latin", "STATE_TEXT"),
        ("binary", "STATE_BINARY"),
        ("large", "STATE_TOO_LARGE"),
        ("way", "STATE_NOT_A_FILE"),
    ],
)
def test_both_sides_of_a_conflict_are_shown(
    page: Connect, parent: str, name: str, state: str
) -> None:
    """As text, or by size, digest and time; a link is told, not followed."""
    shown = page.good(
        "SyncSessions/ReadSyncConflict", parent=parent.split()[0], path={"display": name}
    )
    assert shown["local"]["state"] == state
    assert shown["conflict"]["path"]["display"] == name
    if name == "0100.txt":
        texts = {shown[side]["text"] for side in ("local", "remote")}
        assert all(text.startswith("same\n") for text in texts)
        assert len(texts) == 2
    elif name == "latin":
        assert shown["local"]["isLossy"] is True
        assert shown["local"]["text"].startswith("gr\\xfcn ")
    elif name == "way":
        assert shown["conflict"]["local"]["linkTarget"]["display"] == "binary"
        assert shown["remote"] == {"state": "STATE_TEXT", "text": "a file"}
    else:
        assert "text" not in shown["local"]
        assert len(shown["conflict"]["local"]["digest"]) == 64
        assert shown["conflict"]["local"]["modifyTime"]


def test_the_command_line_shows_them_as_a_diff(shop: Workshop, parent: str) -> None:
    """What the page shows side by side; and what is no text by size and digest."""
    there = Path(shop.cstudio.show("many")["target"]["path"]).name
    lines = shop.cstudio.run("sync", "diff", "many", "0100.txt").stdout.splitlines()
    assert lines == [
        "--- local/0100.txt",
        "+++ remote/0100.txt",
        "@@ -1,2 +1,2 @@",
        " same",
        f"-{Path(parent.split()[1]).name}",
        f"+{there}",
    ]
    assert "not text" in shop.cstudio.run("sync", "diff", "many", "binary").stdout
    told = shop.cstudio.json("sync", "diff", "many", "way")
    assert (told["local"]["content"], told["remote"]["text"]) == ("not_a_file", "a file")


def test_what_was_exchanged_for_a_link_is_not_read(page: Connect, parent: str) -> None:
    """Never what it leads to: at most that the file is not the one that was listed."""
    name, here = parent.split()
    os.replace(made_link(Path(here)), Path(here) / "moving")
    asked = {"parent": name, "path": {"display": "moving"}}
    status, shown = page.once("SyncSessions/ReadSyncConflict", asked)
    if status == 200:
        assert shown["local"]["state"] in ("STATE_CHANGED", "STATE_NOT_A_FILE")
    else:  # it was noticed already: a link that leads out is a problem, no version
        assert reason(shown) == ("not_found", "CONFLICT_NOT_FOUND")
    assert "root:" not in str(shown)


def made_link(folder: Path) -> Path:
    link = folder / ".moving-new"
    link.symlink_to("/etc/passwd")
    return link


def test_what_is_not_in_conflict_is_refused(page: Connect, parent: str) -> None:
    """With the reason that says so; and paths that lead out are none."""
    for display, expected in (
        ("none.txt", ("not_found", "CONFLICT_NOT_FOUND")),
        ("../etc/passwd", ("invalid_argument", "INVALID_PATH")),
        ("/etc/passwd", ("invalid_argument", "INVALID_PATH")),
    ):
        status, error = page.once(
            "SyncSessions/ReadSyncConflict",
            {"parent": parent.split()[0], "path": {"display": display}},
        )
        assert reason(error) == expected, status
