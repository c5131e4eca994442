"""A complete look at one side, cold or warm.

Cold: nothing is remembered (or it is void for this side), so everything is
observed and hashed. Warm: folders whose fingerprint is as remembered are
skipped; in the others only what changed is hashed.

After a look the differences are complete: what was in the map before and was
not reported again equals the ancestor now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from cstudio_sync import paths

from cstudiod.errors import TargetError
from cstudiod.ports import Endpoint, Folder
from cstudiod.store.ancestor import Ancestor
from cstudiod.supervise import Blocking
from cstudiod.sync.differences import Differences

_FOLDERS_A_REQUEST = 200
_CHILDREN_A_REQUEST = 20_000

MOST_PATHS = 900_000
"""A side with more is refused before memory is: nobody meant to sync that much."""

Report = Callable[[int], None]
"""Told how many more paths were looked at."""


async def look_cold(
    endpoint: Endpoint, differences: Differences, threads: Blocking, report: Report
) -> set[bytes]:
    """Observe everything; return the paths to decide on."""
    dirty = set(differences.map)
    differences.forget()
    present: list[bytes] = []
    unknown: list[bytes] = []
    async for batch in endpoint.observe([paths.ROOT]):
        bound(len(present) + len(unknown) + len(batch), differences.side)
        dirty |= differences.merge(batch)
        present += [seen.path for seen in batch if seen.entry is not None]
        unknown += [seen.path for seen in batch if seen.problem]
        report(len(batch))
    present += unknown
    dirty |= await threads.run(differences.only_these_exist, present, unknown)
    return dirty


async def look_warm(
    endpoint: Endpoint,
    differences: Differences,
    ancestor: Ancestor,
    threads: Blocking,
    report: Report,
) -> set[bytes]:
    """Look at what does not have the remembered fingerprint; return what to decide on."""
    dirty = set(differences.map)
    differences.forget()
    found: list[tuple[bytes, bytes]] = []
    async with asyncio.TaskGroup() as group:
        remembered = group.create_task(threads.run(ancestor.fingerprints, differences.side))
        async for batch in endpoint.fingerprints():
            bound(len(found) + len(batch), differences.side)
            found += batch
            report(len(batch))
    expected = remembered.result()
    suspicious = [folder for folder, value in found if expected.pop(folder, None) != value]
    for request in _requests(ancestor, differences.side, suspicious):
        async for seen in endpoint.compare(request):
            bound(len(dirty) + len(seen), differences.side)
            dirty |= differences.merge(seen)
    missing = _topmost(expected, dirty)
    if missing:
        async for seen in endpoint.observe(missing):
            dirty |= differences.merge(seen)
    return dirty


def bound(count: int, side: str) -> None:
    """Refuse a side that names more paths than anybody syncs.

    Raises:
        TargetError: AGENT_REFUSED.
    """
    if count > MOST_PATHS:
        raise TargetError(
            f"the {side} side has more than {MOST_PATHS:,} paths",
            reason="AGENT_REFUSED",
            next="leave out what need not be synced with --exclude, or name a smaller folder",
        )


def _requests(ancestor: Ancestor, side: str, folders: list[bytes]) -> Iterator[list[Folder]]:
    """Yield folders with their known children, so many that a request is not too large."""
    request: list[Folder] = []
    children = 0
    for path in folders:
        stamps = {name: row.stamp(side) for name, row in ancestor.children(path)}
        if request and (
            len(request) >= _FOLDERS_A_REQUEST or children + len(stamps) > _CHILDREN_A_REQUEST
        ):
            yield request
            request, children = [], 0
        request.append(Folder(path=path, stamps=stamps))
        children += len(stamps)
    if request:
        yield request


def _topmost(folders: dict[bytes, bytes], decided: set[bytes]) -> list[bytes]:
    """Return folders that had no fingerprint and are not yet explained."""
    return [
        folder
        for folder in sorted(folders, key=paths.tree_order)
        if folder not in decided
        and not any(parent in folders or parent in decided for parent in paths.parents(folder))
    ]
