"""The published escapes of `kubectl cp`, each tried on us, by name.

Every shape comes in both ways in which a pod can speak to us: as an agent that
lists and sends files, and as the tar that an image without Python packs.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from cstudio_sync import records
from cstudio_sync.entries import FILE, FOLDER_ENTRY, LINK, Entry, Seen
from cstudiod.model.sync_sessions import State
from cstudiod.ports import Want
from cstudiod.sync.shell import observations
from support.hostile import (
    FakeAgent,
    Field,
    check_canary,
    file_seen,
    lying_about_paths,
    prepare,
    refused,
    session,
    until,
)

EVIL = b"evil"


def _link(path: bytes, target: bytes) -> Seen:
    return Seen(path, Entry(LINK, target=target), b"s")


async def _attacked(field: Field, *seen: Seen) -> None:
    """Run a session that may halt or go on; nothing outside may change."""
    agent = FakeAgent({one.path: EVIL for one in seen})
    agent.observed = records.pack_seen(seen)
    async with session(agent, field) as driver:
        await until(field, lambda now: now.state in (State.WATCHING, State.HALTED), driver)
        await asyncio.sleep(0.3)
    check_canary(agent, field)


def _member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _taken(tar: bytes, *wanted: bytes) -> dict[bytes, bytes]:
    entry = Entry(FILE, hashlib.sha256(EVIL).digest(), len(EVIL))
    wants = [Want(path=path, entry=entry, stamp=b"s") for path in wanted or (b"asked",)]
    return observations.members(tar, wants)


@pytest.mark.parametrize("name", [b"../outside/evil", b"src/../../outside/evil", b"/tmp/evil"])
async def test_cve_2018_1002100_names_that_climb_out(name: bytes, tmp_path: Path) -> None:
    """The tar's entries named files above the destination."""
    field, agent = prepare(tmp_path), FakeAgent({name: EVIL})
    agent.observed = lying_about_paths([name])
    await refused(agent, field)
    assert _taken(_tar(_member(os.fsdecode(name), EVIL))) == {}


@pytest.mark.parametrize("target", [b"../outside", b"/tmp", b"../outside/secret"])
async def test_cve_2019_1002101_a_link_and_a_write_through_it(
    target: bytes, tmp_path: Path
) -> None:
    """A link out of the destination, then a file with the link in its path."""
    field = prepare(tmp_path)
    await _attacked(field, _link(b"way", target), file_seen(b"way/evil", EVIL))
    assert field.status.state is State.HALTED
    assert not os.path.lexists(field.root / "way")
    link = _member("way", type=tarfile.SYMTYPE, linkname=os.fsdecode(target))
    assert _taken(_tar(link, _member("way/evil", EVIL)), b"way") == {}


@pytest.mark.parametrize("name", [b"..", b"src/..", b"./../outside/evil", b"src/./../../evil"])
async def test_cve_2019_11246_names_that_are_clean_too_late(name: bytes, tmp_path: Path) -> None:
    """Paths were joined first and cleaned afterwards; ours are refused as they come."""
    field, agent = prepare(tmp_path), FakeAgent({name: EVIL})
    agent.observed = lying_about_paths([name])
    await refused(agent, field)
    assert _taken(_tar(_member(os.fsdecode(name), EVIL))) == {}


async def test_cve_2019_11249_a_link_made_in_a_folder_that_is_a_link(tmp_path: Path) -> None:
    """A folder becomes a link while files are on their way into it."""
    field = prepare(tmp_path)
    await _attacked(
        field,
        Seen(b"a", FOLDER_ENTRY, b"s"),
        _link(b"a/up", b"../src"),
        file_seen(b"a/up/evil", EVIL),
        _link(b"a/up/way", b"../../outside"),
    )
    assert not (field.root / "src" / "evil").exists()
    hard = _member("asked", type=tarfile.LNKTYPE, linkname="../outside/secret")
    assert _taken(_tar(hard)) == {}


@pytest.mark.parametrize(
    "links",
    [
        [(b"d", b"."), (b"c", b"d/..")],
        [(b"d", b"src"), (b"c", b"d/../..")],
        [(b"d", b"."), (b"e", b"d"), (b"c", b"e/../outside")],
        [(b"src/d", b".."), (b"c", b"src/d/..")],
    ],
    ids=["dot", "two up", "chain", "in a folder"],
)
async def test_cve_2019_11251_two_links_that_lead_out_together(
    links: list[tuple[bytes, bytes]], tmp_path: Path
) -> None:
    """Each link by itself looks harmless, one after the other they leave the root."""
    field = prepare(tmp_path)
    seen = [_link(path, target) for path, target in links]
    await _attacked(field, *seen, file_seen(b"c/outside/evil", EVIL))
    assert os.listdir(field.folder / "outside") == ["secret"]
    for path, _ in links:
        real = os.path.realpath(field.root / os.fsdecode(path))
        assert real == str(field.root) or real.startswith(f"{field.root}/")
    tar = _tar(
        *(_member(os.fsdecode(p), type=tarfile.SYMTYPE, linkname=os.fsdecode(t)) for p, t in links),
        _member("c/outside/evil", EVIL),
    )
    assert _taken(tar, b"c", b"d") == {}


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE]
)
def test_a_tar_gives_regular_files_alone(kind: bytes) -> None:
    """Device nodes and the like are passed over; a wrong digest as well."""
    other = _member("asked", type=kind, linkname="/etc/passwd", devmajor=1, devminor=3)
    assert _taken(_tar(other)) == {}
    assert _taken(_tar(_member("asked", b"nice"))) == {}
    assert _taken(_tar(_member("asked", b"evil and more"))) == {}
    assert _taken(_tar(_member("./asked", EVIL))) == {b"asked": EVIL}


def test_a_tar_that_is_none_gives_nothing() -> None:
    """Garbage, a cut and a compressed bomb: what is missing is asked for again."""
    import gzip

    whole = _tar(_member("asked", EVIL))
    for bad in (b"", b"garbage" * 1000, whole[:600], gzip.compress(whole), bytes(10_240)):
        assert _taken(bad).get(b"asked") in (None, EVIL)
    assert _taken(b"garbage" * 1000) == {}
    assert _taken(gzip.compress(bytes(50_000_000))) == {}
