"""A pod that lies: refused each time, nothing outside the local root read or written.

Whole sessions (driver, mirror, real files) against an agent of our own making.
"""

from __future__ import annotations

import asyncio
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from cstudio_sync import records
from cstudio_sync.entries import FILE, FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.frames import Frame
from cstudio_sync.operations import CHANGED, OK, Outcome
from cstudiod.model.sync_sessions import State
from cstudiod.sync import agent as agent_module
from cstudiod.sync import link as link_module
from support.hostile import (
    SECRET,
    FakeAgent,
    Peer,
    check_canary,
    file_seen,
    lying_about_paths,
    prepare,
    refused,
    session,
    settled,
    until,
)

ESCAPES = [
    b"../evil", b"/etc/evil", b"src/../../evil", b"src/..", b"..", b".", b"./evil", b"src//evil",
    b"src/./evil", b"src/", b"/", b"x" * 256, b"x/" * 20_000 + b"x",
]  # fmt: skip


def _links(*pairs: tuple[bytes, bytes]) -> bytes:
    return records.pack_seen(
        [Seen(path, Entry(LINK, target=target), b"s1") for path, target in pairs]
    )


async def test_an_honest_agent_is_served(tmp_path: Path) -> None:
    """What the other tests break works, so that they break for their own reason."""
    field, agent = prepare(tmp_path), FakeAgent({b"there/one": b"1", b"two": b"22"})
    agent.observed = records.pack_seen(
        [
            Seen(b"there", FOLDER_ENTRY, b"f"),
            file_seen(b"there/one", b"1"),
            file_seen(b"two", b"22"),
        ]
    )
    await settled(agent, field)
    assert (field.root / "there" / "one").read_bytes() == b"1"
    assert agent.files[b"src/main.py"] == b"print(1)\n"


# ------------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ESCAPES, ids=lambda name: name[:20].decode())
async def test_a_path_that_leaves_the_root_is_refused(name: bytes, tmp_path: Path) -> None:
    """In a listing: the session halts before anything is touched."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = lying_about_paths([b"fine", name])
    await refused(agent, field)
    assert not (field.root / "fine").exists()


@pytest.mark.parametrize("name", [b"../evil", b"/etc/evil", b"src/../../evil"])
async def test_a_path_that_leaves_the_root_is_refused_when_pushed(
    name: bytes, tmp_path: Path
) -> None:
    """As a change that is told while all is quiet."""
    field, agent = prepare(tmp_path), FakeAgent()
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is State.WATCHING, driver)
        assert agent.peer is not None
        await agent.peer.send({"push": "changes", "rescan": ""}, lying_about_paths([name]))
        await until(field, lambda now: now.state is State.HALTED, driver)
        assert field.status.reason is not None
        assert field.status.reason.code == "AGENT_REFUSED"
    check_canary(agent, field)


async def test_a_name_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    """It does not fit in a frame, and one that fits is no name."""
    for size in (5_000_000, 10_000_000):
        field, agent = prepare(tmp_path / str(size)), FakeAgent()

        async def huge(peer: Peer, frame: Frame, size: int = size) -> None:
            body = lying_about_paths([b"n" * size])
            head = struct.pack(">BIII", 0xC5, 8, len(body), peer.encoder._sequence)
            await peer.stdio.write(head + b'{"id":2}' + body)

        agent.on["observe"] = huge
        await refused(agent, field)


async def test_the_engines_own_names_and_excluded_names_are_never_written(tmp_path: Path) -> None:
    """`.git/hooks` would run here: what is left out is left out by us, not by the pod."""
    field, agent = prepare(tmp_path), FakeAgent()
    hook = field.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(parents=True)
    hook.write_text("mine\n")
    names = [b".git/config", b".git/hooks/post-checkout", b".cstudio-tmp-0123456789abcdef"]
    agent.files = dict.fromkeys(names, b"evil") | {b"fine": b"fine"}
    agent.observed = records.pack_seen(
        [Seen(b".git", FOLDER_ENTRY, b"f"), Seen(b".git/hooks", FOLDER_ENTRY, b"f")]
        + [file_seen(name, data) for name, data in agent.files.items()]
    )
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state in (State.WATCHING, State.HALTED), driver)
        await asyncio.sleep(0.5)
    assert hook.read_text() == "mine\n"
    assert not (field.root / ".git" / "config").exists()
    assert not (field.root / ".cstudio-tmp-0123456789abcdef").exists()
    assert b"mine\n" not in agent.got()
    check_canary(agent, field)


# ------------------------------------------------------------- links and folders


@pytest.mark.parametrize(
    "target", [b"../outside", b"/etc", b"a/../../outside", b"d/../../outside/secret"]
)
async def test_a_link_out_of_the_root_is_refused(target: bytes, tmp_path: Path) -> None:
    """It is never made, so nothing can be written through it."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = _links((b"way", target))
    await refused(agent, field)
    assert not os.path.lexists(field.root / "way")


async def test_a_link_inside_is_not_written_through(tmp_path: Path) -> None:
    """A path is a link and a folder at once: what is below it goes nowhere."""
    field, agent = prepare(tmp_path), FakeAgent({b"way/evil": b"evil"})
    agent.observed = records.pack_seen(
        [Seen(b"way", Entry(LINK, target=b"src"), b"s"), file_seen(b"way/evil", b"evil")]
    )
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state in (State.WATCHING, State.HALTED), driver)
        await asyncio.sleep(0.3)
    assert not (field.root / "src" / "evil").exists()
    check_canary(agent, field)


@pytest.mark.parametrize("label", ["recheck", "before-rename"])
@pytest.mark.parametrize("size", [10, 2_000_000])
async def test_a_folder_swapped_for_a_link_between_check_and_write(
    label: str, size: int, tmp_path: Path
) -> None:
    """A program here swaps `src` at the last instant; the write does not follow."""
    content = b"e" * size
    field, agent = prepare(tmp_path), FakeAgent({b"src/evil": content})
    agent.observed = lying_about_paths([])
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is State.WATCHING, driver)
        assert driver.mirror is not None
        replica = driver.mirror.local.endpoint._replica  # type: ignore[attr-defined]

        def swap(at: str, path: bytes) -> None:
            if at == label and not (field.root / "src").is_symlink():
                os.rename(field.root / "src", field.root / "moved")
                os.symlink("../outside", field.root / "src")

        replica.changing.checkpoint = swap
        agent.files[b"src/evil"] = content
        assert agent.peer is not None
        pushed = records.pack_seen([file_seen(b"src/evil", content)])
        await agent.peer.send({"push": "changes", "rescan": ""}, pushed)
        async with asyncio.timeout(10):
            while not (field.root / "src").is_symlink():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
    (field.root / "src").unlink()
    assert os.listdir(field.folder / "outside") == ["secret"]
    check_canary(agent, field)


async def test_a_local_link_out_of_the_root_is_not_read_through(tmp_path: Path) -> None:
    """The agent says that `way/secret` is gone or other: nobody opens it here."""
    field, agent = prepare(tmp_path), FakeAgent()
    os.symlink("../outside", field.root / "way")
    agent.observed = lying_about_paths([b"way/secret"])
    async with session(agent, field, "two-way-local-wins") as driver:
        await until(field, lambda now: now.state in (State.WATCHING, State.HALTED), driver)
        await asyncio.sleep(0.3)
    (field.root / "way").unlink()
    assert (field.folder / "outside" / "secret").read_bytes() == SECRET
    check_canary(agent, field)


@pytest.mark.parametrize("kind", [b"b", b"c", b"p", b"s", b"\0", b"\xff"])
async def test_device_nodes_and_other_kinds_are_refused(kind: bytes, tmp_path: Path) -> None:
    """Files, folders and links are all there is."""
    field, agent = prepare(tmp_path), FakeAgent()
    body = records.pack_seen([Seen(b"node", FOLDER_ENTRY, b"s")])
    column = struct.pack("<I", 1) + b"d"
    assert body.count(column) == 1
    agent.observed = body.replace(column, struct.pack("<I", 1) + kind)
    await refused(agent, field)


# ------------------------------------------------------------------------ counts


async def test_a_million_entries_in_one_list_are_refused(tmp_path: Path) -> None:
    """The count is looked at before anything is made of it."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = struct.pack("<I", 1_000_000) + struct.pack("<I", 0)
    await refused(agent, field)


async def test_a_listing_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million entries, frame after frame: there is a most, and memory is bounded."""
    monkeypatch.setattr(agent_module, "MAX_ENTRIES", 20_000)
    field, agent = prepare(tmp_path), FakeAgent()
    sent = 0

    async def endless(peer: Peer, frame: Frame) -> None:
        nonlocal sent
        while True:
            names = [b"%d" % number for number in range(sent, sent + 2000)]
            await peer.send({"id": frame.header["id"]}, lying_about_paths(names))
            sent += 2000

    agent.on["observe"] = endless
    await refused(agent, field)
    assert sent < 2_000_000


@pytest.mark.parametrize("verb", ["fetch", "signature", "apply", "stream"])
async def test_an_answer_without_end_is_refused(verb: str, tmp_path: Path) -> None:
    """Contents, digests, outcomes, a file: each has a size that we know beforehand."""
    field, agent = prepare(tmp_path), FakeAgent()
    large = 6_000_000 if verb in ("signature", "stream") else 4
    agent.observed = records.pack_seen(
        [Seen(b"big", Entry(FILE, bytes(32), large), b"s1")] if verb in ("fetch", "stream") else []
    )
    body = {
        "fetch": records.pack_contents([b"x" * 1_000_000]),
        "signature": bytes(1_000_000),
        "apply": records.pack_outcomes([Outcome(b"README", OK)] * 1000),
        "stream": bytes(1_000_000),
    }[verb]
    if verb == "signature":
        (field.root / "big").write_bytes(b"new" * 2_000_000)
        agent.observed = records.pack_seen([Seen(b"big", Entry(FILE, bytes(32), large), b"s1")])
    sent = 0

    async def endless(peer: Peer, frame: Frame) -> None:
        nonlocal sent
        while True:
            await peer.send({"id": frame.header["id"]}, body)
            sent += 1

    agent.on[verb] = endless
    tracemalloc.start()
    await refused(agent, field, mode="two-way-local-wins")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150_000_000
    assert sent < 400


async def test_pushes_without_end_do_not_fill_the_memory(tmp_path: Path) -> None:
    """Told changes that nobody takes are given up for a look at everything."""
    field, agent = prepare(tmp_path), FakeAgent()
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is State.WATCHING, driver)
        assert driver.mirror is not None
        endpoint = driver.mirror.remote.endpoint
        body = lying_about_paths([b"%d" % number for number in range(20_000)])
        tracemalloc.start()
        for _ in range(60):
            endpoint._pushed(Frame({"push": "changes"}, body))  # type: ignore[attr-defined]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        told = endpoint.noticed()
        assert any(changes.rescan for changes in told)
        assert sum(len(changes.seen) for changes in told) < 500_000
        assert peak < 400_000_000


@pytest.mark.parametrize(
    "lie", [{"count": 7}, {"bytes": 1}, {"digest": "0" * 64}, {"count": None}, {"digest": 5}]
)
async def test_wrong_counts_and_digests_of_an_answer_are_refused(
    lie: dict[str, object], tmp_path: Path
) -> None:
    """An answer is what its end says, or nothing of it counts."""
    field, agent = prepare(tmp_path), FakeAgent({b"one": b"1"})

    async def lying(peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, agent.seen(), **lie)

    agent.on["observe"] = lying
    await refused(agent, field)


async def test_an_empty_answer_with_another_count_is_refused(tmp_path: Path) -> None:
    """Frames that were swallowed on the way would read as: nothing is there."""
    field, agent = prepare(tmp_path), FakeAgent({b"one": b"1"})

    async def lying(peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, count=1)

    agent.on["observe"] = lying
    await refused(agent, field)


async def test_other_contents_than_announced_are_refused(tmp_path: Path) -> None:
    """A wrong digest: the file is not written, and it is said."""
    field, agent = prepare(tmp_path), FakeAgent({b"one": b"other than announced"})
    agent.observed = records.pack_seen([file_seen(b"one", b"announced")])
    await refused(agent, field)
    assert not (field.root / "one").exists()


async def test_another_number_of_contents_than_asked_is_refused(tmp_path: Path) -> None:
    """Two for one, or none."""
    for contents in ([b"1", b"2"], []):
        field, agent = prepare(tmp_path / str(len(contents))), FakeAgent({b"one": b"1"})

        async def other(peer: Peer, frame: Frame, contents: list[bytes] = contents) -> None:
            await peer.answer(frame, records.pack_contents(contents))

        agent.on["fetch"] = other
        await refused(agent, field)


async def test_a_large_file_with_another_digest_is_not_written(tmp_path: Path) -> None:
    """It may have changed meanwhile, so it is looked at again, not for ever in a hurry."""
    size = 2_000_000
    field, agent = prepare(tmp_path), FakeAgent({b"big": b"x" * size})
    agent.observed = records.pack_seen([file_seen(b"big", b"y" * size)])
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is not State.CONNECTING, driver)
        await asyncio.sleep(3)
        assert not (field.root / "big").exists()
    asked = sum(frame.header.get("verb") == "stream" for frame in agent.received)
    assert 1 <= asked < 40, asked
    check_canary(agent, field)


async def test_a_block_that_nobody_has_is_refused(tmp_path: Path) -> None:
    """Block numbers lie within what was offered."""
    size = 2_000_000
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = records.pack_seen([file_seen(b"big", b"y" * size)])

    async def lying(peer: Peer, frame: Frame) -> None:
        await peer.send({"id": frame.header["id"], "block": True}, struct.pack(">I", 7))

    agent.on["stream"] = lying
    await refused(agent, field)


@pytest.mark.parametrize("size", [1 << 40, (1 << 63) - 1, (1 << 64) - 1])
async def test_a_file_of_an_impossible_size_is_listed_or_refused(size: int, tmp_path: Path) -> None:
    """Nothing is reserved for it, and the session can still be shown."""
    field, agent = prepare(tmp_path), FakeAgent()
    body = records.pack_seen([Seen(b"big", Entry(FILE, bytes(32), 1 << 33), b"s1")])
    agent.observed = body.replace(struct.pack("<Q", 1 << 33), struct.pack("<Q", size))
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is State.HALTED, driver)
        assert field.status.reason is not None
        assert field.status.reason.code in ("AGENT_REFUSED", "DISK_FULL")
        assert field.status.progress.bytes_total < 1 << 63
    assert not (field.root / "big").exists()
    check_canary(agent, field)


# ------------------------------------------------------------------------- noise


@pytest.mark.parametrize(
    "noise",
    [b"Welcome to the pod!\n" * 5000, b"\x89\xc2\xabcstudio-sync\xc2\xbb 999\n", bytes(100_000)],
    ids=["banner", "version", "zeros"],
)
async def test_noise_instead_of_a_greeting_is_refused(noise: bytes, tmp_path: Path) -> None:
    """Banner noise has a most; another version is no version."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.greeting = noise
    await refused(agent, field)


async def test_a_banner_before_the_greeting_is_passed_over(tmp_path: Path) -> None:
    """Login shells talk; that alone is no attack."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.greeting = b"Last login: today\n" + agent.greeting
    await settled(agent, field)


@pytest.mark.parametrize(
    "body",
    [
        zlib.compress(bytes(50_000_000), 9),
        os.urandom(5000),
        b"",
        struct.pack("<I", 3),
        records.pack_seen([file_seen(b"one", b"1")])[:-3],
        records.pack_seen([file_seen(b"one", b"1")]) + b"more",
    ],
    ids=["bomb", "random", "empty", "short", "cut", "longer"],
)
async def test_garbage_for_a_listing_is_refused(body: bytes, tmp_path: Path) -> None:
    """A compression bomb is garbage as well: nothing is ever unpacked."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = body
    if not body:
        await settled(agent, field)  # nothing is there: an honest answer
    else:
        await refused(agent, field)


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage between frames",
        struct.pack(">BIII", 0xC5, 2**31, 0, 1),
        struct.pack(">BIII", 0xC5, 2, 2**31, 1),
        struct.pack(">BIII", 0xC5, 2, 0, 77) + b"{}",
        struct.pack(">BIII", 0xC5, 2, 0, 1) + b"[]",
        struct.pack(">BIII", 0xC5, 60000, 0, 1) + b"[" * 60000,
        struct.pack(">BIII", 0xC5, 5, 0, 1) + b"\xff\xff\xff\xff\xff",
    ],
    ids=["text", "header", "body", "sequence", "list", "nested", "utf8"],
)
async def test_garbage_for_a_frame_is_refused(raw: bytes, tmp_path: Path) -> None:
    """The stream is of no more use, and that is said."""
    field, agent = prepare(tmp_path), FakeAgent()

    async def garbage(peer: Peer, frame: Frame) -> None:
        await peer.stdio.write(raw)

    agent.on["observe"] = garbage
    await refused(agent, field)


@pytest.mark.parametrize(
    "facts",
    [
        {"device": "x"}, {"inode": None}, {"inode": 10**39}, {"watch": ["inotify"]},
        {"replica": {"a": 1}}, {"device": -1}, {"watch_detail": "\x1b[31m" * 1000},
    ],
    ids=str,
)  # fmt: skip
async def test_odd_facts_are_refused_or_bounded(facts: dict[str, object], tmp_path: Path) -> None:
    """The daemon goes on, whatever the agent says about itself."""
    field, agent = prepare(tmp_path), FakeAgent()

    async def odd(peer: Peer, frame: Frame) -> None:
        honest = {
            "watch": "inotify", "watch_detail": "", "replica": "r", "is_new": False, "device": 1,
            "inode": 1, "root_empty": False, "case_insensitive": False,
        }  # fmt: skip
        await peer.answer(frame, **{**honest, **facts})

    agent.on["open"] = odd
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state in (State.WATCHING, State.HALTED), driver)
        assert "\x1b" not in str(field.status.watch)
        assert len(field.status.watch.detail) <= 400


async def test_words_of_the_agent_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """What it says of a path or a refusal is shown without control characters."""
    field, agent = prepare(tmp_path), FakeAgent()

    async def speaking(peer: Peer, frame: Frame) -> None:
        outcomes = [
            Outcome(one.path, "failed", None, "\x1b]0;owned\x07\u009b31m" + "x" * 3000)
            for one in records.unpack_operations(frame.body)
        ]
        await peer.answer(frame, records.pack_outcomes(outcomes))

    agent.on["apply"] = speaking
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is State.WATCHING, driver)
        assert driver.mirror is not None
        details = [one.detail for one in driver.mirror.problems()]
    assert details
    assert all(detail.isprintable() for detail in details)


async def test_a_token_of_a_megabyte_does_not_end_the_daemon(tmp_path: Path) -> None:
    """What the agent names is sent back to it: it must fit into a header."""
    field, agent = prepare(tmp_path), FakeAgent()
    (field.root / "big").write_bytes(bytes(range(256)) * 8000)

    async def long(peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, token="t" * 1_000_000)

    agent.on["stage"] = long
    async with session(agent, field) as driver:
        await until(
            field, lambda now: now.state in (State.WATCHING, State.HALTED, State.DISCONNECTED),
            driver,
        )  # fmt: skip
    check_canary(agent, field)


# ----------------------------------------------------------------- other answers


async def test_outcomes_for_other_paths_than_asked_are_refused(tmp_path: Path) -> None:
    """An outcome is remembered: it must be about what was asked for."""
    field, agent = prepare(tmp_path), FakeAgent()

    async def other(peer: Peer, frame: Frame) -> None:
        asked = records.unpack_operations(frame.body)
        outcomes = [Outcome(b"elsewhere", OK) for _ in asked]
        await peer.answer(frame, records.pack_outcomes(outcomes))

    agent.on["apply"] = other
    await refused(agent, field)


async def test_outcomes_that_are_never_done_do_not_spin(tmp_path: Path) -> None:
    """`changed` for ever: it is tried again at a human pace."""
    field, agent = prepare(tmp_path), FakeAgent()
    agent.observed = lying_about_paths([])

    async def never(peer: Peer, frame: Frame) -> None:
        asked = records.unpack_operations(frame.body)
        outcomes = [Outcome(one.path, CHANGED) for one in asked]
        await peer.answer(frame, records.pack_outcomes(outcomes))

    agent.on["apply"] = never
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state is not State.CONNECTING, driver)
        await asyncio.sleep(3)
    asked = sum(frame.header.get("verb") == "apply" for frame in agent.received)
    assert asked < 200, asked


# ----------------------------------------------------------------------- silence


async def test_an_agent_that_never_greets_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a state that says so."""
    monkeypatch.setattr(agent_module, "_GREETING_SECONDS", 0.3)
    field, agent = prepare(tmp_path), FakeAgent()
    agent.greeting = b""
    status = await refused(agent, field, "AGENT_FAILED")
    assert status.state is State.DISCONNECTED
    assert status.reason is not None
    assert status.reason.retry_time


@pytest.mark.parametrize("verb", ["observe", "apply", "fetch"])
async def test_an_agent_that_falls_silent_is_given_up(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alive or not: nothing heard for a while is a lost connection."""
    monkeypatch.setattr(link_module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(link_module, "SILENCE_SECONDS", 0.4)
    field, agent = prepare(tmp_path), FakeAgent({b"one": b"1"})

    async def silent(peer: Peer, frame: Frame) -> None:
        await asyncio.Event().wait()

    agent.on[verb] = silent
    await refused(agent, field, "CONNECTION_LOST")


async def test_an_agent_that_beats_but_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A heartbeat is no answer."""
    monkeypatch.setattr(link_module, "ANSWER_SECONDS", 0.4)
    field, agent = prepare(tmp_path), FakeAgent()

    async def beating(peer: Peer, frame: Frame) -> None:
        while True:
            await peer.send({"beat": True})
            await asyncio.sleep(0.05)

    agent.on["observe"] = beating
    await refused(agent, field, "AGENT_FAILED")


async def test_an_agent_that_stops_reading_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is stuck in writing to it is let go: no silent stall."""
    monkeypatch.setattr(link_module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(link_module, "SILENCE_SECONDS", 0.5)
    field, agent = prepare(tmp_path), FakeAgent()
    (field.root / "big").write_bytes(os.urandom(6_000_000))

    async def deaf(peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, token="t")
        await asyncio.Event().wait()

    agent.on["stage"] = deaf
    await refused(agent, field, "CONNECTION_LOST")
