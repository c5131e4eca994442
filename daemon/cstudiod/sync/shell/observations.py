"""From what the shell there printed to observations and contents; pure."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence
from typing import NamedTuple

from cstudio_sync import paths
from cstudio_sync.entries import (
    DIGEST_BYTES,
    FILE,
    FOLDER,
    FOLDER_ENTRY,
    LINK,
    NO_STAMP,
    Entry,
    Problem,
    Seen,
)
from cstudio_sync.fingerprint import fingerprint

from cstudiod.ports import Want
from cstudiod.sync.shell.listing import Found, Listing, Mismatch

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


def file_seen(whole: Listing, one: Found, digest: bytes) -> Seen:
    """Return a hashed file as an observation; a short digest means it cannot be read."""
    if len(digest) != DIGEST_BYTES:
        return Seen(one.path, problem=Problem.UNREADABLE, detail="it cannot be read there")
    entry = Entry(FILE, digest, one.size, bool(one.mode & 0o100))
    return Seen(one.path, entry, whole.stamp_of(one))


def plain_seen(one: Found) -> Seen | None:
    """Return what needs no further look: folders and problems."""
    if one.problem:
        stamp = NO_STAMP if one.problem == Problem.UNREADABLE else one.true_stamp
        return Seen(one.path, None, stamp, one.problem)
    return Seen(one.path, FOLDER_ENTRY, one.true_stamp) if one.kind == FOLDER else None


def is_odd(path: bytes) -> bool:
    """Tell whether `sha256sum` would not print, or `tar` not take, the name as it is."""
    return any(one in path for one in (b"\n", b"\r", b"\\"))


class Hashed(NamedTuple):
    """What was said about one file while it was hashed."""

    digest: bytes
    """Empty: it could not be read."""
    line: bytes
    """What `stat` said afterwards; empty: it is gone."""


def hashed(output: bytes, wanted: Sequence[bytes]) -> dict[bytes, Hashed]:
    """Read what `scripts.HASH` printed about `wanted`.

    Raises:
        Mismatch: it is something else.
    """
    parts = output.split(b"\0")
    if len(parts) % 2 == 0:
        raise Mismatch("the digests are cut off")
    digests: dict[bytes, bytes] = {}
    lines: dict[bytes, bytes] = {}
    for sums, stats in zip(parts[0:-1:2], parts[1::2], strict=True):
        for line in sums.split(b"\n"):
            digests[line[68:]] = line[:64]
        for line in stats.split(b"\n"):
            fields, _, path = line.partition(b" ./")
            lines[path] = fields
    return {path: Hashed(_digest(digests.get(path)), lines.get(path, b"")) for path in wanted}


def hashed_odd(output: bytes, wanted: Sequence[bytes]) -> dict[bytes, Hashed]:
    """Read what `scripts.HASH_ODD` printed: two parts a name, in order.

    Raises:
        Mismatch: it is something else.
    """
    parts = output.split(b"\0")
    if len(parts) != 2 * len(wanted) + 1:
        raise Mismatch("digests of another number of files than asked")
    return {
        path: Hashed(_digest(digest), line.strip())
        for path, digest, line in zip(wanted, parts[0:-1:2], parts[1::2], strict=True)
    }


def _digest(text: bytes | None) -> bytes:
    try:
        return bytes.fromhex((text or b"").decode("ascii"))
    except ValueError:
        return b""


def link_targets(output: bytes, links: Sequence[Found]) -> dict[bytes, bytes | None]:
    """Read what `scripts.LINKS` printed; None: it is no link any more.

    Raises:
        Mismatch: it is something else.
    """
    parts = output.split(b"\0")
    if len(parts) != len(links) + 1:
        raise Mismatch("targets of another number of links than asked")
    return {
        one.path: part[:-2] if part.endswith(b"\nx") else None
        for one, part in zip(links, parts, strict=False)
    }


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
    """Take from a tar just what was asked for: regular, whole, with the right digest.

    A hard link counts when it leads to a file that came in the same tar.
    """
    asked = {want.path: want for want in wants}
    found: dict[bytes, bytes] = {}
    try:
        with tarfile.open(
            fileobj=io.BytesIO(output), mode="r:", ignore_zeros=True,
            encoding="utf-8", errors="surrogateescape",
        ) as tar:  # fmt: skip
            for member in tar:
                want = asked.get(_path_of(member.name))
                content = _content(tar, member, want, found) if want is not None else None
                if want is not None and content is not None and is_content(want, content):
                    found[want.path] = content
    except (tarfile.TarError, UnicodeError, ValueError, OverflowError, EOFError):
        return found  # what is missing is asked for again, or listed
    return found


def _path_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape").removeprefix(b"./")


def _content(
    tar: tarfile.TarFile, member: tarfile.TarInfo, want: Want, found: dict[bytes, bytes]
) -> bytes | None:
    if member.islnk():
        return found.get(_path_of(member.linkname))
    if not member.isreg() or member.issparse() or member.size != want.entry.size:
        return None
    file = tar.extractfile(member)
    return file.read(want.entry.size) if file is not None else None


def is_content(want: Want, content: bytes) -> bool:
    """Tell whether a content is that of the version wanted."""
    return len(content) == want.entry.size and hashlib.sha256(content).digest() == want.entry.digest
