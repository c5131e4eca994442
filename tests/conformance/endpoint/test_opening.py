"""What an endpoint says when it is opened, and what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest
from conformance.endpoint import exam
from conformance.endpoint.exam import Room
from cstudio_sync.entries import Seen
from cstudiod.errors import LocalRootError, TargetError


async def test_it_says_what_it_opened(room: Room) -> None:
    """Kind, watch, device and inode, and whether there is something."""
    endpoint = await room.prepare()
    facts = await endpoint.open()
    status = os.stat(room.root)
    assert (facts.endpoint, facts.watch) == (room.can.endpoint, room.can.watch)
    assert facts.inode == status.st_ino
    assert facts.root_empty
    assert bool(facts.replica) == room.can.plants_id
    assert (facts.watch == "inotify") or facts.watch_detail


async def test_a_root_with_something_in_it_is_not_empty(room: Room) -> None:
    """An empty folder and a missing one are different things."""
    room.write("one")
    assert not (await (await room.prepare()).open()).root_empty


async def test_a_missing_root_is_refused(room: Room) -> None:
    """One sentence with the way out; nothing is made."""
    room.root.rmdir()
    endpoint = await room.prepare()
    with pytest.raises(TargetError) as caught:
        await endpoint.open()
    assert caught.value.reason == "FOLDER_NOT_FOUND"
    assert "--create" in caught.value.next
    assert not room.root.exists()


async def test_a_missing_root_is_made_when_asked(room: Room) -> None:
    """With its parents."""
    room.root.rmdir()
    endpoint = await room.prepare(create=True)
    assert (await endpoint.open()).root_empty
    assert room.root.is_dir()


async def test_a_root_that_is_a_file_is_refused(room: Room) -> None:
    """It is left alone."""
    room.root.rmdir()
    room.root.write_text("mine")
    endpoint = await room.prepare()
    with pytest.raises(TargetError) as caught:
        await endpoint.open()
    assert caught.value.reason == "NOT_A_FOLDER"
    assert room.root.read_text() == "mine"


async def test_one_root_has_one_owner(room: Room) -> None:
    """The second is told who holds it; when the first is gone it may come."""
    first = await room.open()
    second = await room.prepare(session=exam.OTHER_SESSION)
    with pytest.raises(TargetError) as caught:
        await second.open()
    assert caught.value.reason == "DUPLICATE_OWNER"
    await first.close()
    assert (await (await room.prepare(session=exam.OTHER_SESSION)).open()).inode


async def test_the_same_session_comes_back_at_once(room: Room) -> None:
    """A reconnection does not wait for its own lease; the replica is the same one."""
    facts = await (await room.prepare()).open()
    await room.opened[0].close()
    again = await (await room.prepare()).open()
    assert (again.replica, again.inode) == (facts.replica, facts.inode)
    assert not again.replica_is_new


async def test_closing_twice_is_fine_and_leaves_nothing(room: Room) -> None:
    """Only what was there is there."""
    endpoint = await room.open()
    await exam.one(endpoint, exam.put(b"kept", b"x"))
    await endpoint.close()
    await endpoint.close()
    assert [path for path in room.listing() if not path.startswith(".cstudio")] == ["kept"]
    assert room.leftovers() == []


async def test_a_root_that_was_replaced_says_nothing_is_gone(room: Room) -> None:
    """Invariant 9: another folder under the same name is no deletion."""
    room.write("precious")
    endpoint = await room.open()
    await exam.observed(endpoint)
    room.root.rename(room.base / "elsewhere")
    room.root.mkdir()
    found: dict[bytes, Seen] = {}
    with contextlib.suppress(LocalRootError, TargetError):
        await endpoint.check_root()
        found.update(await exam.observed(endpoint, b"precious"))
        await asyncio.sleep(room.can.settle_seconds)
        found.update(exam.taken(endpoint))
    assert not [one for one in found.values() if one.entry is None and not one.problem]
