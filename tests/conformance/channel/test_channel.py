"""The exam for `Channel` and `Resolver`: every runtime sits it, the fake included."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import resource
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest
from conformance.channel import subjects
from conformance.channel.subjects import Subject
from cstudiod.errors import TargetError
from cstudiod.ports import Channel, Place

SLOW_SECONDS = 1.0
HELD_BYTES = 24 * 1024 * 1024
"""What a channel and its libraries may hold for a reader that does not read."""


@contextlib.asynccontextmanager
async def opened(subject: Subject, argv: Sequence[str]) -> AsyncIterator[Channel]:
    place = await subject.resolver.resolve()
    channel = await subject.resolver.open(place, argv)
    try:
        yield channel
    finally:
        await channel.close()


async def read_all(channel: Channel) -> bytes:
    pieces = []
    while piece := await channel.read():
        pieces.append(piece)
    return b"".join(pieces)


async def read_exactly(channel: Channel, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = await channel.read()
        assert piece, f"the stream ended after {got!r}"
        got += piece
    return got


async def written_within(channel: Channel, seconds: float) -> int:
    """Write for so long and return how much was taken."""
    written, block = 0, subjects.LINE * 8192
    try:
        async with asyncio.timeout(seconds):
            while True:
                await channel.write(block)
                written += len(block)
    except TimeoutError:
        return written


class TestPlaces:
    async def test_a_place_has_a_label_and_an_incarnation(self, subject: Subject) -> None:
        """The same place has the same incarnation as long as nothing happens."""
        first, second = await subject.resolver.resolve(), await subject.resolver.resolve()
        assert first.label
        assert first.incarnation
        assert first == second

    async def test_what_is_not_there_is_said(self, subject: Subject) -> None:
        """A target that is missing is an error with a reason, a sentence and a next step."""
        if subject.missing is None:
            return
        with pytest.raises(TargetError) as caught:
            await subject.missing.resolve()
        assert caught.value.reason in ("TARGET_NOT_FOUND", "FOLDER_NOT_FOUND")
        assert caught.value.message
        assert "\n" not in caught.value.message
        assert caught.value.next


class TestStdio:
    async def test_echo(self, subject: Subject) -> None:
        """Bytes of any value come back as they were sent, again and again."""
        every = bytes(range(256))
        async with opened(subject, subjects.ECHO) as channel:
            for size in (1, 256, 70_000):
                data = (every * (size // 256 + 1))[:size]
                await channel.write(data)
                assert await read_exactly(channel, size) == data

    async def test_writing_nothing_is_nothing(self, subject: Subject) -> None:
        """An empty write neither ends stdin nor arrives."""
        async with opened(subject, subjects.ECHO) as channel:
            await channel.write(b"")
            await channel.write(b"x")
            assert await read_exactly(channel, 1) == b"x"

    async def test_stderr_is_kept_apart_and_printable(self, subject: Subject) -> None:
        """Stdout has stdout alone; stderr has no control characters."""
        async with opened(subject, subjects.COMPLAIN) as channel:
            assert await read_all(channel) == b"said\n"
            status = await channel.wait()
            assert status.code == 3
            assert channel.stderr_tail() == "first\noops [31mred"

    async def test_stderr_is_bounded(self, subject: Subject) -> None:
        """Of much stderr the end is kept, and nothing waits for anybody to read it."""
        async with opened(subject, subjects.COMPLAIN_MUCH) as channel:
            assert (await channel.wait()).code == 0
            tail = channel.stderr_tail()
            assert len(tail) <= 4096
            assert tail.endswith("last")

    async def test_half_close(self, subject: Subject) -> None:
        """Stdin can be closed, or the channel says that it cannot."""
        async with opened(subject, subjects.DIGEST_ALL) as channel:
            await channel.write(b"abc")
            could = await channel.end_input()
            assert could == subject.can_half_close
            if could:
                digest = hashlib.sha256(b"abc").hexdigest().encode()
                assert (await read_all(channel)).startswith(digest)
                assert (await channel.wait()).code == 0

    async def test_two_at_once(self, subject: Subject) -> None:
        """Channels to one place do not disturb each other."""
        async with opened(subject, subjects.ECHO) as one, opened(subject, subjects.ECHO) as two:
            await one.write(b"one")
            await two.write(b"two")
            assert await read_exactly(two, 3) == b"two"
            assert await read_exactly(one, 3) == b"one"


class TestBulk:
    async def test_down(self, subject: Subject) -> None:
        """50 MB of stdout arrive whole."""
        digest, size = hashlib.sha256(), 0
        async with opened(subject, subjects.PRINT_MUCH) as channel:
            while piece := await channel.read():
                assert len(piece) <= 4 * 1024 * 1024
                digest.update(piece)
                size += len(piece)
            assert (await channel.wait()).code == 0
        assert size == subjects.BIG_BYTES
        assert digest.hexdigest() == subjects.BIG_DIGEST

    async def test_up(self, subject: Subject) -> None:
        """50 MB of stdin arrive whole."""
        block = subjects.LINE * 65536
        async with opened(subject, subjects.DIGEST) as channel:
            for _ in range(subjects.BIG_BYTES // len(block)):
                await channel.write(block)
            answer = await read_exactly(channel, 64)
        assert answer.decode()[:64] == subjects.BIG_DIGEST

    async def test_both_ways_at_once(self, subject: Subject) -> None:
        """What goes up while something comes down does not wait for ever."""
        block, rounds = subjects.LINE * 8192, 64
        async with opened(subject, subjects.ECHO) as channel:

            async def write() -> None:
                for _ in range(rounds):
                    await channel.write(block)

            async with asyncio.TaskGroup() as group:
                group.create_task(write())
                size = 0
                while size < len(block) * rounds:
                    size += len(await channel.read())
        assert size == len(block) * rounds

    async def test_a_slow_reader_holds_back_the_command(self, subject: Subject) -> None:
        """Memory stays bounded while nobody reads, and nothing is lost."""
        async with opened(subject, subjects.PRINT_MUCH) as channel:
            size = len(await channel.read())
            before = _resident_bytes()
            await asyncio.sleep(SLOW_SECONDS)
            assert _resident_bytes() - before < HELD_BYTES
            size += len(await read_all(channel))
            assert (await channel.wait()).code == 0
        assert size == subjects.BIG_BYTES

    async def test_a_command_that_does_not_read_holds_back_the_writer(
        self, subject: Subject
    ) -> None:
        """Writing waits when the command takes nothing."""
        async with opened(subject, subjects.stubborn(_marker())) as channel:
            written = await written_within(channel, SLOW_SECONDS)
            assert written < 64 * 1024 * 1024


class TestEnd:
    @pytest.mark.parametrize(("argv", "code"), [(subjects.SUCCEED, 0), (subjects.FAIL, 7)])
    async def test_exit_status(self, subject: Subject, argv: Sequence[str], code: int) -> None:
        """The exit status is the command's own."""
        async with opened(subject, argv) as channel:
            assert await read_all(channel) == b""
            assert (await channel.wait()).code == code
            assert (await channel.wait()).code == code, "asking again gives the same"

    async def test_wait_discards_what_nobody_reads(self, subject: Subject) -> None:
        """Waiting for the end does not need a reader."""
        async with opened(subject, subjects.PRINT_MUCH) as channel:
            assert (await channel.wait()).code == 0

    async def test_a_missing_executable(self, subject: Subject) -> None:
        """It cannot be opened, or it ends with 126 or 127."""
        said, code = "", None
        try:
            async with opened(subject, subjects.MISSING) as channel:
                code = (await channel.wait()).code
        except TargetError as error:
            said = error.message
        assert code in (126, 127) or subjects.MISSING[0] in said

    async def test_writing_to_what_has_ended(self, subject: Subject) -> None:
        """A write after the end fails, in the end, instead of vanishing."""
        async with opened(subject, subjects.SUCCEED) as channel:
            await channel.wait()
            with pytest.raises(TargetError):
                await written_within(channel, 5)

    async def test_close_ends_the_command(self, subject: Subject) -> None:
        """After close nothing of the command is left inside."""
        marker = _marker()
        async with opened(subject, subjects.marked(marker)) as channel:
            await channel.write(b"x")
            assert await read_exactly(channel, 1) == b"x"
            assert await subject.is_running(marker)
        assert await _ends(subject, marker)

    async def test_close_ends_the_stubborn(self, subject: Subject) -> None:
        """Where the runtime can kill, a command that never reads ends as well."""
        marker = _marker()
        async with opened(subject, subjects.stubborn(marker)):
            pass
        if subject.kills_the_stubborn:
            assert await _ends(subject, marker)

    async def test_close_is_idempotent_and_fast(self, subject: Subject) -> None:
        """Closing twice, in the midst of printing, is fine and takes little."""
        async with opened(subject, subjects.PRINT_MUCH) as channel:
            await channel.read()
            began = time.monotonic()
            await channel.close()
            await channel.close()
            assert time.monotonic() - began < 3

    async def test_a_cut_is_an_error(self, subject: Subject) -> None:
        """A broken stream is never taken for the end of the output."""
        if subject.cut is None:
            return
        async with opened(subject, subjects.ECHO) as channel:
            await channel.write(b"x")
            assert await read_exactly(channel, 1) == b"x"
            await subject.cut()
            with pytest.raises(TargetError) as caught:
                async with asyncio.timeout(5):
                    await channel.read()
            assert caught.value.reason in ("CONNECTION_LOST", "UNREACHABLE")
            assert (await channel.wait()).code is None

    async def test_a_reader_can_be_cancelled(self, subject: Subject) -> None:
        """A read that was given up loses nothing."""
        async with opened(subject, subjects.ECHO) as channel:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await channel.read()
            await channel.write(b"x")
            assert await read_exactly(channel, 1) == b"x"


class TestGone:
    ends_the_place = True
    """Every test gets a place of its own."""

    async def test_gone_waits(self, subject: Subject) -> None:
        """As long as nothing happens, `gone` does not return."""
        place = await subject.resolver.resolve()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await subject.resolver.gone(place)

    @pytest.mark.parametrize("what", ["remove", "restart"])
    async def test_gone_tells(self, subject: Subject, what: str) -> None:
        """Removal and restart are noticed within two seconds."""
        act = subject.remove if what == "remove" else subject.restart
        if act is None:
            return
        place = await subject.resolver.resolve()
        async with asyncio.TaskGroup() as group:
            noticed = group.create_task(_notice(subject, place))
            await asyncio.sleep(0.3)
            assert not noticed.done()
            await act()
            done = time.monotonic()
        assert noticed.result() - done < 2
        # And one that is asked afterwards returns as well.
        async with asyncio.timeout(5):
            await subject.resolver.gone(place)

    async def test_another_incarnation_is_another_place(self, subject: Subject) -> None:
        """After a restart the place is not the one it was, and is not opened as such."""
        if subject.restart is None:
            return
        before = await subject.resolver.resolve()
        await subject.restart()
        async with asyncio.timeout(30):  # what the runtime says may lag behind
            await _resolve_another(subject, before)
        with pytest.raises(TargetError):
            await subject.resolver.open(before, subjects.ECHO)


async def _notice(subject: Subject, place: Place) -> float:
    await subject.resolver.gone(place)
    return time.monotonic()


async def _resolve_another(subject: Subject, before: Place) -> Place:
    while True:
        try:
            place = await subject.resolver.resolve()
        except TargetError:
            place = before
        if place.incarnation != before.incarnation:
            return place
        await asyncio.sleep(0.2)


async def _ends(subject: Subject, marker: str) -> bool:
    for _ in range(50):
        if not await subject.is_running(marker):
            return True
        await asyncio.sleep(0.1)
    return False


def _marker() -> str:
    return f"marker-{uuid.uuid4().hex}"


def _resident_bytes() -> int:
    if sys.platform != "linux":
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    with open("/proc/self/status") as file:  # the kernel answers at once
        found = re.search(r"VmRSS:\s+(\d+)", file.read())
    assert found is not None
    return int(found[1]) * 1024
