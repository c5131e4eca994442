"""The endpoint exam: changes are noticed within the promise, one's own are not news."""

from __future__ import annotations

import asyncio

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import Subject, entry, put
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry, Seen

# watchdog may meet a new folder twice, in a thread of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


async def settled(subject: Subject) -> None:
    """Make a small tree that is known and no news any more."""
    subject.hands.folder(b"sub")
    subject.hands.write(b"file", b"old")
    subject.hands.write(b"sub/file", b"old")
    await subject.observe()
    await subject.drained()


def shows(path: bytes, wanted: Entry | None) -> subjects.Enough:
    """Tell when a path was noticed as what it is."""

    def is_enough(found: dict[bytes, Seen]) -> bool:
        return path in found and found[path].entry == wanted and not found[path].problem

    return is_enough


class TestChanges:
    async def test_edit(self, subject: Subject) -> None:
        """Another content of the same size."""
        await settled(subject)
        subject.hands.write(b"sub/file", b"new")
        await subject.noticed(shows(b"sub/file", entry(b"new")))

    async def test_create(self, subject: Subject) -> None:
        """A new file, a new link and a new folder with something in it."""
        await settled(subject)
        subject.hands.write(b"sub/new", b"1")
        subject.hands.link(b"link", b"file")
        subject.hands.folder(b"fresh/er")
        subject.hands.write(b"fresh/er/file", b"2")
        wanted = {
            b"sub/new": entry(b"1"),
            b"link": Entry(LINK, target=b"file"),
            b"fresh": FOLDER_ENTRY,
            b"fresh/er": FOLDER_ENTRY,
            b"fresh/er/file": entry(b"2"),
        }
        await subject.noticed(
            lambda found: all(shows(path, one)(found) for path, one in wanted.items())
        )

    async def test_delete(self, subject: Subject) -> None:
        """A file that is gone, and a folder with all that was in it."""
        await settled(subject)
        subject.hands.remove(b"file")
        subject.hands.remove(b"sub")
        await subject.noticed(
            lambda found: shows(b"file", None)(found) and shows(b"sub", None)(found)
        )

    async def test_rename(self, subject: Subject) -> None:
        """The old name is gone and the new one is there."""
        await settled(subject)
        subject.hands.rename(b"file", b"sub/renamed")
        await subject.noticed(
            lambda found: (
                shows(b"file", None)(found) and shows(b"sub/renamed", entry(b"old"))(found)
            )
        )

    async def test_rename_over(self, subject: Subject) -> None:
        """As editors write: a new file is renamed over the old one."""
        await settled(subject)
        subject.hands.write(b"file.swp", b"saved")
        subject.hands.rename(b"file.swp", b"sub/file")
        await subject.noticed(shows(b"sub/file", entry(b"saved")))

    async def test_folder_rename(self, disk: Subject) -> None:
        """A folder that is renamed, and goes on being watched."""
        await settled(disk)
        disk.hands.rename(b"sub", b"other")
        await disk.noticed(
            lambda found: shows(b"sub", None)(found) and shows(b"other/file", entry(b"old"))(found)
        )
        disk.hands.write(b"other/file", b"later")
        await disk.noticed(shows(b"other/file", entry(b"later")))

    async def test_executable(self, subject: Subject) -> None:
        """The bit alone."""
        await settled(subject)
        subject.hands.set_executable(b"file", True)
        await subject.noticed(shows(b"file", entry(b"old", executable=True)))

    async def test_kind(self, subject: Subject) -> None:
        """A file that became a folder."""
        await settled(subject)
        subject.hands.remove(b"file")
        subject.hands.folder(b"file")
        await subject.noticed(shows(b"file", FOLDER_ENTRY))


class TestQuiesce:
    async def test_all_is_told(self, subject: Subject) -> None:
        """When it says so, everything that happened before the call can be taken."""
        await settled(subject)
        subject.hands.write(b"file", b"new")
        subject.hands.write(b"more", b"1")
        subject.hands.remove(b"sub/file")
        subject.touch()
        assert await subject.endpoint.quiesce() == subject.can.quiesces
        if subject.can.quiesces:
            found = {
                one.path: one.entry
                for changes in subject.endpoint.noticed()
                for one in changes.seen
            }
            assert found[b"file"] == entry(b"new")
            assert found[b"more"] == entry(b"1")
            assert found[b"sub/file"] is None

    async def test_nothing_happened(self, subject: Subject) -> None:
        """Without changes there is no news."""
        await settled(subject)
        await subject.drained()
        await subject.drained()
        assert list(subject.endpoint.noticed()) == []


class TestEcho:
    async def test_own_writes_are_no_news(self, subject: Subject) -> None:
        """What `apply` did is not reported as if somebody else had done it."""
        await settled(subject)
        seen = await subject.observe()
        outcomes = await subject.apply(
            put(b"file", b"new", over=seen[b"file"]),
            put(b"sub/new", b"1", executable=True),
            subjects.mkdir(b"made"),
            put(b"made/in", b"2"),
            ops.Operation(ops.PUT_LINK, b"link", Entry(LINK, target=b"file")),
            ops.Operation(ops.REMOVE_FILE, b"sub/file", **subjects.expecting(seen[b"sub/file"])),
        )
        assert [one.status for one in outcomes] == [ops.OK] * 6
        if not await subject.endpoint.quiesce():
            await asyncio.sleep(0.6)
        told = [one for changes in subject.endpoint.noticed() for one in changes.seen]
        assert told == []

    async def test_others_writes_after_ours_are_news(self, subject: Subject) -> None:
        """What somebody writes right over our own file is reported."""
        await settled(subject)
        await subject.apply(put(b"new", b"ours"))
        subject.hands.write(b"new", b"them")
        await subject.noticed(shows(b"new", entry(b"them")))

    async def test_news_comes_before_the_outcome(self, subject: Subject) -> None:
        """What was noticed at a path before an outcome is not told after it."""
        await settled(subject)
        subject.hands.write(b"file", b"theirs")
        subject.touch()
        seen = await subject.look(b"file")
        outcome = await subject.applied(put(b"file", b"ours", over=seen))
        assert outcome.status == ops.OK
        subject.endpoint.noticed()
        if not await subject.endpoint.quiesce():
            await asyncio.sleep(0.6)
        told = [one for changes in subject.endpoint.noticed() for one in changes.seen]
        assert [
            one.entry for one in told if one.path == b"file" and one.entry != entry(b"ours")
        ] == []
