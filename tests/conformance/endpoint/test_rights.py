"""What a user may not read is unknown, what he may not write is refused; a full disk is named."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import OUTSIDER, Subject, entry, put
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry, Problem
from cstudio_sync.operations import Operation
from cstudiod.errors import TargetError
from cstudiod.ports import StageTrouble, Want

pytestmark = pytest.mark.root


def write(subject: Subject, path: str, content: bytes = b"content\n", mode: int = 0o644) -> None:
    """Put a file with its folders, of a mode."""
    full = subject.root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(content)
    full.chmod(mode)


async def test_a_root_that_may_not_be_read_is_refused(room_here: Subject) -> None:
    """It must not look empty."""
    write(room_here, "secret")
    room_here.root.chmod(0o700)
    endpoint = await room_here.prepare(user=OUTSIDER)
    with pytest.raises(TargetError) as caught:
        await endpoint.open()
    assert caught.value.reason == "FORBIDDEN"


async def test_what_cannot_be_read_is_unknown(room_here: Subject) -> None:
    """A file, a folder, and folders that can be listed or entered and not both."""
    write(room_here, "open/file")
    write(room_here, "secret", mode=0o600)
    for name, mode in (("closed", 0o700), ("listed", 0o744), ("entered", 0o711)):
        write(room_here, f"{name}/inner")
        (room_here.root / name).chmod(mode)
    seen = await subjects.observed(await room_here.open(user=OUTSIDER))
    for path in (b"secret", b"closed", b"entered"):
        assert (seen[path].entry, seen[path].problem) == (None, Problem.UNREADABLE), path
    assert seen[b"open/file"].entry == entry(b"content\n")
    for path in (b"closed/inner", b"entered/inner", b"listed/inner"):
        assert path not in seen or seen[path].problem, "unknown, not absent"


async def test_what_becomes_unreadable_is_not_gone(room_here: Subject) -> None:
    """Below a folder without rights nothing is said to be deleted."""
    write(room_here, "folder/inner")
    write(room_here, "folder/sub/file")
    endpoint = await room_here.open(user=OUTSIDER)
    assert b"folder/sub/file" in await subjects.observed(endpoint)
    (room_here.root / "folder").chmod(0o700)
    found = await subjects.observed(endpoint, b"folder/inner", b"folder")
    await endpoint.quiesce()
    found.update(subjects.taken(endpoint))
    assert found[b"folder"].problem == Problem.UNREADABLE
    assert not [one for one in found.values() if one.entry is None and not one.problem]


async def test_a_root_that_becomes_unreadable_is_not_emptied(room_here: Subject) -> None:
    """The connection ends, or nothing is said."""
    write(room_here, "precious")
    endpoint = await room_here.open(user=OUTSIDER)
    await subjects.observed(endpoint)
    room_here.root.chmod(0o700)
    found = {}
    try:
        found.update(await subjects.observed(endpoint, b"precious"))
        await endpoint.quiesce()
        found.update(subjects.taken(endpoint))
    except TargetError:
        pass
    assert not [one for one in found.values() if one.entry is None and not one.problem]


@pytest.mark.parametrize("verb", ["put", "over", "remove", "mkdir", "rmdir", "link", "mode"])
async def test_what_may_not_be_written_is_refused(room_here: Subject, verb: str) -> None:
    """With the reason; nothing changes."""
    write(room_here, "mine/file", b"old")
    (room_here.root / "mine" / "empty").mkdir()
    endpoint = await room_here.open(user=OUTSIDER)
    before = room_here.hands.listing()
    seen = await subjects.observed(endpoint)
    there = seen[b"mine/file"]
    old = subjects.expecting(there)
    assert there.entry is not None
    executable = there.entry._replace(executable=True)
    operation = {
        "put": put(b"mine/new", b"x"),
        "over": put(b"mine/file", b"x", over=there),
        "remove": Operation(ops.REMOVE_FILE, b"mine/file", None, **old),
        "mkdir": Operation(ops.MAKE_FOLDER, b"mine/sub", FOLDER_ENTRY),
        "rmdir": Operation(ops.REMOVE_FOLDER, b"mine/empty", None, FOLDER_ENTRY),
        "link": Operation(ops.PUT_LINK, b"mine/l", Entry(LINK, target=b"file")),
        "mode": Operation(ops.SET_EXECUTABLE, b"mine/file", executable, **old),
    }[verb]
    assert (await room_here.applied(operation)).status == ops.FORBIDDEN
    assert room_here.hands.listing() == before


async def test_a_folder_that_may_be_written_below_one_that_may_not(room_here: Subject) -> None:
    """Nothing need be put in the root itself."""
    (room_here.root / "theirs").mkdir()
    os.chown(room_here.root / "theirs", OUTSIDER, OUTSIDER)
    await room_here.open(user=OUTSIDER)
    assert (await room_here.applied(put(b"theirs/new", b"x"))).status == ops.OK
    assert room_here.disk.read(b"theirs/new") == b"x"


async def test_new_files_belong_to_the_owner_of_their_folder(room_here: Subject) -> None:
    """Where the endpoint is root; what is replaced keeps its owner and mode."""
    write(room_here, "theirs/old", b"old", 0o640)
    for name in ("theirs", "theirs/old"):
        os.chown(room_here.root / name, OUTSIDER, OUTSIDER)
    endpoint = await room_here.open()
    seen = await subjects.observed(endpoint)
    done = await endpoint.apply(
        [
            put(b"theirs/old", b"newer", over=seen[b"theirs/old"]),
            put(b"theirs/new", b"x"),
            Operation(ops.MAKE_FOLDER, b"theirs/sub", FOLDER_ENTRY),
        ]
    )
    assert {outcome.status for outcome in done} == {ops.OK}
    for name in ("old", "new", "sub"):
        assert os.stat(room_here.root / "theirs" / name).st_uid == OUTSIDER, name
    assert os.stat(room_here.root / "theirs" / "old").st_mode & 0o777 == 0o640


# --------------------------------------------------------------------- disks


@contextmanager
def mounted(room: Subject, *options: str) -> Iterator[None]:
    """Mount something over the root, or skip the test."""
    done = subprocess.run(["mount", *options, str(room.root)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(room.root)], check=True)


async def test_a_full_disk_is_named_and_leaves_nothing(room_here: Subject) -> None:
    """Small files and large ones; what fits goes on."""
    with mounted(room_here, "-t", "tmpfs", "-o", "size=1m", "none"):
        endpoint = await room_here.open()
        big = os.urandom(3_000_000)
        assert (await room_here.applied(put(b"big", big))).status == ops.DISK_FULL
        wanted = Want(path=b"big", entry=entry(big), stamp=b"")
        with pytest.raises(StageTrouble) as caught:
            await endpoint.stage(wanted, subjects.pieces(big), None)
        assert caught.value.status == ops.DISK_FULL
        assert room_here.leftovers() == []
        assert (await room_here.applied(put(b"small", b"fits"))).status == ops.OK
        await endpoint.close()
        assert set(room_here.hands.listing()) == {b"small"}


async def test_a_read_only_root_is_named(room_here: Subject) -> None:
    """It can be looked at."""
    write(room_here, "file", b"old")
    source = room_here.root.with_name("source")
    room_here.root.rename(source)
    room_here.root.mkdir()
    with mounted(room_here, "--bind", "-o", "ro", str(source)):
        endpoint = await room_here.open()
        seen = await subjects.observed(endpoint)
        assert seen[b"file"].entry == entry(b"old")
        for operation in (
            put(b"new", b"x"),
            put(b"file", b"x", over=seen[b"file"]),
            Operation(ops.MAKE_FOLDER, b"d", FOLDER_ENTRY),
        ):
            assert (await room_here.applied(operation)).status == ops.READ_ONLY
        await endpoint.close()
