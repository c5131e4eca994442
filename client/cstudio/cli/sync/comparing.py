"""`cstudio sync diff`: what both sides have at a path in conflict."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import click
from cstudio_api.v1 import sync_sessions_pb2 as pb

from cstudio.cli import output
from cstudio.cli.session import connected, name_argument, path_below

_NO_END = "\\ No newline at end of file"
_SAID = {
    pb.SyncContent.STATE_BINARY: "not text",
    pb.SyncContent.STATE_TOO_LARGE: "more than 1 MiB",
    pb.SyncContent.STATE_ABSENT: "nothing",
    pb.SyncContent.STATE_CHANGED: "changed since it was listed",
}
_WORDS = {number: name[len("STATE_") :].lower() for name, number in pb.SyncContent.State.items()}


@click.command("diff")
@name_argument
@click.argument("path")
@output.format_option
def diff(name: str, path: str, form: str) -> None:
    """Show both versions of a path in conflict.

    As a unified diff from the local version to the remote one; of what is no text, or of
    more than 1 MiB, size, digest and time. PATH is relative to the session's roots, or
    absolute and inside the local one.
    """
    with connected() as client:
        answer = client.sessions.read_conflict(name, path_below(client, name, path))
    output.show(
        form,
        data=lambda: shape(answer),
        table=lambda: picture(answer),
        names=lambda: [answer.conflict.path.display],
    )


def shape(answer: pb.ReadSyncConflictResponse) -> dict[str, Any]:
    """Return both versions for programs."""
    from cstudio.cli import shapes

    told = shapes.conflict(answer.conflict)
    for side, content in (("local", answer.local), ("remote", answer.remote)):
        if told[side] is not None:
            is_text = content.state == pb.SyncContent.STATE_TEXT
            told[side] = {
                **told[side],
                "content": _WORDS[content.state],
                "text": content.text if is_text else None,
            }
    return told


def picture(answer: pb.ReadSyncConflictResponse) -> Iterator[str]:
    """Yield both versions for people: a unified diff, or a line for each."""
    name = answer.conflict.path.display
    shown = (pb.SyncContent.STATE_TEXT, pb.SyncContent.STATE_ABSENT)
    if answer.local.state in shown and answer.remote.state in shown:
        yield from _unified(name, answer.local, answer.remote)
        return
    conflict = answer.conflict
    for side, content, version in (
        ("local", answer.local, conflict.local if conflict.HasField("local") else None),
        ("remote", answer.remote, conflict.remote if conflict.HasField("remote") else None),
    ):
        yield f"{side:6}  {_told(content, version)}"


def _unified(name: str, local: pb.SyncContent, remote: pb.SyncContent) -> Iterator[str]:
    lines = difflib.unified_diff(
        _lines(local.text), _lines(remote.text), _named("local", name, local),
        _named("remote", name, remote), lineterm="\n",
    )  # fmt: skip
    for line in lines:
        yield _plain(line.removesuffix("\n"))
        if not line.endswith("\n"):
            yield _NO_END


def _named(side: str, name: str, content: pb.SyncContent) -> str:
    return "/dev/null" if content.state == pb.SyncContent.STATE_ABSENT else f"{side}/{name}"


def _lines(text: str) -> list[str]:
    *whole, rest = text.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def _plain(line: str) -> str:
    """Let no file speak to the terminal: control characters become ``\\xNN``."""
    return "".join(
        sign if sign == "\t" or sign.isprintable() else sign.encode("unicode_escape").decode()
        for sign in line
    )


def _told(content: pb.SyncContent, version: pb.SyncVersion | None) -> str:
    from cstudio.cli import shapes

    if version is None:
        return _SAID[pb.SyncContent.STATE_ABSENT]
    if version.kind == pb.SYNC_KIND_LINK:
        return f"a link to {version.link_target.display}"
    if version.kind == pb.SYNC_KIND_FOLDER:
        return "a folder"
    said = _SAID.get(content.state, "text")
    when = shapes.time(version, "modify_time") or "at an unknown time"
    return f"{said}, {version.size} bytes, sha256 {version.digest}, {when}"
