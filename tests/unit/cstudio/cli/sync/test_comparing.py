"""Both versions of a conflict, for people and for programs."""

from __future__ import annotations

import pytest
from cstudio.cli.sync.comparing import picture, shape
from cstudio_api.v1 import paths_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb

TEXT, BINARY, ABSENT, LARGE, OTHER = (
    getattr(pb.SyncContent, f"STATE_{name}")
    for name in ("TEXT", "BINARY", "ABSENT", "TOO_LARGE", "NOT_A_FILE")
)
FILE = pb.SyncVersion(kind=pb.SYNC_KIND_FILE, size=7, digest="ab" * 32)


def answer(
    local: str | pb.SyncContent | None, remote: str | pb.SyncContent | None
) -> pb.ReadSyncConflictResponse:
    def side(given: str | pb.SyncContent | None) -> pb.SyncContent:
        if given is None:
            return pb.SyncContent(state=ABSENT)
        return pb.SyncContent(state=TEXT, text=given) if isinstance(given, str) else given

    return pb.ReadSyncConflictResponse(
        conflict=pb.SyncConflict(
            path=paths_pb2.FilePath(raw=b"a", display="a"),
            local=None if local is None else FILE,
            remote=None if remote is None else FILE,
        ),
        local=side(local),
        remote=side(remote),
    )


@pytest.mark.parametrize(
    ("local", "remote", "lines"),
    [
        (
            "1\n2\n",
            "1\n3\n",
            ["--- local/a", "+++ remote/a", "@@ -1,2 +1,2 @@", " 1", "-2", "+3"],
        ),
        (
            "1",
            "1\n",
            [
                "--- local/a",
                "+++ remote/a",
                "@@ -1 +1 @@",
                "-1",
                "\\ No newline at end of file",
                "+1",
            ],
        ),
        (None, "1\n", ["--- /dev/null", "+++ remote/a", "@@ -0,0 +1 @@", "+1"]),
        (
            "\x1b[31m\u2028\n",
            "",
            ["--- local/a", "+++ remote/a", "@@ -1 +0,0 @@", "-\\x1b[31m\\u2028"],
        ),
    ],
)  # fmt: skip
def test_texts_are_put_beside_each_other(
    local: str | None, remote: str | None, lines: list[str]
) -> None:
    """As `diff -u` does; and no file speaks to the terminal."""
    assert list(picture(answer(local, remote))) == lines


def test_what_is_no_text_is_told_by_size_digest_and_time() -> None:
    """One line a side."""
    digest = "ab" * 32
    found = answer(pb.SyncContent(state=BINARY), pb.SyncContent(state=LARGE))
    found.conflict.remote.modify_time.FromSeconds(0)
    told = list(picture(found))
    assert told[0] == f"local   not text, 7 bytes, sha256 {digest}, at an unknown time"
    assert told[1].startswith(f"remote  more than 1 MiB, 7 bytes, sha256 {digest}, 1970")


def test_folders_and_links_are_named() -> None:
    """Where a link leads is told, not shown."""
    found = answer(pb.SyncContent(state=OTHER), pb.SyncContent(state=OTHER))
    found.conflict.local.kind = pb.SYNC_KIND_FOLDER
    found.conflict.remote.kind = pb.SYNC_KIND_LINK
    found.conflict.remote.link_target.display = "/etc/passwd"
    assert list(picture(found)) == ["local   a folder", "remote  a link to /etc/passwd"]


def test_programs_get_the_text_or_why_there_is_none() -> None:
    """Beside what the list of conflicts says."""
    told = shape(answer("1\n", pb.SyncContent(state=BINARY)))
    assert (told["local"]["content"], told["local"]["text"]) == ("text", "1\n")
    assert (told["remote"]["content"], told["remote"]["text"]) == ("binary", None)
    assert shape(answer(None, "1"))["local"] is None
