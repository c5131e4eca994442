"""Bringing contents to where they are needed, a batch of operations at a time.

Small files travel within their operation, large ones are staged beside their
target first, as changed blocks when the receiver has an older copy. A version
that is gone from its source by now is left out and named: it will be looked
at again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from cstudio_sync import operations as ops
from cstudio_sync.blocks import LARGE_FILE_BYTES
from cstudio_sync.entries import FILE
from cstudio_sync.operations import Operation, Outcome

from cstudiod.ports import Endpoint, StageTrouble, Want

INLINE_BYTES = 1024 * 1024
"""Files up to this size travel within their operation."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A batch that can be applied, and what could not be made ready."""

    operations: tuple[Operation, ...]
    gone: tuple[bytes, ...]
    """Paths whose version has left the source since it was seen."""
    refused: tuple[Outcome, ...]
    """Operations that failed while their content was staged."""


class Transfer:
    """Contents from one endpoint to the other."""

    def __init__(
        self,
        source: Endpoint,
        destination: Endpoint,
        on_bytes: Callable[[bytes, int], None],
    ) -> None:
        """`on_bytes(path, count)` is told of progress."""
        self._source = source
        self._destination = destination
        self._on_bytes = on_bytes

    async def prepare(
        self,
        batch: Sequence[Operation],
        stamps: Mapping[bytes, bytes],
        contents: Mapping[bytes, bytes],
    ) -> Ready:
        """Give every `PUT_FILE` its content.

        `stamps`: the source's stamp of each version; `contents`: what the
        observer had at hand.
        """
        gone: list[bytes] = []
        refused: list[Outcome] = []
        fetched = await self._fetch(batch, stamps, contents)
        ready: list[Operation] = []
        for operation in batch:
            if operation.verb != ops.PUT_FILE or operation.entry is None:
                ready.append(operation)
            elif operation.entry.size <= INLINE_BYTES:
                data = fetched.get(operation.path)
                if data is None:
                    gone.append(operation.path)
                else:
                    self._on_bytes(operation.path, len(data))
                    ready.append(operation._replace(data=data))
            else:
                try:
                    staged = await self._stage(operation, stamps.get(operation.path, b""))
                except StageTrouble as trouble:
                    refused.append(Outcome(operation.path, trouble.status, None, trouble.detail))
                    continue
                if staged.staged:
                    ready.append(staged)
                else:
                    gone.append(operation.path)
        return Ready(operations=tuple(ready), gone=tuple(gone), refused=tuple(refused))

    async def _fetch(
        self,
        batch: Sequence[Operation],
        stamps: Mapping[bytes, bytes],
        contents: Mapping[bytes, bytes],
    ) -> dict[bytes, bytes | None]:
        found: dict[bytes, bytes | None] = {}
        wants: list[Want] = []
        for operation in batch:
            entry = operation.entry
            if operation.verb != ops.PUT_FILE or entry is None or entry.size > INLINE_BYTES:
                continue
            content = contents.get(operation.path)
            if content is not None and len(content) == entry.size:
                found[operation.path] = content
            else:
                stamp = stamps.get(operation.path, b"")
                wants.append(Want(path=operation.path, entry=entry, stamp=stamp))
        if wants:
            data = await self._source.fetch(wants)
            found.update(zip((want.path for want in wants), data, strict=True))
        return found

    async def _stage(self, operation: Operation, stamp: bytes) -> Operation:
        assert operation.entry is not None
        want = Want(path=operation.path, entry=operation.entry, stamp=stamp)
        base = _base(operation)
        have = await self._destination.signature(base) if base else ()
        pieces = self._counted(operation.path, self._source.stream(want, have))
        token = await self._destination.stage(want, pieces, base if have else None)
        return operation._replace(staged=token)

    async def _counted(
        self, path: bytes, pieces: AsyncIterator[bytes | int]
    ) -> AsyncIterator[bytes | int]:
        async for piece in pieces:
            if isinstance(piece, bytes):
                self._on_bytes(path, len(piece))
            yield piece


def _base(operation: Operation) -> Want | None:
    """Return the older copy at the target, when it is worth comparing."""
    old = operation.expected
    if old is None or old.kind != FILE or old.size < LARGE_FILE_BYTES:
        return None
    return Want(path=operation.path, entry=old, stamp=operation.stamp)
