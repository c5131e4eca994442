"""Compact packing of lists of records, for the bodies of frames.

A list is packed by columns: all paths joined by NUL, one byte of kind a
record, all digests one after the other, and so on. Columns are made and taken
apart by single calls that run at C speed, which matters for a first scan of
100,000 files.

What is unpacked came from a peer that is not trusted: every path is a proper
relative path, every kind known, every length bounded and every count
consistent, or `FrameError` or `PathRefused` is raised. Content that came
along has the digest that was announced.
"""

from __future__ import annotations

import hashlib
import struct
from functools import partial
from itertools import accumulate, chain, repeat
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from cstudio_sync.entries import (
    DIGEST_BYTES,
    FILE,
    FOLDER,
    FOLDER_ENTRY,
    LINK,
    Entry,
    Problem,
    Seen,
)
from cstudio_sync.fingerprint import FINGERPRINT_BYTES
from cstudio_sync.frames import FrameError
from cstudio_sync.operations import (
    BUSY,
    CHANGED,
    CONTENT_MISMATCH,
    COPY_FILE,
    DISK_FULL,
    FAILED,
    FORBIDDEN,
    MAKE_FOLDER,
    MOVE_FILE,
    NAME_REFUSED,
    NOT_EMPTY,
    OK,
    PUT_FILE,
    PUT_LINK,
    READ_ONLY,
    REMOVE_FILE,
    REMOVE_FOLDER,
    SET_EXECUTABLE,
    Operation,
    Outcome,
)
from cstudio_sync.paths import MAX_NAME_BYTES, MAX_PATH_BYTES, PathRefused, relative

MAX_RECORDS = 200_000
"""In one body: a sender cuts longer lists."""
MAX_TARGET_BYTES = 4096
"""Linux's own limit for a link's target."""
MAX_STAMP_BYTES = 64
MAX_TEXT_BYTES = 4096

VERBS = (
    MAKE_FOLDER,
    PUT_FILE,
    PUT_LINK,
    SET_EXECUTABLE,
    MOVE_FILE,
    COPY_FILE,
    REMOVE_FILE,
    REMOVE_FOLDER,
)
STATUSES = (
    OK,
    CHANGED,
    NOT_EMPTY,
    DISK_FULL,
    READ_ONLY,
    FORBIDDEN,
    BUSY,
    CONTENT_MISMATCH,
    NAME_REFUSED,
    FAILED,
)
PROBLEMS = frozenset(value for name, value in vars(Problem).items() if not name.startswith("_"))

# Kinds of a packed entry.
_ABSENT, _FILE, _EXECUTABLE, _FOLDER, _LINK = b"-fxdl"
_FILES = (_FILE, _EXECUTABLE)

_COUNT = struct.Struct("<I")


# ---------------------------------------------------------------------- columns


class _Packer:
    """Appends columns to a body."""

    def __init__(self, count: int) -> None:
        self._parts: List[bytes] = [_COUNT.pack(count)]

    def raw(self, column: bytes) -> None:
        self._parts.append(_COUNT.pack(len(column)))
        self._parts.append(column)

    def names(self, values: Iterable[bytes]) -> None:
        """Values without NUL; how many is known from elsewhere."""
        self.raw(b"\0".join(values))

    def texts(self, values: Iterable[str]) -> None:
        self.names(_text_bytes(value) for value in values)

    def sizes(self, values: Sequence[int]) -> None:
        self.raw(struct.pack("<%dQ" % len(values), *values))

    def blobs(self, values: Sequence[bytes]) -> None:
        lengths = list(map(len, values))
        self.raw(struct.pack("<%dI" % len(values), *lengths))
        self._parts.append(_COUNT.pack(sum(lengths)))
        self._parts += values  # joined once, at the end: they may be whole files

    def nested(self, packer: _Packer) -> None:
        """Append another list, as one column."""
        self._parts.append(_COUNT.pack(sum(map(len, packer._parts))))
        self._parts += packer._parts

    def entries(self, values: Sequence[Optional[Entry]]) -> None:
        kinds = bytearray()
        digests, sizes, targets = [], [], []
        for entry in values:
            if entry is None:
                kinds.append(_ABSENT)
            elif entry.kind == FILE:
                kinds.append(_EXECUTABLE if entry.executable else _FILE)
                digests.append(entry.digest)
                sizes.append(entry.size)
            elif entry.kind == FOLDER:
                kinds.append(_FOLDER)
            else:
                kinds.append(_LINK)
                targets.append(entry.target)
        self.raw(bytes(kinds))
        self.raw(b"".join(digests))
        self.sizes(sizes)
        self.names(targets)

    def body(self) -> bytes:
        return b"".join(self._parts)


class _Unpacker:
    """Takes columns from a body, in the order in which they were packed."""

    def __init__(self, body: bytes, start: int = 0, stop: int = -1) -> None:
        self._body = body
        self._position = start
        self._stop = len(body) if stop < 0 else stop
        self.count = self._number()
        if self.count > MAX_RECORDS:
            raise FrameError("a list announces %d records" % self.count)

    def _number(self) -> int:
        if self._position + _COUNT.size > self._stop:
            raise FrameError("a list ends early")
        number: int = _COUNT.unpack_from(self._body, self._position)[0]
        self._position += _COUNT.size
        return number

    def raw(self) -> bytes:
        start = self._column()
        return self._body[start : self._position]

    def nested(self) -> _Unpacker:
        start = self._column()
        return _Unpacker(self._body, start, self._position)

    def _column(self) -> int:
        """Pass over a column; return where it starts."""
        size = self._number()
        start = self._position
        if start + size > self._stop:
            raise FrameError("a list ends early")
        self._position = start + size
        return start

    def fixed(self, count: int, size: int) -> bytes:
        column = self.raw()
        if len(column) != count * size:
            raise FrameError("a column of %d bytes is no %d times %d" % (len(column), count, size))
        return column

    def names(self, count: int) -> List[bytes]:
        column = self.raw()
        if not count:
            if column:
                raise FrameError("a column should be empty")
            return []
        values = column.split(b"\0", count)
        if len(values) != count:
            raise FrameError("a column has %d values, not %d" % (len(values), count))
        return values

    def paths(self, count: int) -> List[bytes]:
        values = self.names(count)
        if not _all_plain(values):
            for value in values:
                relative(value)
        return values

    def texts(self, count: int) -> List[str]:
        try:
            return [_bounded(value, MAX_TEXT_BYTES).decode("utf-8") for value in self.names(count)]
        except UnicodeDecodeError:
            raise FrameError("a text is no UTF-8") from None

    def sizes(self, count: int) -> Tuple[int, ...]:
        return struct.unpack("<%dQ" % count, self.fixed(count, 8))

    def blobs(self, count: int) -> List[bytes]:
        lengths = struct.unpack("<%dI" % count, self.fixed(count, 4))
        body, start = self._body, self._column()
        size = self._position - start
        if sum(lengths) != size:
            raise FrameError("a column has %d bytes, not %d" % (size, sum(lengths)))
        if lengths and lengths[0] and lengths.count(lengths[0]) == count:
            return _equal_pieces(body[start : self._position], lengths[0])
        stops = accumulate(lengths, initial=start)
        next(stops)
        return [body[stop - length : stop] for length, stop in zip(lengths, stops)]

    def stamps(self, count: int) -> List[bytes]:
        values = self.blobs(count)
        if values and max(map(len, values)) > MAX_STAMP_BYTES:
            raise FrameError("a stamp is too long")
        return values

    def entries(self, count: int) -> List[Optional[Entry]]:
        kinds = self.fixed(count, 1)
        if kinds.translate(None, b"-fxdl"):
            raise FrameError("a record has an unknown kind")
        files = kinds.count(b"f") + kinds.count(b"x")
        digests = self.fixed(files, DIGEST_BYTES)
        sizes = self.sizes(files)
        if files and max(sizes) >= 1 << 63:
            raise FrameError("a file has an impossible size")
        targets = self.names(kinds.count(b"l"))
        for target in targets:
            if not target:
                raise FrameError("a link has no target")
            _bounded(target, MAX_TARGET_BYTES)
        return _entries(kinds, digests, sizes, targets)

    def end(self) -> None:
        if self._position != self._stop:
            raise FrameError("bytes follow the end of a list")


def _all_plain(paths: Sequence[bytes]) -> bool:
    """Tell at C speed whether `paths.relative` has nothing to say about any.

    False only means that each must be looked at.
    """
    names = b"\0%s\0" % b"\0".join(paths).replace(b"/", b"\0")
    return not (
        b"\0\0" in names
        or b"\0.\0" in names
        or b"\0..\0" in names
        or max(map(len, names.split(b"\0"))) > MAX_NAME_BYTES
        or max(map(len, paths)) > MAX_PATH_BYTES
    )


def _equal_pieces(column: bytes, size: int) -> List[bytes]:
    return list(chain.from_iterable(struct.iter_unpack("%ds" % size, column)))


# A named tuple's own constructor is Python code; for 100,000 records that
# is most of the time.
_new_entry: Callable[[Tuple[object, ...]], Entry] = partial(tuple.__new__, Entry)
_new_seen: Callable[[Tuple[object, ...]], Seen] = partial(tuple.__new__, Seen)


def _entries(
    kinds: bytes, digests: bytes, sizes: Sequence[int], targets: Sequence[bytes]
) -> List[Optional[Entry]]:
    bits = [kind == _EXECUTABLE for kind in kinds if kind in _FILES]
    content = _equal_pieces(digests, DIGEST_BYTES)
    files = map(_new_entry, zip(repeat(FILE), content, sizes, bits, repeat(b"")))
    if len(bits) == len(kinds):
        return list(files)
    links = (Entry(LINK, target=target) for target in targets)
    sources: Dict[int, Iterator[Optional[Entry]]] = {
        _ABSENT: repeat(None),
        _FILE: files,
        _EXECUTABLE: files,
        _FOLDER: repeat(FOLDER_ENTRY),
        _LINK: links,
    }
    return [next(sources[kind]) for kind in kinds]


def _bounded(value: bytes, limit: int) -> bytes:
    if len(value) > limit:
        raise FrameError("a value of %d bytes is longer than %d" % (len(value), limit))
    return value


def _text_bytes(text: str) -> bytes:
    """Make any text fit: bounded, without NUL, always valid UTF-8."""
    raw = text.replace("\0", " ").encode("utf-8", "backslashreplace")
    if len(raw) <= MAX_TEXT_BYTES:
        return raw
    return raw[:MAX_TEXT_BYTES].decode("utf-8", "ignore").encode("utf-8")


def _chosen(flags: bytes, values: Iterator[bytes]) -> List[Optional[bytes]]:
    return [next(values) if flag else None for flag in flags]


# ------------------------------------------------------------------ observations


def pack_seen(seen: Sequence[Seen]) -> bytes:
    """Pack observations; a detail travels only with a problem."""
    packer = _Packer(len(seen))
    packer.names([one.path for one in seen])
    _pack_what_is_there(packer, seen)
    return packer.body()


def _pack_what_is_there(packer: _Packer, seen: Sequence[Seen]) -> None:
    packer.entries([one.entry for one in seen])
    packer.blobs([one.stamp for one in seen])
    troubled = [index for index, one in enumerate(seen) if one.problem]
    packer.blobs([struct.pack("<%dI" % len(troubled), *troubled)])
    packer.texts([seen[index].problem for index in troubled])
    packer.texts([seen[index].detail for index in troubled])
    full = [index for index, one in enumerate(seen) if one.content is not None]
    packer.blobs([struct.pack("<%dI" % len(full), *full)])
    packer.blobs([seen[index].content or b"" for index in full])


def unpack_seen(body: bytes) -> List[Seen]:
    """Unpack observations.

    Raises:
        FrameError: the body is not what `pack_seen` makes.
        PathRefused: a path is no proper relative path.
    """
    unpacker = _Unpacker(body)
    paths = unpacker.paths(unpacker.count)
    seen = _unpack_what_is_there(unpacker, paths)
    unpacker.end()
    return seen


def _unpack_what_is_there(unpacker: _Unpacker, paths: Sequence[bytes]) -> List[Seen]:
    count = len(paths)
    entries = unpacker.entries(count)
    stamps = unpacker.stamps(count)
    plain = zip(paths, entries, stamps, repeat(""), repeat(""), repeat(None))
    seen = list(map(_new_seen, plain))
    troubled = _indexes(unpacker, count)
    problems, details = unpacker.texts(len(troubled)), unpacker.texts(len(troubled))
    for index, problem, detail in zip(troubled, problems, details):
        if problem not in PROBLEMS or seen[index].entry is not None:
            raise FrameError("an observation has an impossible problem")
        seen[index] = seen[index]._replace(problem=problem, detail=detail)
    full = _indexes(unpacker, count)
    for index, content in zip(full, unpacker.blobs(len(full))):
        seen[index] = _with_content(seen[index], content)
    return seen


def _indexes(unpacker: _Unpacker, count: int) -> Tuple[int, ...]:
    """Unpack increasing positions of records."""
    raw = unpacker.blobs(1)[0]
    if len(raw) % 4:
        raise FrameError("a list of positions is broken")
    indexes = struct.unpack("<%dI" % (len(raw) // 4), raw)
    if any(later <= earlier for earlier, later in zip(indexes, indexes[1:])):
        raise FrameError("a list of positions is not in order")
    if indexes and indexes[-1] >= count:
        raise FrameError("a position is out of range")
    return indexes


def _with_content(seen: Seen, content: bytes) -> Seen:
    entry = seen.entry
    if entry is None or entry.kind != FILE or entry.size != len(content):
        raise FrameError("content came with something that is no such file")
    if hashlib.sha256(content).digest() != entry.digest:
        raise FrameError("content came that has not the digest announced")
    return seen._replace(content=content)


# ------------------------------------------------------------------ simple lists


def pack_paths(paths: Sequence[bytes]) -> bytes:
    """Pack paths."""
    packer = _Packer(len(paths))
    packer.names(paths)
    return packer.body()


def unpack_paths(body: bytes) -> List[bytes]:
    """Unpack paths; raises as `unpack_seen`."""
    unpacker = _Unpacker(body)
    paths = unpacker.paths(unpacker.count)
    unpacker.end()
    return paths


def pack_fingerprints(pairs: Sequence[Tuple[bytes, bytes]]) -> bytes:
    """Pack (folder, fingerprint) pairs."""
    packer = _Packer(len(pairs))
    packer.names([folder for folder, _ in pairs])
    packer.raw(b"".join([fingerprint for _, fingerprint in pairs]))
    return packer.body()


def unpack_fingerprints(body: bytes) -> List[Tuple[bytes, bytes]]:
    """Unpack (folder, fingerprint) pairs; raises as `unpack_seen`."""
    unpacker = _Unpacker(body)
    folders = unpacker.paths(unpacker.count)
    column = unpacker.fixed(len(folders), FINGERPRINT_BYTES)
    unpacker.end()
    starts = range(0, len(column), FINGERPRINT_BYTES)
    return [
        (folder, column[start : start + FINGERPRINT_BYTES])
        for folder, start in zip(folders, starts)
    ]


def pack_folders(folders: Sequence[Tuple[bytes, Mapping[bytes, bytes]]]) -> bytes:
    """Pack folders with the stamps of their known children."""
    packer = _Packer(len(folders))
    packer.names([path for path, _ in folders])
    packer.sizes([len(stamps) for _, stamps in folders])
    packer.names([name for _, stamps in folders for name in stamps])
    packer.blobs([stamp for _, stamps in folders for stamp in stamps.values()])
    return packer.body()


def unpack_folders(body: bytes) -> List[Tuple[bytes, Dict[bytes, bytes]]]:
    """Unpack folders with their children's stamps; raises as `unpack_seen`."""
    unpacker = _Unpacker(body)
    paths = unpacker.paths(unpacker.count)
    counts = unpacker.sizes(len(paths))
    total = sum(counts)
    if total > MAX_RECORDS:
        raise FrameError("a list announces %d records" % total)
    names = unpacker.paths(total)
    if b"" in names or any(b"/" in name for name in names):
        raise PathRefused("a name is empty or has a slash")
    children = zip(names, unpacker.stamps(total))
    unpacker.end()
    return [
        (path, dict(next(children) for _ in range(count))) for path, count in zip(paths, counts)
    ]


def pack_contents(contents: Sequence[Optional[bytes]]) -> bytes:
    """Pack files' contents; None for a file that is gone."""
    return _contents(contents).body()


def _contents(contents: Sequence[Optional[bytes]]) -> _Packer:
    packer = _Packer(len(contents))
    packer.raw(bytes(content is not None for content in contents))
    packer.blobs([content for content in contents if content is not None])
    return packer


def unpack_contents(body: bytes) -> List[Optional[bytes]]:
    """Unpack files' contents.

    Raises:
        FrameError: the body is not what `pack_contents` makes.
    """
    return _unpack_contents(_Unpacker(body))


def _unpack_contents(unpacker: _Unpacker) -> List[Optional[bytes]]:
    flags = unpacker.fixed(unpacker.count, 1)
    present = unpacker.blobs(len(flags) - flags.count(0))
    unpacker.end()
    return _chosen(flags, iter(present))


# ------------------------------------------------------------ operations, outcomes


def pack_operations(operations: Sequence[Operation]) -> bytes:
    """Pack operations with their data."""
    packer = _Packer(len(operations))
    packer.raw(bytes(VERBS.index(one.verb) for one in operations))
    packer.raw(bytes(one.keep for one in operations))
    packer.names([one.path for one in operations])
    packer.names([one.source for one in operations])
    packer.entries([one.entry for one in operations])
    packer.entries([one.expected for one in operations])
    packer.blobs([one.stamp for one in operations])
    packer.blobs([one.source_stamp for one in operations])
    packer.texts([one.staged for one in operations])
    packer.nested(_contents([one.data for one in operations]))
    return packer.body()


def unpack_operations(body: bytes) -> List[Operation]:
    """Unpack operations; raises as `unpack_seen`."""
    unpacker = _Unpacker(body)
    count = unpacker.count
    verbs = unpacker.fixed(count, 1)
    keeps = unpacker.fixed(count, 1)
    if verbs and max(verbs) >= len(VERBS):
        raise FrameError("an operation has an unknown verb")
    paths, sources = unpacker.paths(count), unpacker.paths(count)
    entries, expected = unpacker.entries(count), unpacker.entries(count)
    stamps, source_stamps = unpacker.stamps(count), unpacker.stamps(count)
    staged = unpacker.texts(count)
    data = _exactly(count, _unpack_contents(unpacker.nested()))
    unpacker.end()
    words = [VERBS[verb] for verb in verbs]
    return list(
        map(
            Operation,
            words,
            paths,
            entries,
            expected,
            stamps,
            sources,
            source_stamps,
            data,
            staged,
            map(bool, keeps),
        )
    )


def pack_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """Pack outcomes; `now` must be about the outcome's own path."""
    packer = _Packer(len(outcomes))
    packer.raw(bytes(STATUSES.index(one.status) for one in outcomes))
    packer.names([one.path for one in outcomes])
    packer.texts([one.detail for one in outcomes])
    packer.texts([one.kept for one in outcomes])
    packer.raw(bytes(one.now is not None for one in outcomes))
    _pack_what_is_there(packer, [one.now for one in outcomes if one.now is not None])
    return packer.body()


def unpack_outcomes(body: bytes) -> List[Outcome]:
    """Unpack outcomes; raises as `unpack_seen`."""
    unpacker = _Unpacker(body)
    count = unpacker.count
    statuses = unpacker.fixed(count, 1)
    if statuses and max(statuses) >= len(STATUSES):
        raise FrameError("an outcome has an unknown status")
    paths = unpacker.paths(count)
    details, kept = unpacker.texts(count), unpacker.texts(count)
    flags = unpacker.fixed(count, 1)
    seen = iter(_unpack_what_is_there(unpacker, [path for path, flag in zip(paths, flags) if flag]))
    unpacker.end()
    return [
        Outcome(path, STATUSES[status], next(seen) if flag else None, detail, token)
        for path, status, flag, detail, token in zip(paths, statuses, flags, details, kept)
    ]


def _exactly(count: int, values: List[Optional[bytes]]) -> List[Optional[bytes]]:
    if len(values) != count:
        raise FrameError("a column has %d values, not %d" % (len(values), count))
    return values
