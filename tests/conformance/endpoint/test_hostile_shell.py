"""A shell that lies: whatever is printed there, nothing is believed that does not fit.

The programs run for real; a liar stands in between and changes what one of
them prints, says nothing, or never ends.
"""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conformance.endpoint import subjects
from cstudio_sync import operations as ops
from cstudiod.errors import TargetError
from cstudiod.ports import Channel, ExitStatus, Want
from cstudiod.runtimes import local
from cstudiod.sync.shell import programs, scripts
from cstudiod.sync.shell.endpoint import ShellEndpoint

Lie = Callable[[bytes], bytes]
PATIENCE = 1.0


class Liar:
    """A channel that reads the whole answer and gives another one."""

    def __init__(self, channel: Channel, lie: Lie) -> None:
        self._channel = channel
        self._lie = lie
        self._told = False

    async def read(self) -> bytes:
        if self._told:
            return b""
        self._told = True
        answer = b""
        while data := await self._channel.read():
            answer += data
        # The last line is the liar's as well: it has read the token.
        end = answer.rfind(b"cstudio-end ")
        return self._lie(answer[:end]) + answer[end:]

    async def write(self, data: bytes) -> None:
        await self._channel.write(data)

    async def end_input(self) -> bool:
        return await self._channel.end_input()

    async def wait(self) -> ExitStatus:
        return await self._channel.wait()

    def stderr_tail(self) -> str:
        return self._channel.stderr_tail()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        self._channel.hear_stderr(listener)

    async def close(self) -> None:
        await self._channel.close()


class Silent(Liar):
    """A channel that says nothing and does not end."""

    async def read(self) -> bytes:
        await asyncio.sleep(3600)
        return b""


class Endless(Liar):
    """A channel that never stops to say something."""

    async def read(self) -> bytes:
        return b"x\n" * 500_000


class Cut(Liar):
    """A channel that ends before the last line."""

    async def read(self) -> bytes:
        return b""


class Stage:
    """A root with a few files, and an endpoint to it that is lied to."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "tree"
        self.outside = tmp_path / "outside"
        for folder in (self.root / "d", self.outside):
            folder.mkdir(parents=True)
        (self.root / "file").write_bytes(b"content")
        (self.root / "d" / "inner").write_bytes(b"inner")
        (self.outside / "secret").write_bytes(b"secret")
        self._lies: dict[str, Callable[[Channel], Channel]] = {}
        self.endpoint = ShellEndpoint(
            self._open,
            str(self.root),
            session=subjects.SESSION,
            create=False,
            may_write=True,
            poll_seconds=3600,
            wake=lambda: None,
            patience=PATIENCE,
        )

    async def _open(self, argv: Sequence[str]) -> Channel:
        channel = await local.run(argv, cwd="/")
        lie = self._lies.get(argv[2])
        return lie(channel) if lie is not None else channel

    def lies(self, script: str, lie: Lie) -> None:
        """Have `lie` change what a program prints."""
        self._lies[script] = lambda channel: Liar(channel, lie)

    def breaks(self, script: str, kind: type[Liar]) -> None:
        """Have the channel of a program behave badly."""
        self._lies[script] = lambda channel: kind(channel, bytes)

    def is_honest(self, script: str) -> None:
        """Have a program's answer through again."""
        self._lies.pop(script, None)


@pytest.fixture
async def stage(tmp_path: Path) -> object:
    """The endpoint, open."""
    made = Stage(tmp_path)
    await made.endpoint.open()
    yield made
    for script in (programs.RELEASE, programs.UNSTAGE):
        made.is_honest(script)
    await made.endpoint.close()


def listing(*names: bytes, fields: bytes = b"81a4 7 1 1 5 0") -> Lie:
    """Return a listing of these names instead."""
    head = b"2000000000 \0\0"
    stats = b"".join(fields + b" " + name + b"\n" for name in names)
    return lambda _: head + b"".join(n + b"\0" for n in names) + b"\0" + stats + b"\0\0\0"


REFUSED = {
    "climbing": listing(b"./../outside/secret"),
    "climbing inside": listing(b"./d/../../outside"),
    "absolute": listing(b"/etc/passwd"),
    "without the root": listing(b"file"),
    "empty component": listing(b"./d//x"),
    "a name of ten megabytes": listing(b"./" + b"n" * 10_000_000),
    "too deep": listing(b"./" + b"/".join([b"d"] * 5000)),
    "a huge size": listing(b"./file", fields=b"81a4 99999999999999999999999 1 1 5 0"),
    "a negative size": listing(b"./file", fields=b"81a4 -5 1 1 5 0"),
    "an impossible time": listing(b"./file", fields=b"81a4 5 1 99999999999999999999 5 0"),
    "a million entries": listing(*(b"./%d" % number for number in range(1_000_000))),
}
FAILED = {
    "garbage": lambda _: bytes(range(256)) * 100,
    "nothing": lambda _: b"",
    "half of it": lambda answer: answer[: len(answer) // 2],
    "no clock": lambda answer: b"yesterday " + answer,
    "numbers that are none": listing(b"./file", fields=b"81a4 x 1 1 5 0"),
    "more than was listed": lambda answer: answer + b"./more",
    "trouble of an unknown kind": lambda a: a[:-1] + b"find: ./d: Input/output error\n\0",
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
async def test_an_impossible_listing_is_refused(stage: Stage, kind: str) -> None:
    """The session halts; no such path is ever reported."""
    stage.lies(scripts.LIST, REFUSED[kind])
    with pytest.raises(TargetError) as caught:
        await subjects.observed(stage.endpoint)
    assert caught.value.reason == "AGENT_REFUSED"


@pytest.mark.parametrize("kind", FAILED)
async def test_a_listing_that_does_not_fit_is_no_listing(stage: Stage, kind: str) -> None:
    """Above all it is not an empty tree."""
    stage.lies(scripts.LIST, FAILED[kind])
    with pytest.raises(TargetError):
        await subjects.observed(stage.endpoint)
    with pytest.raises(TargetError):
        await stage.endpoint.quiesce()
    assert not stage.endpoint.noticed()


@pytest.mark.parametrize("script", ["LIST", "HASH"])
@pytest.mark.parametrize("kind", [Silent, Endless, Cut])
async def test_every_wait_and_every_answer_ends(
    stage: Stage, script: str, kind: type[Liar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence, endless talk, and a stream that was cut."""
    monkeypatch.setattr("cstudiod.sync.shell.commands.MOST_BYTES", 20_000_000)
    stage.breaks(getattr(scripts, script), kind)
    async with asyncio.timeout(20):
        with pytest.raises(TargetError):
            await subjects.observed(stage.endpoint)


async def test_a_poll_that_fails_tells_the_session(tmp_path: Path) -> None:
    """It is not a task that died in silence."""
    stage, awake = Stage(tmp_path), asyncio.Event()
    stage.endpoint._wake = awake.set
    stage.endpoint._poll_seconds = 0.05
    stage.breaks(scripts.LIST, Cut)
    await stage.endpoint.open()
    async with asyncio.timeout(10):
        await awake.wait()
    with pytest.raises(TargetError):
        stage.endpoint.noticed()
    await stage.endpoint.close()


@pytest.mark.parametrize(
    "lie",
    [
        lambda _: b"",
        lambda answer: answer + b"\0",
        lambda answer: answer.replace(b"81a4", b"zzzz"),
        lambda answer: answer.replace(b"81a4 7 ", b"81a4 99999999999999999999999 "),
    ],
)
async def test_digests_that_do_not_fit_are_refused(stage: Stage, lie: Lie) -> None:
    """Or the files are unreadable; they are never gone."""
    stage.lies(scripts.HASH, lie)
    try:
        seen = await subjects.observed(stage.endpoint)
    except TargetError as error:
        assert error.reason == "AGENT_REFUSED"  # noqa: PT017
    else:
        assert not [one for one in seen.values() if one.entry is None and not one.problem]


async def test_digests_of_other_files_are_no_digests(stage: Stage) -> None:
    """A path that was not asked for is not reported."""
    stage.lies(scripts.HASH, lambda answer: answer.replace(b"./file", b"./evil"))
    seen = await subjects.observed(stage.endpoint)
    assert b"evil" not in seen


# ------------------------------------------------------------------- contents


def tar(*members: tuple[str, bytes, bytes, str]) -> bytes:
    """Return a tar of (name, content, type, link target)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


TARS = {
    "CVE-2018-1002100, a name that climbs": tar(("../../file", b"content", tarfile.REGTYPE, "")),
    "CVE-2019-1002101, a link and a write through it": tar(
        ("file", b"", tarfile.SYMTYPE, "../outside/secret"),
        ("file/secret", b"content", tarfile.REGTYPE, ""),
    ),
    "CVE-2019-11246, an absolute name": tar(("/file", b"content", tarfile.REGTYPE, "")),
    "CVE-2019-11249, a folder and a link of one name": tar(
        ("d", b"", tarfile.DIRTYPE, ""), ("d", b"", tarfile.SYMTYPE, ".."),
    ),
    "CVE-2019-11251, a link to a link": tar(
        ("a", b"", tarfile.SYMTYPE, "b"), ("b", b"", tarfile.SYMTYPE, "../outside/secret"),
    ),
    "a hard link to the outside": tar(("./file", b"", tarfile.LNKTYPE, "../outside/secret")),
    "a device": tar(("./file", b"", tarfile.CHRTYPE, "")),
    "a FIFO": tar(("./file", b"", tarfile.FIFOTYPE, "")),
    "another content": tar(("./file", b"CONTENT", tarfile.REGTYPE, "")),
    "a shorter content": tar(("./file", b"con", tarfile.REGTYPE, "")),
    "a file that nobody asked for": tar(("./other", b"content", tarfile.REGTYPE, "")),
    "cut off": tar(("./file", b"content", tarfile.REGTYPE, ""))[:515],
    "no tar": b"garbage" * 1000,
    "nothing": b"",
    "a size that is not there": tar(("./file", b"content", tarfile.REGTYPE, "")).replace(
        b"00000000007\0", b"77777777777\0"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TARS)
async def test_a_tar_gives_what_was_asked_or_nothing(stage: Stage, kind: str) -> None:
    """Nothing is unpacked: contents are taken from members by our own hands."""
    seen = await subjects.observed(stage.endpoint)
    stage.lies(scripts.FETCH, lambda _: TARS[kind])
    assert await stage.endpoint.fetch([subjects.want(seen[b"file"])]) == [None]
    assert (stage.outside / "secret").read_bytes() == b"secret"


async def test_a_tar_without_end_is_given_up(stage: Stage) -> None:
    """Its size is known beforehand."""
    seen = await subjects.observed(stage.endpoint)
    stage.lies(scripts.FETCH, lambda _: b"\0" * 5_000_000)
    with pytest.raises(TargetError) as caught:
        await stage.endpoint.fetch([subjects.want(seen[b"file"])])
    assert caught.value.reason == "AGENT_REFUSED"


async def test_a_stream_longer_than_announced_is_given_up(stage: Stage) -> None:
    """A large file has the size it was seen with."""
    seen = await subjects.observed(stage.endpoint)
    stage.lies(scripts.READ, lambda answer: answer + b"more")
    with pytest.raises(TargetError) as caught:
        async for _ in stage.endpoint.stream(subjects.want(seen[b"file"]), ()):
            pass
    assert caught.value.reason == "AGENT_REFUSED"


# ------------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    "lie",
    [
        lambda _: b"",
        lambda _: b"ok\nok\n",
        lambda _: b"fine\n",
        lambda _: b"ok - 81a4 x y z w\n",
        lambda _: b"ok - zz\n",
        lambda _: b"ok - 81a4 2 99999999999999999999999999 1 5\n",
        lambda _: b"ok " + b"k" * 10_000 + b"\n",
        lambda _: b"\xff\xfe\n",
    ],
)
async def test_an_answer_that_is_none_is_refused(stage: Stage, lie: Lie) -> None:
    """One answer an operation, of the known words and numbers."""
    stage.lies(programs.APPLY, lie)
    with pytest.raises(TargetError) as caught:
        await stage.endpoint.apply([subjects.put(b"new", b"xy")])
    assert caught.value.reason == "AGENT_REFUSED"


async def test_a_version_said_to_be_kept_is_not_read_from_elsewhere(stage: Stage) -> None:
    """A token is ours in shape, or nothing is asked at all."""
    for token in ("../../etc/passwd", "/etc/passwd", "", "x", "0123abcd-12-1/../x"):
        with pytest.raises(KeyError):
            async for _ in stage.endpoint.read_kept(token):
                pass


async def test_staging_is_verified_here(stage: Stage) -> None:
    """A digest that there is said to be is compared with the one announced."""
    stage.lies(programs.STAGE, lambda answer: answer.replace(b"ok ", b"ok 00", 1))
    wanted = Want(path=b"large", entry=subjects.entry(b"large"), stamp=b"")
    assert await stage.endpoint.stage(wanted, subjects.pieces(b"large"), None) == ""
    assert sorted(path.name for path in stage.root.iterdir()) == ["d", "file"]


@pytest.mark.parametrize("where", [b"ok %s 7", b"ok %s 99999", b"ok %s -1", b"fine", b""])
async def test_staging_elsewhere_is_refused(stage: Stage, where: bytes) -> None:
    """A file lies in the folder it was sent to, or in one above it."""
    wanted = Want(path=b"d/large", entry=subjects.entry(b"large"), stamp=b"")
    digest = wanted.entry.digest.hex().encode()
    stage.lies(programs.STAGE, lambda _: where.replace(b"%s", digest))
    with pytest.raises(TargetError):
        await stage.endpoint.stage(wanted, subjects.pieces(b"large"), None)


async def test_a_parent_that_becomes_a_link_is_not_written_through(stage: Stage) -> None:
    """A folder swapped for a link between the look and the write."""
    seen = await subjects.observed(stage.endpoint)
    (stage.root / "d").rename(stage.root / "e")
    (stage.root / "d").symlink_to(stage.outside)
    planned = [
        subjects.put(b"d/new", b"x"),
        subjects.put(b"d/inner", b"x", over=seen[b"d/inner"]),
        ops.Operation(ops.REMOVE_FILE, b"d/secret", None, subjects.entry(b"secret")),
    ]
    done = await stage.endpoint.apply(planned)
    assert {outcome.status for outcome in done} == {ops.CHANGED}
    assert [path.name for path in stage.outside.iterdir()] == ["secret"]
    assert (stage.outside / "secret").read_bytes() == b"secret"
