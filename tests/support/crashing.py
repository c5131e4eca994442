"""A mirror in a process of its own that dies at a chosen step, for real.

    python -m support.crashing FOLDER LABEL NUMBER [NAMESPACE/POD]

mirrors FOLDER/local with FOLDER/remote through a real agent in a child process,
or in a pod that has FOLDER mounted, and ends with `CRASHED` at the NUMBERth time
it comes to LABEL. With the label ``never`` it settles and ends with 0. State and
trash are kept in FOLDER/state.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cstudio_agent.bootstrap import BOOTSTRAP
from cstudio_sync.entries import Entry
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.ports import Channel
from cstudiod.runtimes import local as processes
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.store.ancestor import Ancestor
from cstudiod.supervise import Blocking
from cstudiod.sync.agent import AgentEndpoint
from cstudiod.sync.ledger import Ledger
from cstudiod.sync.local import LocalEndpoint
from cstudiod.sync.mirror import Mirror

CRASHED = 86
LABELS = (
    "looked", "fetched", "staged", "before-rename", "recheck", "after-rename", "done",
    "before-rmdir", "applied here", "applied there", "kept", "before-commit", "after-commit",
)  # fmt: skip
"""Every step between receiving something and having saved it."""


class _Fuse:
    """Ends the process at one step."""

    def __init__(self, label: str, number: int) -> None:
        self._label = label
        self._left = number

    def __call__(self, label: str, path: bytes = b"") -> None:
        if label == self._label:
            self._left -= 1
            if not self._left:
                os._exit(CRASHED)


class _Observer:
    """Tells the fuse what went to the trash."""

    def __init__(self, fuse: _Fuse) -> None:
        self._fuse = fuse

    def looked(self, count: int) -> None:
        self._fuse("looked")

    def planned(self, files: int, size: int) -> None: ...
    def transferred(self, path: bytes, size: int) -> None: ...
    def applied(self, count: int) -> None: ...

    def kept(self, side: str, path: bytes, entry: Entry, token: str, why: str) -> None:
        self._fuse("kept")


class _CrashingAncestor(Ancestor):
    fuse: Callable[[str], None]

    def commit(self, changes) -> None:  # type: ignore[no-untyped-def]
        self.fuse("before-commit")
        super().commit(changes)
        self.fuse("after-commit")


def _passing(fuse: _Fuse, label: str, call):  # type: ignore[no-untyped-def]
    async def passed(*args):  # type: ignore[no-untyped-def]
        result = await call(*args)
        fuse(label)
        return result

    return passed


async def _channel(folder: Path, pod: str) -> Channel:
    if not pod:
        return await processes.run([sys.executable, "-I", "-c", BOOTSTRAP], cwd=str(folder))
    namespace, _, name = pod.partition("/")
    kubeconfig = os.environ["KUBECONFIG"]
    target = Target(
        kind=TargetKind.POD, path="/", name=name, namespace=namespace, kubeconfig=kubeconfig
    )
    resolver = KubernetesResolver(target)
    return await resolver.open(await resolver.resolve(), ["python3", "-I", "-c", BOOTSTRAP])


async def _run(folder: Path, fuse: _Fuse, pod: str) -> None:
    state = folder / "state"
    state.mkdir(exist_ok=True)
    ancestor = _CrashingAncestor(state / "ancestor.db")
    ancestor.fuse = fuse
    local = LocalEndpoint(
        str(folder / "local"), session="crashing", trash_folder=str(state / "trash"),
        owns=True, poll_seconds=1.0, wake=lambda: None,
    )  # fmt: skip
    channel = await _channel(folder, pod)
    remote = AgentEndpoint(
        channel, str(folder / "remote"), session="crashing", owner="the test", create=True,
        may_write=True, poll_seconds=1.0, wake=lambda: None,
    )  # fmt: skip
    await remote.greet()
    await local.open()
    await remote.open()
    assert local._replica is not None
    local._replica.changing.checkpoint = fuse
    remote.fetch = _passing(fuse, "fetched", remote.fetch)  # type: ignore[method-assign]
    local.stage = _passing(fuse, "staged", local.stage)  # type: ignore[method-assign]
    local.apply = _passing(fuse, "applied here", local.apply)  # type: ignore[method-assign]
    remote.apply = _passing(fuse, "applied there", remote.apply)  # type: ignore[method-assign]
    threads = Blocking("test")
    mirror = Mirror(
        mode="two-way-safe", ancestor=ancestor, local=local, remote=remote, ledger=Ledger(),
        observer=_Observer(fuse), threads=threads, clock=time.time,
    )  # fmt: skip
    if ancestor.rows:
        await mirror.look()
    else:
        await mirror.first_look(lambda: None)
    mirror.accepted = True
    await mirror.settle()
    await remote.close()
    await local.close()
    threads.close()
    ancestor.close()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), _Fuse(sys.argv[2], int(sys.argv[3])), *sys.argv[4:5]))
