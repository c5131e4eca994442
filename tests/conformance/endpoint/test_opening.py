"""The endpoint exam: what an endpoint says when it is opened, and what it refuses."""

from __future__ import annotations

import asyncio
import os
import shutil
import time

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import OTHER_SESSION, Subject, put
from cstudio_sync import operations as ops
from cstudio_sync.entries import Seen
from cstudiod.errors import CstudioError, TargetError


async def test_it_says_what_it_is(subject: Subject) -> None:
    """Kind, and how changes are noticed; why, where that is the lesser way."""
    facts = subject.facts
    assert facts.endpoint == subject.can.name
    assert facts.watch in subject.can.watches
    assert facts.watch == "inotify" or facts.watch_detail
    assert bool(facts.replica) == subject.can.plants


async def test_it_says_what_it_opened(disk: Subject) -> None:
    """Device and inode are those of the root; whether it is empty is told."""
    device, inode, _, _ = disk.disk.facts(b"")
    assert (disk.facts.device, disk.facts.inode) == (device, inode)
    assert disk.facts.root_empty


async def test_a_root_with_something_in_it_is_not_empty(room: Subject) -> None:
    """An empty folder and a missing one are different things."""
    room.hands.write(b"one", b"1")
    assert not (await (await room.prepare()).open()).root_empty


async def test_a_missing_root_is_refused(room: Subject) -> None:
    """One sentence with the way out; nothing is made."""
    room.root.rmdir()
    endpoint = await room.prepare()
    with pytest.raises(TargetError) as caught:
        await endpoint.open()
    assert caught.value.reason == "FOLDER_NOT_FOUND"
    assert "--create" in caught.value.next
    assert not room.root.exists()


async def test_a_missing_root_is_made_when_asked(room: Subject) -> None:
    """With its parents."""
    room.root.rmdir()
    endpoint = await room.prepare(create=True)
    assert (await endpoint.open()).root_empty
    assert room.root.is_dir()


async def test_a_root_that_is_a_file_is_refused(room: Subject) -> None:
    """It is left alone."""
    room.root.rmdir()
    room.root.write_text("mine")
    endpoint = await room.prepare()
    with pytest.raises(TargetError) as caught:
        await endpoint.open()
    assert caught.value.reason == "NOT_A_FOLDER"
    assert room.root.read_text() == "mine"


async def test_one_root_has_one_owner(room: Subject) -> None:
    """The second is told who holds it; when the first is gone it may come."""
    first = await room.open()
    second = await room.prepare(session=OTHER_SESSION)
    with pytest.raises(TargetError) as caught:
        await second.open()
    assert caught.value.reason == "DUPLICATE_OWNER"
    await first.close()
    assert (await (await room.prepare(session=OTHER_SESSION)).open()).inode


async def test_the_same_session_comes_back_at_once(disk: Subject) -> None:
    """A reconnection does not wait for its own lease; the root is found under the same id."""
    before = disk.facts
    await disk.endpoint.close()
    disk.hands.write(b"file", b"1")
    await disk.open()
    assert disk.facts.replica == before.replica
    assert (disk.facts.device, disk.facts.inode) == (before.device, before.inode)
    assert before.replica_is_new == disk.can.plants
    assert not disk.facts.replica_is_new
    assert not disk.facts.root_empty


async def test_closing_twice_is_fine_and_leaves_nothing(disk: Subject) -> None:
    """Only what was there is there."""
    assert (await disk.applied(put(b"kept", b"x"))).status == ops.OK
    await disk.endpoint.close()
    await disk.close()
    assert set(disk.hands.listing()) == {b"kept"}


async def test_a_root_that_was_replaced_is_trouble_and_no_deletion(disk: Subject) -> None:
    """Invariant 9: another folder under the same name says nothing about what was in the first."""
    disk.hands.write(b"precious", b"1")
    await disk.observe()
    await disk.drained()
    disk.root.rename(disk.root.with_name("elsewhere"))
    disk.root.mkdir()
    found: list[Seen] = []
    with pytest.raises(CstudioError):
        await _looked_at_again(disk, found)
    assert not [one for one in found if one.entry is None and not one.problem]
    assert not disk.hands.listing()


@pytest.mark.parametrize("what", ["exchanged", "removed", "a link to the outside"])
async def test_nothing_is_changed_below_a_root_that_is_another(disk: Subject, what: str) -> None:
    """Neither in the folder that took its place, nor in the one that it was."""
    assert disk.outside is not None
    disk.hands.write(b"over", b"old")
    disk.hands.write(b"removed", b"old")
    seen = await disk.observe()
    outside, elsewhere = disk.outside.listing(), disk.root.with_name("elsewhere")
    disk.root.rename(elsewhere)
    if what == "exchanged":
        shutil.copytree(elsewhere, disk.root)
    elif what == "a link to the outside":
        disk.root.symlink_to(disk.root.with_name("outside"))
    planned = [
        put(b"new", b"1"),
        put(b"over", b"1", over=seen[b"over"]),
        ops.Operation(ops.REMOVE_FILE, b"removed", **subjects.expecting(seen[b"removed"])),
        subjects.mkdir(b"folder"),
    ]
    with pytest.raises(CstudioError):
        await disk.apply(*planned)
    with pytest.raises(CstudioError):
        await disk.fingerprints()
    assert sorted(os.listdir(elsewhere)) == ["over", "removed"]
    assert (elsewhere / "over").read_bytes() == b"old"
    assert disk.outside.listing() == outside
    if what == "exchanged":
        assert sorted(os.listdir(disk.root)) == ["over", "removed"]


async def _looked_at_again(disk: Subject, found: list[Seen]) -> None:
    """Gather what is said as long as something would be noticed."""
    end = time.monotonic() + disk.can.notices_seconds
    while time.monotonic() < end:
        await disk.endpoint.check_root()
        found += (await subjects.observed(disk.endpoint, b"precious")).values()
        found += [one for changes in disk.endpoint.noticed() for one in changes.seen]
        await asyncio.sleep(0.1)
