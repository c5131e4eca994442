"""A command's streams, joined with those of the caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from cstudio_api.v1 import studios_pb2 as pb
from cstudiod.ports import ExitStatus
from cstudiod.rpc.studios import joined


class Cat:
    """A command that says what it is told, and ends when its input does, or when it is ended."""

    def __init__(self, *, can_end: bool) -> None:
        self.can_end = can_end
        self.said: asyncio.Queue[bytes] = asyncio.Queue()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        listener(b"hello\n")

    async def read(self) -> bytes:
        return await self.said.get()

    async def write(self, data: bytes) -> None:
        self.said.put_nowait(data)

    async def end_input(self) -> bool:
        self.said.put_nowait(b"")
        return self.can_end

    async def wait(self) -> ExitStatus:
        return ExitStatus(code=3)


@pytest.mark.parametrize(
    ("can_end", "given", "warns"),
    [(True, [b"a", b"b"], False), (False, [b"a"], True), (False, [], False)],
)
async def test_a_command_and_its_input(can_end: bool, given: list[bytes], warns: bool) -> None:
    """Who piped something in is told where nobody can tell the command that it has ended."""

    async def requests() -> AsyncIterator[pb.ExecuteInStudioRequest]:
        for piece in given:
            yield pb.ExecuteInStudioRequest(stdin=piece)
        yield pb.ExecuteInStudioRequest(end=True)

    cat = Cat(can_end=can_end)
    said = [answer async for answer in joined(cat, requests())]  # type: ignore[arg-type]
    assert b"".join(one.stdout for one in said) == b"".join(given)
    errors = b"".join(one.stderr for one in said)
    assert errors.startswith(b"hello\n")
    assert (b"cannot tell a command" in errors) is warns
    assert said[-1].exit_status == 3
