"""Random histories on both sides, with cuts in between, for each mode.

Two memory trees, the real mirror, the real ancestor. Between edits the mirror
settles, is cut at a random step, or is made anew as after a crash.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from cstudio_sync.entries import FILE, Entry
from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Mode
from cstudiod.store.ancestor import Ancestor
from cstudiod.supervise import Blocking
from cstudiod.sync.ledger import Ledger
from cstudiod.sync.mirror import Mirror
from hypothesis import given
from hypothesis import strategies as st
from support.memory_endpoint import MemoryEndpoint, MemoryTree

PATHS = [b"a", b"b", b"d", b"d/x", b"d/y", b"d/e", b"d/e/z", b"f"]
CONTENTS = [b"", b"same", *(b"content %d" % number for number in range(30))]

edits = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.sampled_from(CONTENTS), st.booleans()),
    st.tuples(st.just("folder"), st.sampled_from(PATHS), st.just(b""), st.just(False)),
    st.tuples(st.just("remove"), st.sampled_from(PATHS), st.just(b""), st.just(False)),
)
local_edits = st.lists(st.tuples(st.just("local"), edits), max_size=3)
remote_edits = st.lists(st.tuples(st.just("remote"), edits), max_size=3)
endings = st.tuples(st.sampled_from(["settle", "cut", "restart"]), st.integers(0, 12))
rounds = st.tuples(local_edits, remote_edits, endings).map(lambda one: [*one[0], *one[1], one[2]])
histories = st.lists(rounds, min_size=1, max_size=5).map(
    lambda many: [moment for one in many for moment in one]
)


class _Quiet:
    """An observer that keeps nothing but the trash's tokens."""

    def looked(self, count: int) -> None: ...
    def planned(self, files: int, size: int) -> None: ...
    def transferred(self, path: bytes, size: int) -> None: ...
    def applied(self, count: int) -> None: ...
    def kept(self, side: str, path: bytes, entry: Entry, token: str, why: str) -> None: ...


class Bench:
    """Two trees and what mirrors them."""

    def __init__(self, mode: str, folder: Path) -> None:
        self.mode = mode
        self.local, self.remote = MemoryTree(), MemoryTree()
        self.ancestor = Ancestor(folder / "ancestor.db")
        self.threads = Blocking("test")
        self.mirror: Mirror | None = None
        self.written: set[bytes] = set()

    def edit(self, tree: MemoryTree, edit: tuple[str, bytes, bytes, bool]) -> None:
        verb, path, content, executable = edit
        if verb == "write":
            tree.write(path, content, executable)
        elif verb == "folder":
            tree.make_folder(path)
        else:
            tree.remove(path)

    async def connect(self, fuse: int | None = None) -> Mirror:
        left = [fuse]

        def blown() -> bool:
            if left[0] is None:
                return False
            left[0] -= 1
            return left[0] < 0

        mirror = Mirror(
            mode=self.mode,
            ancestor=self.ancestor,
            local=MemoryEndpoint(self.local),
            remote=MemoryEndpoint(self.remote, blown),
            ledger=Ledger(),
            observer=_Quiet(),
            threads=self.threads,
            clock=lambda: 0.0,
        )
        self.local.touched.clear()
        self.remote.touched.clear()
        await mirror.look()
        return mirror

    async def settle(self, fuse: int | None = None, *, again: bool = False) -> None:
        """Settle; a cut loses the connection, as does `again` before."""
        try:
            if again or self.mirror is None or fuse is not None:
                self.mirror = None
                self.mirror = await self.connect(fuse)
            for endpoint in (self.mirror.local.endpoint, self.mirror.remote.endpoint):
                endpoint.push_touched()  # type: ignore[attr-defined]
            self.mirror.accepted = True
            await self.mirror.settle()
        except* TargetError:
            self.mirror = None

    def versions(self) -> set[bytes]:
        return self.local.contents() | self.remote.contents()


def _play(mode: str, moments: list[tuple[str, object]]) -> Bench:
    async def run() -> Bench:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(mode, Path(folder))
            for what, value in moments:
                if what in ("local", "remote"):
                    bench.edit(getattr(bench, what), value)  # type: ignore[arg-type]
                    continue
                local_before = bench.local.shown()
                only_once = _only_on_one_side(bench)
                await bench.settle(
                    value if what != "settle" else None,  # type: ignore[arg-type]
                    again=what == "restart",
                )
                _check_step(bench, local_before, only_once)
            await bench.settle(again=True)
            await bench.settle()
            _check_quiet(bench)
            bench.ancestor.close()
            bench.threads.close()
            return bench

    return asyncio.run(run())


def _check_quiet(bench: Bench) -> None:
    """Invariant 13: after quiet there is nothing more to do."""
    assert bench.mirror is not None
    assert bench.mirror.is_settled
    assert bench.mirror.plan().is_settled()


def _only_on_one_side(bench: Bench) -> set[bytes]:
    """Contents that exist now, and that nobody agreed to lose."""
    remembered = {row.entry.digest for _, row in bench.ancestor.everything()}
    return {
        node.content
        for tree in (bench.local, bench.remote)
        for node in tree.nodes.values()
        if node.entry.kind == FILE and node.entry.digest not in remembered
    }


def _check_step(bench: Bench, local_before: object, only_once: set[bytes]) -> None:
    if bench.mode.startswith("one-way"):
        assert bench.local.shown() == local_before, "invariant 3: local was written"
        return
    lost = only_once - bench.versions()
    assert not lost, f"invariant 1: {lost} is gone from both sides and the trash"


@pytest.mark.parametrize("mode", [mode.value for mode in Mode])
@given(history=histories)
def test_invariants_1_and_3_hold_over_any_history(mode: str, history: list[object]) -> None:
    """Nothing that existed on one side alone is lost; one-way never writes local."""
    bench = _play(mode, history)  # type: ignore[arg-type]
    _check_end(bench)


def _check_end(bench: Bench) -> None:
    """After quiet both sides agree outside conflicts, and the ancestor says so."""
    mirror = bench.mirror
    assert mirror is not None
    assert mirror.is_settled
    open_paths = {conflict.path for conflict in mirror.ledger.conflicts()}
    open_paths |= {problem.path for problem in mirror.problems()}
    if bench.mode in ("two-way-local-wins", "two-way-remote-wins", "one-way-replica"):
        assert not open_paths
    local, remote = bench.local.shown(), bench.remote.shown()
    for path in {*local, *remote}:
        if not any(path == one or path.startswith(one + b"/") for one in open_paths):
            assert local.get(path) == remote.get(path), (path, open_paths)
