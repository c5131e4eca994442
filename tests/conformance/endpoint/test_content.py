"""The endpoint exam: contents go out and come in whole, verified, or not at all."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import Subject, entry, put
from cstudio_sync import operations as ops
from cstudio_sync.blocks import BLOCK_BYTES
from cstudiod.ports import Want

LARGE = random.Random(7).randbytes(5 * 1024 * 1024 + 12_345)


async def want(subject: Subject, path: bytes) -> Want:
    seen = await subject.look(path)
    assert seen.entry is not None
    return Want(path=path, entry=seen.entry, stamp=seen.stamp)


async def streamed(subject: Subject, wanted: Want, have: Sequence[bytes] = ()) -> list[bytes | int]:
    return [piece async for piece in subject.endpoint.stream(wanted, have)]


class TestReading:
    async def test_fetch(self, subject: Subject) -> None:
        """Small files come as they are, in the order asked for."""
        contents = {
            b"a": b"1",
            b"empty": b"",
            b"bytes": bytes(range(256)) * 100,
            b"nul": b"\0" * 99,
        }
        for path, content in contents.items():
            subject.hands.write(path, content)
        wants = [await want(subject, path) for path in (b"nul", b"a", b"empty", b"bytes")]
        found = await subject.endpoint.fetch(wants)
        assert list(found) == [contents[one.path] for one in wants]
        assert list(await subject.endpoint.fetch([])) == []

    async def test_fetch_of_what_changed(self, subject: Subject) -> None:
        """A version that is gone is None; the others come."""
        for path in (b"edited", b"gone", b"same"):
            subject.hands.write(path, b"old")
        wants = [await want(subject, path) for path in (b"edited", b"gone", b"same")]
        subject.hands.write(b"edited", b"new")
        subject.hands.remove(b"gone")
        assert list(await subject.endpoint.fetch(wants)) == [None, None, b"old"]

    async def test_fetch_of_other_kinds(self, disk: Subject) -> None:
        """What became a FIFO, a folder or a link is gone, and nobody waits for it."""
        wants = []
        for path in (b"fifo", b"folder", b"link"):
            disk.hands.write(path, b"old")
            wants.append(await want(disk, path))
            disk.hands.remove(path)
        disk.disk.fifo(b"fifo")
        disk.hands.folder(b"folder")
        disk.hands.write(b"other", b"old")
        disk.hands.link(b"link", b"other")
        assert list(await disk.endpoint.fetch(wants)) == [None, None, None]
        for one in wants:
            assert b"".join(p for p in await streamed(disk, one) if isinstance(p, bytes)) == b""

    async def test_stream(self, subject: Subject) -> None:
        """A large file comes whole, in order."""
        subject.hands.write(b"large", LARGE)
        pieces = await streamed(subject, await want(subject, b"large"))
        assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == LARGE

    async def test_stream_of_what_changed(self, disk: Subject) -> None:
        """Of a file that changed there never comes what was announced."""
        disk.hands.write(b"large", LARGE)
        wanted = await want(disk, b"large")
        disk.hands.write(b"large", LARGE[:-1] + b"!")
        pieces = await streamed(disk, wanted)
        assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) != LARGE
        disk.hands.remove(b"large")
        assert await streamed(disk, wanted) == []

    async def test_stream_given_up(self, disk: Subject) -> None:
        """Who stops reading in the middle can go on with something else."""
        disk.hands.write(b"large", LARGE)
        stream = disk.endpoint.stream(await want(disk, b"large"), [])
        assert await anext(stream)
        await stream.aclose()
        assert b"large" in await disk.observe()

    async def test_blocks(self, disk: Subject) -> None:
        """Where blocks can be compared, known ones come as numbers; else all comes."""
        disk.hands.write(b"old", LARGE)
        have = await disk.endpoint.signature(await want(disk, b"old"))
        assert bool(have) == disk.can.compares_blocks
        changed = LARGE[:BLOCK_BYTES] + b"in place" + LARGE[BLOCK_BYTES + 8 :] + b"appended"
        disk.hands.write(b"new", changed)
        pieces = await streamed(disk, await want(disk, b"new"), have)
        assert rebuilt(pieces, LARGE) == changed
        sent = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        assert (sent < len(changed) // 2) == disk.can.compares_blocks


def rebuilt(pieces: Sequence[bytes | int], base: bytes) -> bytes:
    return b"".join(
        piece if isinstance(piece, bytes) else base[piece * BLOCK_BYTES : (piece + 1) * BLOCK_BYTES]
        for piece in pieces
    )


class TestStaging:
    async def test_large_file(self, disk: Subject) -> None:
        """A large file is staged and put, and replaced by another one."""
        token = await disk.staged(b"large", LARGE)
        assert token
        assert b"large" not in disk.hands.listing()
        operation = put(b"large", LARGE, executable=True)._replace(data=None, staged=token)
        await disk.succeeded(operation)
        other = LARGE[::-1]
        token = await disk.staged(b"large", other)
        over = await disk.look(b"large")
        await disk.succeeded(put(b"large", other, over=over)._replace(data=None, staged=token))
        assert set(disk.hands.listing()) == {b"large"}

    async def test_into_a_new_folder(self, disk: Subject) -> None:
        """A file may be staged for a folder that is made in the same call."""
        token = await disk.staged(b"new/folder/large", LARGE)
        assert token
        outcomes = await disk.apply(
            subjects.mkdir(b"new"),
            subjects.mkdir(b"new/folder"),
            put(b"new/folder/large", LARGE)._replace(data=None, staged=token),
        )
        assert [one.status for one in outcomes] == [ops.OK] * 3
        listed = disk.hands.listing()
        assert set(listed) == {b"new", b"new/folder", b"new/folder/large"}
        assert subjects.entry_at(listed, b"new/folder/large") == entry(LARGE)

    async def test_empty_and_odd_pieces(self, disk: Subject) -> None:
        """Pieces of any size make a file."""
        pieces = [b"", LARGE[:1], LARGE[1:70_000], b"", LARGE[70_000:]]
        token = await disk.staged(b"-f\n'x'", LARGE, *pieces)
        await disk.succeeded(put(b"-f\n'x'", LARGE)._replace(data=None, staged=token))

    async def test_wrong_content(self, disk: Subject) -> None:
        """What has not the announced digest is not staged, whether short, long or other."""
        for pieces in ([LARGE[:-1]], [LARGE, b"!"], [LARGE[:-1], b"!"], [b""]):
            assert await disk.staged(b"large", LARGE, *pieces) == ""
        assert disk.hands.listing() == {}

    async def test_pieces_that_break_off(self, disk: Subject) -> None:
        """When the pieces end with an error nothing is left."""

        async def broken() -> AsyncIterator[bytes | int]:
            yield LARGE[:100_000]
            raise RuntimeError("the other side broke off")

        wanted = Want(path=b"large", entry=entry(LARGE), stamp=b"")
        with pytest.raises(RuntimeError):
            await disk.endpoint.stage(wanted, broken(), None)
        assert await disk.observe() == {}

    async def test_wrong_expectation(self, disk: Subject) -> None:
        """A staged file does not replace what is not expected."""
        token = await disk.staged(b"large", LARGE)
        disk.hands.write(b"large", b"somebody's")
        operation = put(b"large", LARGE)._replace(data=None, staged=token)
        assert (await disk.applied(operation)).status == ops.CHANGED
        assert subjects.entries(disk.hands.listing()) == {b"large": entry(b"somebody's")}

    async def test_unknown_token(self, disk: Subject) -> None:
        """A token is good once, and only one that was given out."""
        token = await disk.staged(b"large", LARGE)
        operation = put(b"large", LARGE)._replace(data=None, staged=token)
        await disk.succeeded(operation)
        again = operation._replace(path=b"again")
        await disk.refused(again, ops.CONTENT_MISMATCH)
        for wrong in ("none", "../outside/secret", ".cstudio-tmp-0123456789abcdef"):
            await disk.refused(again._replace(staged=wrong), ops.CONTENT_MISMATCH)

    async def test_never_used(self, disk: Subject) -> None:
        """What was staged and never used is gone after the end."""
        assert await disk.staged(b"large", LARGE)
        await disk.close()
        await disk.close()
        assert disk.hands.listing() == {}

    async def test_blocks_of_a_base(self, disk: Subject) -> None:
        """Where blocks are compared, numbers are blocks of the file that is there."""
        disk.hands.write(b"large", LARGE)
        base = await want(disk, b"large")
        blocks = range(len(await disk.endpoint.signature(base)))
        pieces: list[bytes | int] = [b"front", *blocks] if blocks else [b"front", LARGE]
        changed = rebuilt(pieces, LARGE)
        token = await disk.staged(b"copy", changed, *pieces, base=base)
        await disk.succeeded(put(b"copy", changed)._replace(data=None, staged=token))
