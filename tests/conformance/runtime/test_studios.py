"""What every runtime of studios promises."""

from __future__ import annotations

import asyncio

import pytest
from conformance.runtime.subjects import Program, Subject, is_told
from cstudiod.errors import TargetError
from cstudiod.model.studios import Observation, Phase
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import StudioRuntime

SECONDS = 90.0
pytestmark = pytest.mark.timeout(240)


async def until_told(runtime: StudioRuntime, uid: str) -> Observation:
    """Watch until the studio is ready, or will not be."""
    seen = []
    async with asyncio.timeout(SECONDS):
        async for now in runtime.watch(uid):
            seen.append(now)
            if is_told(now):
                return now
    raise AssertionError(f"the watch ended early: {seen}")


async def until(runtime: StudioRuntime, uid: str, phase: Phase) -> list[Observation]:
    seen = []
    async with asyncio.timeout(SECONDS):
        async for now in runtime.watch(uid):
            seen.append(now)
            if now.phase is phase:
                break
    return seen


async def test_a_studio_comes_up(subject: Subject, uid: str) -> None:
    """It starts, says so, is ready, and is known by its hash."""
    spawn = subject.spawn(uid)
    await subject.runtime.spawn(spawn)
    seen = await until(subject.runtime, uid, Phase.READY)
    assert seen[-1].phase is Phase.READY
    assert seen[-1].incarnation
    assert seen[-1].launch_hash == spawn.hash
    assert seen[-1].reason is None
    assert all(one.stage for one in seen if one.phase is Phase.STARTING)
    assert await subject.runtime.observe(uid) == seen[-1], "the same look twice is equal"
    assert uid in await subject.runtime.list_uids()


async def test_who_is_not_there_is_absent(subject: Subject, uid: str) -> None:
    """Nothing of it is an error, except getting in."""
    runtime = subject.runtime
    assert (await runtime.observe(uid)).phase is Phase.ABSENT
    assert [one.phase async for one in runtime.watch(uid)] == [Phase.ABSENT]
    assert uid not in await runtime.list_uids()
    await runtime.remove(uid)
    await runtime.remove_volumes(uid)
    if runtime.capabilities.kind is not RuntimeKind.KUBERNETES:  # where nothing is to do
        with pytest.raises(TargetError):
            await runtime.revive(uid)
    with pytest.raises(TargetError):
        await runtime.dial(uid, 80)
    with pytest.raises(TargetError):
        [line async for line in runtime.logs(uid, follow=False, lines=5, previous=False)]


async def test_an_equal_order_changes_nothing(subject: Subject, uid: str) -> None:
    """Also when both come at once."""
    spawn = subject.spawn(uid)
    async with asyncio.TaskGroup() as group:
        group.create_task(subject.runtime.spawn(spawn))
        group.create_task(subject.runtime.spawn(spawn))
    first = await until_told(subject.runtime, uid)
    await subject.runtime.spawn(spawn)
    again = await subject.runtime.observe(uid)
    assert again == first
    assert list(await subject.runtime.list_uids()).count(uid) == 1


async def test_another_order_replaces(subject: Subject, uid: str) -> None:
    """What runs then is what was asked for last."""
    port = subject.port()
    await subject.runtime.spawn(subject.spawn(uid, port=port))
    await until_told(subject.runtime, uid)
    other = subject.spawn(uid, port=port, mark="other")
    await subject.runtime.spawn(other)
    async with asyncio.timeout(SECONDS):
        while True:
            now = await until_told(subject.runtime, uid)
            if now.launch_hash == other.hash:
                return


async def test_removal_ends_the_watch(subject: Subject, uid: str) -> None:
    """It ends with ABSENT, and removing once more is fine."""
    await subject.runtime.spawn(subject.spawn(uid))
    await until_told(subject.runtime, uid)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(until(subject.runtime, uid, Phase.ABSENT))
        await asyncio.sleep(0.1)
        await subject.runtime.remove(uid, grace_seconds=2)
    assert watching.result()[-1].phase is Phase.ABSENT
    assert uid not in await subject.runtime.list_uids()
    await subject.runtime.remove(uid)
    await subject.runtime.remove_volumes(uid)


async def test_servers_on_loopback_are_reached(subject: Subject, uid: str) -> None:
    """Both ways, much at once, by several, and closed by half."""
    port = subject.port()
    await subject.runtime.spawn(subject.spawn(uid, port=port))
    await until_told(subject.runtime, uid)

    async def echo(data: bytes) -> None:
        reader, writer = await subject.runtime.dial(uid, port)
        async with asyncio.TaskGroup() as group:
            came = group.create_task(reader.read(-1))
            writer.write(data)
            await writer.drain()
            writer.write_eof()
        assert came.result() == data
        writer.close()

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(echo(bytes([number]) * (300_000 * (1 + number % 3))))


async def test_small_pieces_come_at_once(subject: Subject, uid: str) -> None:
    """Nothing waits for a buffer to fill: a terminal would be unusable."""
    port = subject.port()
    await subject.runtime.spawn(subject.spawn(uid, port=port))
    await until_told(subject.runtime, uid)
    reader, writer = await subject.runtime.dial(uid, port)
    async with asyncio.timeout(SECONDS):
        for key in (b"l", b"s", b"\n"):
            writer.write(key)
            assert await reader.read(10) == key
    writer.close()
    await writer.wait_closed()


async def test_a_port_without_a_server_is_refused(subject: Subject, uid: str) -> None:
    """At once, and it says which."""
    await subject.runtime.spawn(subject.spawn(uid))
    await until_told(subject.runtime, uid)
    with pytest.raises(TargetError, match="9"):
        async with asyncio.timeout(SECONDS):
            await subject.runtime.dial(uid, 9)


async def test_output_is_there(subject: Subject, uid: str) -> None:
    """What was said before, and what is said while somebody listens, to the end."""
    port = subject.port()
    await subject.runtime.spawn(subject.spawn(uid, port=port))
    await until_told(subject.runtime, uid)
    runtime = subject.runtime
    async with asyncio.timeout(SECONDS):
        said = b"".join(
            [x async for x in runtime.logs(uid, follow=False, lines=50, previous=False)]
        )
    assert b"hello from echo" in said

    heard: list[bytes] = []

    async def listen() -> None:
        async for piece in runtime.logs(uid, follow=True, lines=0, previous=False):
            heard.append(piece)  # noqa: PERF401 - looked at before the end

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        group.create_task(listen())
        await asyncio.sleep(0.5)
        reader, writer = await runtime.dial(uid, port)
        while b"heard say" not in b"".join(heard):
            writer.write(b"say it\n")
            await reader.read(100)
            await asyncio.sleep(0.1)
        writer.close()
        await runtime.remove(uid, grace_seconds=2)
    assert b"hello from echo" not in b"".join(heard)


async def test_a_target_leads_inside(subject: Subject, uid: str) -> None:
    """A command that is opened there finds the workspace."""
    assert subject.open_target is not None
    await subject.runtime.spawn(subject.spawn(uid))
    await until_told(subject.runtime, uid)
    workdir = subject.runtime.layout(uid).workdir
    await subject.open_target(uid, f"echo here > '{workdir}/note'")
    assert await subject.open_target(uid, f"cat '{workdir}/note'") == b"here\n"
    if subject.name != "fake":  # which runs no runner
        state = subject.runtime.layout(uid).state
        assert await subject.open_target(uid, f"wc -c <'{state}/large'") == b"600000\n"


async def test_what_is_kept_outlives_a_stop(subject: Subject, uid: str) -> None:
    """A volume, or the home; the workspace begins empty, and `remove_volumes` deletes all."""
    if subject.name == "fake":
        return
    assert subject.open_target is not None
    runtime = subject.runtime
    layout = runtime.layout(uid)
    kept = subject.kept or layout.home
    spawn = subject.spawn(uid)

    async def start() -> bytes:
        assert subject.open_target is not None
        await runtime.spawn(spawn)
        await until_told(runtime, uid)
        return await subject.open_target(uid, f"ls '{kept}/file' '{layout.workdir}/gone' 2>&1; :")

    await start()
    if subject.prepare_volume is not None:
        await subject.prepare_volume(uid)
    await subject.open_target(uid, f"touch '{kept}/file' '{layout.workdir}/gone'")
    await runtime.remove(uid, grace_seconds=2)
    found = await start()
    assert f"{kept}/file\n".encode() in found
    assert b"cannot access" in found
    await runtime.remove(uid, grace_seconds=2)
    await runtime.remove_volumes(uid)
    await start()
    if subject.prepare_volume is not None:
        await subject.prepare_volume(uid)
    found = await subject.open_target(uid, f"ls -A '{kept}'")
    assert b"file" not in found
    assert b"denied" not in found


async def test_a_missing_command_ends_the_start(subject: Subject, uid: str) -> None:
    """Its reason is fatal at once, with evidence and the next step."""
    await subject.runtime.spawn(subject.spawn(uid, Program.MISSING))
    told = await until_told(subject.runtime, uid)
    assert told.reason is not None
    assert told.reason.code == "bad_command"
    assert told.reason.evidence
    assert told.reason.next


async def test_a_server_that_never_listens_is_told_in_time(subject: Subject, uid: str) -> None:
    """When the time for the start is over."""
    await subject.runtime.spawn(subject.spawn(uid, Program.NEVER, start_minutes=0.05))
    told = await until_told(subject.runtime, uid)
    assert told.phase is not Phase.READY
    assert told.reason is not None
    assert told.reason.code == "readiness_timeout"


async def test_a_studio_that_was_ended_outside_is_noticed(subject: Subject, uid: str) -> None:
    """It is no more ready, and can be revived where it does not come by itself: as it was."""
    assert subject.kill is not None
    spawn = subject.spawn(uid)
    await subject.runtime.spawn(spawn)
    await until_told(subject.runtime, uid)
    await subject.kill(uid)
    async with asyncio.timeout(SECONDS):
        async for now in subject.runtime.watch(uid):
            if now.phase is not Phase.READY or now.restarts:
                break
    if subject.name == "fake":
        return
    async with asyncio.timeout(SECONDS):
        while (await subject.runtime.observe(uid)).phase is not Phase.READY:
            await subject.runtime.revive(uid)
            await asyncio.sleep(0.3)
    assert (await subject.runtime.observe(uid)).launch_hash == spawn.hash


async def test_studios_are_found_again(subject: Subject, uid: str) -> None:
    """After the daemon's restart, as they were."""
    if subject.reopen is None:
        assert not subject.runtime.capabilities.survives_daemon
        return
    port = subject.port()
    spawn = subject.spawn(uid, port=port)
    await subject.runtime.spawn(spawn)
    before = await until_told(subject.runtime, uid)
    other = subject.reopen()
    try:
        assert uid in await other.list_uids()
        await other.spawn(spawn)
        assert await other.observe(uid) == before
        reader, writer = await other.dial(uid, port)
        writer.write(b"again")
        assert await reader.read(10) == b"again"
        writer.close()
    finally:
        await other.close()
