"""Operations as parameters of the shell program, and its answers as outcomes; pure."""

from __future__ import annotations

import io
import stat as modes
import struct
import tarfile
from collections.abc import Sequence

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, Entry, Seen, stamp, stamp_fields
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.paths import is_temporary, link_stays_inside

from cstudiod.errors import TargetError

_STATUSES = frozenset(
    (
        ops.OK, ops.CHANGED, ops.NOT_EMPTY, ops.DISK_FULL, ops.READ_ONLY, ops.FORBIDDEN, ops.BUSY,
        ops.CONTENT_MISMATCH, ops.NAME_REFUSED, ops.FAILED,
    )
)  # fmt: skip
_NANO = 1_000_000_000
_LONGEST_PATH = 4000
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:=-")


def names_block(wanted: Sequence[bytes]) -> bytes:
    """Return paths as the programs read them: below the root, ended by NUL."""
    return b"".join(b"./" + path + b"\0" for path in wanted)


def escaped(raw: bytes) -> bytes:
    """Return text that ``printf %b`` turns into `raw`, whatever is in it."""
    return b"".join([_ESCAPES[byte] for byte in raw])


_ESCAPES = [bytes((byte,)) if byte in _PLAIN else b"\\0%03o" % byte for byte in range(256)]


def refusal(one: Operation, root: str) -> Outcome | None:
    """Return why an operation is not even sent."""
    if one.path == paths.ROOT or any(map(is_temporary, one.path.split(b"/"))):
        return Outcome(one.path, ops.NAME_REFUSED, None, "the name is the engine's own")
    if len(one.path) + len(root.encode("utf-8", "surrogateescape")) > _LONGEST_PATH:
        detail = "the path is too long for the programs there"
        return Outcome(one.path, ops.NAME_REFUSED, None, detail)
    entry = one.entry
    if entry is not None and entry.kind == LINK and not link_stays_inside(one.path, entry.target):
        return Outcome(one.path, ops.NAME_REFUSED, None, "the link leads out of the root")
    return None


def parameters(operations: Sequence[Operation]) -> bytes:
    """Return ten NUL-ended parameters an operation, as text for ``printf %b``."""
    block = []
    for number, one in enumerate(operations):
        folder, name = paths.split(one.path)
        digests = (_hex(one.entry) + ":" + _hex(one.expected)).encode()
        source = one.entry.target if one.verb == ops.PUT_LINK and one.entry else one.source
        executable = b"x" if one.entry is not None and one.entry.executable else b"-"
        values = (
            one.verb.encode(), folder, name, _expected(one), b"%d" % number, executable, digests,
            b"keep" if one.keep else b"-", source, _stamp(one.source_stamp),
        )  # fmt: skip
        block += [b"=" + value + b"\0" for value in values]
    return escaped(b"".join(block))


def _hex(entry: Entry | None) -> str:
    return entry.digest.hex() if entry is not None else ""


def _expected(one: Operation) -> bytes:
    if one.verb == ops.MAKE_FOLDER:
        return b"any"
    if one.expected is None:
        return b"absent"
    if one.expected.kind == FOLDER:
        return b"folder"
    if one.expected.kind == LINK:
        return b"link " + one.expected.target
    executable = b"x" if one.expected.executable else b"-"
    return b"file " + executable + b" " + _stamp(one.stamp)


def _stamp(packed: bytes) -> bytes:
    """Return a stamp as `stat` prints it; ``-`` when the content must decide."""
    one = stamp_fields(packed)
    if one is None or not one.ctime_ns:
        return b"-"
    mtime, ctime = one.mtime_ns // _NANO, one.ctime_ns // _NANO
    return f"{one.mode:x} {one.size} {mtime} {ctime} {one.inode}".encode()


def archive(operations: Sequence[Operation]) -> bytes:
    """Return the contents as a tar whose members are the operations' numbers."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, one in enumerate(operations):
            if one.verb == ops.PUT_FILE and one.data is not None:
                info = tarfile.TarInfo(str(number))
                info.size = len(one.data)
                info.mode = 0o600
                tar.addfile(info, io.BytesIO(one.data))
    return packed.getvalue()


def outcomes(operations: Sequence[Operation], output: bytes) -> list[Outcome]:
    """Return what became of each operation.

    Raises:
        TargetError: the answers do not fit the questions.
    """
    lines = output.decode("ascii", "replace").splitlines()
    if len(lines) != len(operations):
        raise TargetError(
            f"the shell there answered {len(lines)} of {len(operations)} operations",
            reason="AGENT_REFUSED",
        )
    return [_outcome(one, line) for one, line in zip(operations, lines, strict=True)]


def status_of(word: str) -> str:
    """Return a status that a program printed.

    Raises:
        TargetError: it is none.
    """
    if word not in _STATUSES:
        raise TargetError("the shell there gave an answer that is none", reason="AGENT_REFUSED")
    return word


def detail_of(status: str) -> str:
    """Return what a status means there, for people."""
    return _DETAILS.get(status, "")


def _outcome(one: Operation, line: str) -> Outcome:
    words = line.split(" ")
    if status_of(words[0]) != ops.OK:
        return Outcome(one.path, words[0], None, detail_of(words[0]))
    kept = words[1] if len(words) > 1 and words[1] != "-" else ""
    return Outcome(one.path, ops.OK, _seen(one.path, one.entry, words[2:]), "", kept[:64])


_DETAILS = {
    ops.NOT_EMPTY: "kept, because it holds what is not synced",
    ops.DISK_FULL: "no space is left there",
    ops.READ_ONLY: "the file system there is read-only",
    ops.FORBIDDEN: "the container's user may not write there",
}


def _seen(path: bytes, entry: Entry | None, fields: list[str]) -> Seen:
    """Return what the program left; a stamp of whole seconds never matches that early."""
    if entry is None or not any(fields):
        return Seen(path, entry)
    try:
        mode, size, mtime, _, inode = (int(fields[0], 16), *(int(one) for one in fields[1:5]))
        if entry.kind == FOLDER:
            return Seen(path, entry, stamp(0, 0, 0, inode, modes.S_IFDIR))
        if entry.kind == FILE and size != entry.size:
            return Seen(path, entry)  # somebody wrote there meanwhile
        return Seen(path, entry, stamp(size, mtime * _NANO, 0, inode, mode))
    except (IndexError, ValueError, struct.error) as error:
        raise TargetError("stat there printed no numbers", reason="AGENT_REFUSED") from error
