"""Where one side differs from the ancestor, kept as observations come in.

A path that is not in the map equals the ancestor on that side. Two promises
hold for the planner (`cstudio_sync.reconcile`): when a folder is gone or is
something else now, everything the ancestor has below it is in the map as
absent; and no absent path has a present one below it.

`merge` returns the paths whose decision may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cstudio_sync import paths
from cstudio_sync.entries import FOLDER, Seen

from cstudiod.store.ancestor import Ancestor, Row

_RESTAMP_BATCH = 500


class Differences:
    """One side's differences from the ancestor."""

    def __init__(self, side: str, ancestor: Ancestor) -> None:
        """`side` is ``local`` or ``remote``."""
        self.side = side
        self._ancestor = ancestor
        self._map: dict[bytes, Seen] = {}
        self._present = 0  # how many values are not plain absences

    @property
    def map(self) -> dict[bytes, Seen]:
        """The differences by path; read only."""
        return self._map

    def get(self, path: bytes) -> Seen | None:
        """Return what differs at `path`, None when the side is as remembered."""
        return self._map.get(path)

    def below(self, folder: bytes) -> Iterator[bytes]:
        """Yield the differing paths strictly below `folder`."""
        if folder == paths.ROOT:
            yield from [path for path in self._map if path != paths.ROOT]
            return
        prefix = folder + b"/"
        yield from [path for path in self._map if path.startswith(prefix)]

    def merge(self, observations: Sequence[Seen]) -> set[bytes]:
        """Take in what was seen; return the paths that need a decision."""
        dirty: set[bytes] = set()
        stamps: list[tuple[bytes, bytes]] = []
        known = self._ancestor.get(seen.path for seen in observations)
        for seen in observations:
            if seen.path == paths.ROOT:
                continue
            row = known.get(seen.path)
            self._merge_one(seen, row, dirty)
            if row is not None and seen.entry == row.entry and seen.stamp != row.stamp(self.side):
                stamps.append((seen.path, seen.stamp))
        for start in range(0, len(stamps), _RESTAMP_BATCH):
            self._ancestor.restamp(self.side, stamps[start : start + _RESTAMP_BATCH])
        return dirty

    def _merge_one(self, seen: Seen, row: Row | None, dirty: set[bytes]) -> None:
        path = seen.path
        before = self._map.get(path)
        if not seen.problem and seen.entry == (row.entry if row else None):
            if before is not None:
                self._drop(path)
                dirty.add(path)
        else:
            self._put(path, seen)
            dirty.add(path)
        if _has_below(seen):
            return
        if row is not None and row.entry.kind == FOLDER:
            if before is None or _is_present(before):
                self._all_gone_below(path, dirty)
        elif before is not None and _has_below(before):
            self._nothing_below(path, dirty)

    def _all_gone_below(self, folder: bytes, dirty: set[bytes]) -> None:
        remembered = {path for path, _ in self._ancestor.below(folder)}
        if self._present:
            for path in list(self.below(folder)):
                if path not in remembered:
                    self._drop(path)
                    dirty.add(path)
        for path in remembered:
            self._put(path, Seen(path))
            dirty.add(path)

    def _nothing_below(self, path: bytes, dirty: set[bytes]) -> None:
        for child in list(self.below(path)):
            self._drop(child)
            dirty.add(child)

    def only_these_exist(self, seen: Iterable[bytes], unknown: Iterable[bytes]) -> set[bytes]:
        """Mark every remembered path that a complete look did not find as absent.

        `unknown` are the paths with a problem: nothing below them is absent.
        Walks all rows.
        """
        present = set(seen)
        blind = tuple(path + b"/" for path in unknown)
        dirty: set[bytes] = set()
        for path, _ in self._ancestor.everything():
            if path not in present and not path.startswith(blind):
                self._put(path, Seen(path))
                dirty.add(path)
        return dirty

    def agree(self, path: bytes) -> None:
        """The ancestor now holds what this side holds."""
        self._drop(path)

    def forget(self) -> None:
        """Start from nothing known."""
        self._map.clear()
        self._present = 0

    def _put(self, path: bytes, seen: Seen) -> None:
        before = self._map.get(path)
        self._present += _is_present(seen) - (before is not None and _is_present(before))
        self._map[path] = seen if seen.content is None else seen._replace(content=None)

    def _drop(self, path: bytes) -> None:
        before = self._map.pop(path, None)
        if before is not None:
            self._present -= _is_present(before)


def _has_below(seen: Seen) -> bool:
    return bool(seen.problem) or (seen.entry is not None and seen.entry.kind == FOLDER)


def _is_present(seen: Seen) -> bool:
    return bool(seen.problem) or seen.entry is not None
