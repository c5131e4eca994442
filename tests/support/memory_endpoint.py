"""An endpoint over a tree in memory: deterministic, and cut wherever a test wants.

It keeps the promises of `cstudiod.ports.Endpoint` literally: it compares before
it touches, answers one outcome an operation, keeps what it is told to keep. A
`fuse` counts operations and reads down and then breaks the connection, before
or after the change it stands at.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, Entry, Seen
from cstudio_sync.fingerprint import fingerprint
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.rules import Rules
from cstudiod.errors import TargetError
from cstudiod.ports import Changes, Facts, Folder, Want

_versions = itertools.count(1)


def entry_of(content: bytes, executable: bool = False) -> Entry:
    """Return the entry of a file."""
    return Entry(FILE, hashlib.sha256(content).digest(), len(content), executable)


@dataclass
class Node:
    """One thing in a memory tree."""

    entry: Entry
    content: bytes = b""
    version: int = field(default_factory=lambda: next(_versions))

    @property
    def stamp(self) -> bytes:
        """Changes with every write; a folder's never does."""
        return b"" if self.entry.kind == FOLDER else b"v%d" % self.version


class MemoryTree:
    """A tree of files, folders and links, and what the trash holds."""

    def __init__(self) -> None:
        self.nodes: dict[bytes, Node] = {}
        self.trash: dict[str, bytes] = {}
        self.touched: list[bytes] = []

    def write(self, path: bytes, content: bytes, executable: bool = False) -> None:
        """Put a file, making its folders and replacing what is there."""
        self._make_room(path)
        self.nodes[path] = Node(entry_of(content, executable), content)
        self.touched.append(path)

    def make_folder(self, path: bytes) -> None:
        """Put a folder."""
        if path in self.nodes and self.nodes[path].entry.kind == FOLDER:
            return
        self._make_room(path)
        self.nodes[path] = Node(FOLDER_ENTRY)
        self.touched.append(path)

    def remove(self, path: bytes) -> None:
        """Remove a path and everything below it."""
        for one in [one for one in self.nodes if one == path or paths.is_below(one, path)]:
            del self.nodes[one]
            self.touched.append(one)

    def _make_room(self, path: bytes) -> None:
        for parent in paths.parents(path):
            node = self.nodes.get(parent)
            if node is None or node.entry.kind != FOLDER:
                self.make_folder(parent)
        self.remove(path)

    def shown(self) -> dict[bytes, tuple[Entry, bytes]]:
        """Return the tree as plain values, to compare."""
        return {path: (node.entry, node.content) for path, node in self.nodes.items()}

    def contents(self) -> set[bytes]:
        """Return every content that is somewhere in the tree or the trash."""
        kept = {node.content for node in self.nodes.values() if node.entry.kind == FILE}
        return kept | set(self.trash.values())

    def seen(self, path: bytes) -> Seen:
        """Observe one path."""
        node = self.nodes.get(path)
        return Seen(path) if node is None else Seen(path, node.entry, node.stamp)

    def children(self, folder: bytes) -> list[bytes]:
        """Return the names directly in a folder, sorted."""
        return sorted(paths.split(path)[1] for path in self.nodes if paths.split(path)[0] == folder)


class MemoryEndpoint:
    """The endpoint; make a new one for every connection to the same tree."""

    def __init__(self, tree: MemoryTree, fuse: Callable[[], bool] = lambda: False) -> None:
        """`fuse()` is asked at every step; True cuts the connection there."""
        self.tree = tree
        self._fuse = fuse
        self._queue: list[Changes] = []

    def _step(self) -> None:
        if self._fuse():
            raise TargetError("cut by the test", reason="CONNECTION_LOST")

    async def open(self) -> Facts:
        return Facts(endpoint="folder", watch="inotify", replica="r", inode=1)

    def push_touched(self) -> None:
        """Report what the test touched, as a watch would."""
        touched, self.tree.touched = self.tree.touched, []
        if touched:
            self._queue.append(Changes(seen=tuple(self.tree.seen(path) for path in touched)))

    def noticed(self) -> Sequence[Changes]:
        taken, self._queue = self._queue, []
        return taken

    async def quiesce(self) -> bool:
        self.push_touched()
        return True

    async def use_rules(self, rules: Rules) -> None: ...

    async def check_root(self) -> None: ...

    async def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        folders = [paths.ROOT] + [p for p, n in self.tree.nodes.items() if n.entry.kind == FOLDER]
        for folder in folders:
            self._step()
            names = self.tree.children(folder)
            stamps = [self.tree.nodes[paths.join(folder, name)].stamp for name in names]
            yield [(folder, fingerprint(zip(names, stamps, strict=True)))]

    async def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        for folder in folders:
            self._step()
            names = self.tree.children(folder.path)
            here = [self.tree.seen(paths.join(folder.path, name)) for name in names]
            known = folder.stamps
            yield [
                seen
                for seen in here
                if paths.split(seen.path)[1] not in known
                or known[paths.split(seen.path)[1]] != seen.stamp
            ] + [Seen(paths.join(folder.path, name)) for name in known if name not in names]

    async def observe(self, wanted: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        for path in wanted:
            self._step()
            if path != paths.ROOT:
                yield [self.tree.seen(path)]
            inside = [one for one in self.tree.nodes if paths.is_below(one, path)]
            yield [self.tree.seen(one) for one in sorted(inside)]

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        self._step()
        return [self._content(want) for want in wants]

    def _content(self, want: Want) -> bytes | None:
        node = self.tree.nodes.get(want.path)
        if node is None or node.entry.digest != want.entry.digest:
            return None
        return node.content

    async def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        yield self._content(want) or b""

    async def signature(self, want: Want) -> Sequence[bytes]:
        return ()

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        raise NotImplementedError("memory trees hold small files alone")

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        outcomes = []
        for operation in operations:
            self._step()
            outcomes.append(self._perform(operation))
            self._step()
        return outcomes

    async def read_kept(self, token: str) -> AsyncIterator[bytes]:
        yield self.tree.trash[token]

    async def drop_kept(self) -> None:
        self.tree.trash.clear()

    async def close(self) -> None: ...

    # ------------------------------------------------------------ operations

    def _perform(self, operation: Operation) -> Outcome:
        node = self.tree.nodes.get(operation.path)
        if (node.entry if node else None) != operation.expected:
            return self._outcome(operation, ops.CHANGED)
        parent = paths.split(operation.path)[0]
        if parent and not self._is_folder(parent):
            return self._outcome(operation, ops.CHANGED)
        kept = self._keep(operation, node)
        return self._change(operation)._replace(kept=kept)

    def _is_folder(self, path: bytes) -> bool:
        node = self.tree.nodes.get(path)
        return node is not None and node.entry.kind == FOLDER

    def _keep(self, operation: Operation, node: Node | None) -> str:
        if not operation.keep or node is None:
            return ""
        token = f"t{next(_versions)}"
        self.tree.trash[token] = node.content
        return token

    def _change(self, operation: Operation) -> Outcome:
        nodes, entry = self.tree.nodes, operation.entry
        if operation.verb == ops.REMOVE_FOLDER:
            if any(paths.is_below(path, operation.path) for path in nodes):
                return self._outcome(operation, ops.NOT_EMPTY)
            del nodes[operation.path]
        elif operation.verb == ops.REMOVE_FILE:
            del nodes[operation.path]
        elif operation.verb in (ops.MOVE_FILE, ops.COPY_FILE):
            source = nodes.get(operation.source)
            if source is None or source.stamp != operation.source_stamp:
                return self._outcome(operation, ops.CHANGED)
            assert entry is not None
            nodes[operation.path] = Node(entry, source.content)
            if operation.verb == ops.MOVE_FILE:
                del nodes[operation.source]
        elif operation.verb == ops.SET_EXECUTABLE:
            assert entry is not None
            nodes[operation.path] = Node(entry, nodes[operation.path].content)
        elif operation.verb == ops.PUT_FILE:
            assert entry is not None
            assert operation.data is not None
            if entry_of(operation.data).digest != entry.digest:
                return self._outcome(operation, ops.CONTENT_MISMATCH)
            nodes[operation.path] = Node(entry, operation.data)
        else:
            assert entry is not None
            nodes[operation.path] = Node(entry)
        return self._outcome(operation, ops.OK)

    def _outcome(self, operation: Operation, status: str) -> Outcome:
        return Outcome(operation.path, status, self.tree.seen(operation.path))
