"""From what the shell there printed to observations and contents; pure."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, NO_STAMP, Entry, Problem, Seen
from cstudio_sync.fingerprint import fingerprint

from cstudiod.ports import Want
from cstudiod.sync.shell.listing import Found, Listing

_FETCH_BYTES = 8 * 1024 * 1024


def is_same(before: Seen | None, now: Seen) -> bool:
    """Tell whether nothing worth telling changed."""
    return before is not None and (before.entry, before.problem) == (now.entry, now.problem)


def folder_fingerprint(inside: list[Found]) -> bytes:
    """Return a folder's fingerprint from its listed children."""
    return fingerprint(
        [
            (paths.split(one.path)[1], NO_STAMP if one.kind == FOLDER else one.true_stamp)
            for one in inside
        ]
    )


def file_seen(whole: Listing, one: Found, line: str) -> Seen:
    """Return a hashed file as an observation; `line` is what the shell printed."""
    try:
        digest = bytes.fromhex(line)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        return Seen(one.path, problem=Problem.UNREADABLE, detail="it cannot be read there")
    entry = Entry(FILE, digest, one.size, bool(one.mode & 0o100))
    return Seen(one.path, entry, whole.stamp_of(one))


def link_seen(whole: Listing, one: Found, target: bytes) -> Seen:
    """Return a link as an observation; one that leads out is a problem."""
    stamp = whole.stamp_of(one)
    if paths.link_stays_inside(one.path, target):
        return Seen(one.path, Entry(LINK, target=target), stamp)
    return Seen(one.path, None, stamp, Problem.LINK_OUTSIDE, paths.display(target))


def chunks(wants: Sequence[Want]) -> list[list[Want]]:
    """Cut wanted files into lists of bounded content."""
    chunks: list[list[Want]] = [[]]
    size = 0
    for want in wants:
        if chunks[-1] and size + want.entry.size > _FETCH_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(want)
        size += want.entry.size
    return [chunk for chunk in chunks if chunk]


def members(output: bytes, wants: Sequence[Want]) -> dict[bytes, bytes]:
    """Take from a tar just what was asked for: regular, whole, with the right digest."""
    asked = {want.path: want for want in wants}
    found: dict[bytes, bytes] = {}
    try:
        with tarfile.open(
            fileobj=io.BytesIO(output), mode="r:", ignore_zeros=True,
            encoding="utf-8", errors="surrogateescape",
        ) as tar:  # fmt: skip
            for member in tar:
                path = member.name.encode("utf-8", "surrogateescape").removeprefix(b"./")
                want = asked.get(path)
                if want is None or not member.isreg() or member.size != want.entry.size:
                    continue
                file = tar.extractfile(member)
                content = file.read(want.entry.size) if file is not None else b""
                if hashlib.sha256(content).digest() == want.entry.digest:
                    found[path] = content
    except (tarfile.TarError, UnicodeError, ValueError, EOFError):
        return found  # what is missing is asked for again, or listed
    return found
