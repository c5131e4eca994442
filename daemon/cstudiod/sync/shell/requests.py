"""Operations as parameters of the shell program, and its answers as outcomes."""

from __future__ import annotations

import io
import stat as modes
import struct
import tarfile
from collections.abc import Sequence

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FOLDER, LINK, STAMP_BYTES, Entry, Seen, stamp
from cstudio_sync.operations import Operation, Outcome

from cstudiod.errors import TargetError

_STATUSES = frozenset(
    (
        ops.OK, ops.CHANGED, ops.NOT_EMPTY, ops.DISK_FULL, ops.READ_ONLY, ops.FORBIDDEN, ops.BUSY,
        ops.CONTENT_MISMATCH, ops.NAME_REFUSED, ops.FAILED,
    )
)  # fmt: skip
_STAMP_FORMAT = "<qqqQI"


def names_block(wanted: Sequence[bytes]) -> bytes:
    """Return paths as the programs read them: below the root, ended by NUL."""
    return b"".join(b"./" + path + b"\0" for path in wanted)


def parameters(operations: Sequence[Operation]) -> bytes:
    """Return nine NUL-ended parameters an operation."""
    block = []
    for number, one in enumerate(operations):
        folder, name = paths.split(one.path)
        expected = one.expected.digest.hex() if one.expected is not None else ""
        digest = one.entry.digest.hex() if one.entry is not None else ""
        source = one.entry.target if one.verb == ops.PUT_LINK and one.entry else one.source
        values = (
            one.verb.encode(),
            folder,
            name,
            _expected(one),
            b"%d" % number,
            b"x" if one.entry is not None and one.entry.executable else b"-",
            f"{digest}:{expected}".encode(),
            b"keep" if one.keep else b"-",
            source,
        )
        block += [b"=" + value + b"\0" for value in values]
    return b"".join(block)


def _expected(one: Operation) -> bytes:
    if one.verb == ops.MAKE_FOLDER:
        return b"any"
    if one.expected is None:
        return b"absent"
    if one.expected.kind == FOLDER:
        return b"folder"
    if one.expected.kind == LINK:
        return b"link " + one.expected.target
    if len(one.stamp) != STAMP_BYTES:
        return b"racy -"
    size, mtime, ctime, inode, mode = struct.unpack(_STAMP_FORMAT, one.stamp)
    word = "sure" if ctime else "racy"
    return f"{word} {mode:x} {size} {mtime // 1_000_000_000} {inode}".encode()


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


def _outcome(one: Operation, line: str) -> Outcome:
    words = line.split(" ")
    if words[0] not in _STATUSES:
        raise TargetError("the shell there gave an answer that is none", reason="AGENT_REFUSED")
    if words[0] != ops.OK:
        return Outcome(one.path, words[0], None, _DETAILS.get(words[0], ""))
    kept = words[1] if len(words) > 1 and words[1] != "-" else ""
    return Outcome(one.path, ops.OK, _seen(one.path, one.entry, words[2:]), "", kept)


_DETAILS = {
    ops.NOT_EMPTY: "kept, because it holds what is not synced",
    ops.DISK_FULL: "no space is left there",
    ops.READ_ONLY: "the file system there is read-only",
    ops.FORBIDDEN: "the container's user may not write there",
}


def _seen(path: bytes, entry: Entry | None, fields: list[str]) -> Seen:
    if entry is None:
        return Seen(path)
    try:
        mode, size, mtime, _, inode = (int(fields[0], 16), *(int(one) for one in fields[1:5]))
    except (IndexError, ValueError) as error:
        raise TargetError("stat there printed no numbers", reason="AGENT_REFUSED") from error
    if entry.kind == FOLDER:
        return Seen(path, entry, stamp(0, 0, 0, inode, modes.S_IFDIR))
    # Written just now: in whole seconds, a later change might look the same.
    return Seen(path, entry, stamp(size, mtime * 1_000_000_000, 0, inode, mode))
