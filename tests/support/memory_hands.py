"""Hands on a tree in memory, as `support.hands` has them on disks."""

from __future__ import annotations

from typing import Any

from cstudio_sync.entries import FILE, FOLDER, LINK, Entry
from support.hands import Listing
from support.memory_endpoint import MemoryTree, Node


class MemoryHands:
    """What other programs do to a tree in memory."""

    def __init__(self, tree: MemoryTree) -> None:
        """`tree` is what an endpoint serves."""
        self._tree = tree

    def write(self, path: bytes, data: bytes = b"", *, executable: bool = False) -> None:
        """Put or rewrite a file."""
        self._tree.write(path, data, executable)

    def folder(self, path: bytes) -> None:
        """Make a folder and its parents; fine when it is there."""
        self._tree.make_folder(path)

    def link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link."""
        self._tree.nodes[path] = Node(Entry(LINK, target=target))
        self._tree.touched.append(path)

    def remove(self, path: bytes) -> None:
        """Remove whatever is there, with all that is in it."""
        self._tree.remove(path)

    def rename(self, path: bytes, target: bytes) -> None:
        """Rename a file within the root."""
        node = self._tree.nodes[path]
        self._tree.remove(path)
        self._tree.nodes[target] = node
        self._tree.touched.append(target)

    def set_executable(self, path: bytes, executable: bool) -> None:
        """Change a file's mode."""
        self._tree.write(path, self._tree.nodes[path].content, executable)

    def listing(self) -> Listing:
        """Return everything below the root."""
        return {path: _shown(node) for path, node in self._tree.nodes.items()}


def _shown(node: Node) -> tuple[Any, ...]:
    entry = node.entry
    if entry.kind == FILE:
        return ("file", entry.digest, entry.size, entry.executable)
    if entry.kind == FOLDER:
        return ("folder",)
    return ("link", entry.target)
