"""The endpoint exam: what an endpoint says is there, is there."""

from __future__ import annotations

import asyncio

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import Subject, flat
from cstudio_sync import paths
from cstudio_sync.entries import FOLDER, FOLDER_ENTRY, LINK, Entry, Problem, Seen
from cstudio_sync.fingerprint import fingerprint
from cstudio_sync.rules import Rule, Rules
from cstudiod.ports import Folder, Want

# watchdog may meet a new folder twice, in a thread of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")

UNUSUAL = (
    b"line\nbreak", b"ends\n", b"tab\there", b"'single'", b'"double"', b"$(touch pwned)",
    b"`touch pwned`", b"back\\slash", b"back\\nslash", b"-dash", b"--help", b" leads", b"trails ",
    b".hidden", b"..two", b"=equals", b"*", b"?[a]", b"%s%n", b"~", b";rm", b"#hash", b"\xff\xfe",
    b"\xc3\x28", b"\x01\x7f", "grün".encode(), "gru\u0308n".encode(), b"n" * 255, b"\xe2\x82" * 127,
)  # fmt: skip
LOGS = Rules.of((Rule(r"(?:.*/)?[^/]*\.log"), Rule("(?:.*/)?build", folders_only=True)))


async def compared(subject: Subject, *folders: Folder) -> dict[bytes, Seen]:
    return {one.path: one async for one in flat(subject.endpoint.compare(folders))}


def stamps_in(seen: dict[bytes, Seen], folder: bytes = paths.ROOT) -> dict[bytes, bytes]:
    """Return name -> stamp of what was seen directly in a folder."""
    return {
        paths.split(path)[1]: one.stamp
        for path, one in seen.items()
        if paths.split(path)[0] == folder
    }


def make_tree(subject: Subject) -> None:
    hands = subject.hands
    hands.folder(b"deep/er/est")
    hands.folder(b"empty")
    hands.write(b"top.txt", b"top")
    hands.write(b"nothing")
    hands.write(b"run.sh", b"#!/bin/sh\n", executable=True)
    hands.write(b"deep/one", b"1")
    hands.write(b"deep/er/est/two", bytes(range(256)) * 300)
    hands.link(b"deep/link", b"../top.txt")
    hands.link(b"nowhere", b"deep/missing")
    hands.link(b"to-folder", b"deep")


class TestObserve:
    async def test_agrees_with_the_disk(self, subject: Subject) -> None:
        """Everything below the root is seen as an independent lister sees it."""
        make_tree(subject)
        seen = await subject.observe()
        assert {path: one.entry for path, one in seen.items()} == subjects.entries(
            subject.hands.listing()
        )
        assert not [one for one in seen.values() if one.problem]

    async def test_one_path(self, subject: Subject) -> None:
        """A path is seen with all below it, and nothing beside it."""
        make_tree(subject)
        seen = await subject.observe(b"deep/er", b"top.txt")
        assert set(seen) == {b"deep/er", b"deep/er/est", b"deep/er/est/two", b"top.txt"}

    async def test_absent(self, subject: Subject) -> None:
        """What is not there is seen as absent, in whatever is not there either."""
        subject.hands.write(b"file", b"1")
        wanted = (b"none", b"no/such/folder", b"file/below")
        seen = await subject.observe(*wanted)
        assert seen == {path: Seen(path) for path in wanted}

    async def test_unusual_names(self, disk: Subject) -> None:
        """Files, folders and links have names of any bytes, and so have links' targets."""
        for name in UNUSUAL:
            disk.hands.write(name, b"=" + name)
            disk.hands.folder(b"folders/" + name)
            disk.hands.write(b"folders/" + name + b"/" + name, b"")
            disk.hands.folder(b"links")
            disk.hands.link(b"links/" + name, name)
        seen = await disk.observe()
        assert {path: one.entry for path, one in seen.items()} == subjects.entries(
            disk.hands.listing()
        )
        wants = [
            Want(path=name, entry=subjects.entry(b"=" + name), stamp=seen[name].stamp)
            for name in UNUSUAL
        ]
        assert list(await disk.endpoint.fetch(wants)) == [b"=" + name for name in UNUSUAL]
        one_by_one = await disk.observe(*UNUSUAL)
        assert {path: one.entry for path, one in one_by_one.items()} == {
            name: subjects.entry(b"=" + name) for name in UNUSUAL
        }

    async def test_deep(self, subject: Subject) -> None:
        """A hundred folders deep is no depth."""
        path = b"/".join([b"folder%02d" % number for number in range(100)])
        subject.hands.folder(path)
        subject.hands.write(path + b"/file", b"deep")
        seen = await subject.observe()
        assert len(seen) == 101
        assert seen[path + b"/file"].entry == subjects.entry(b"deep")
        assert len(await subject.fingerprints()) == 101

    async def test_links(self, disk: Subject) -> None:
        """Links inside are entries, links outside and special files are problems."""
        disk.hands.folder(b"sub")
        for path, target in (
            (b"inside", b"sub"), (b"dangling", b"sub/none"), (b"sub/up", b"../sub"),
            (b"root", b"."),
        ):  # fmt: skip
            disk.hands.link(path, target)
        outside = (b"/etc/passwd", b"../outside/secret", b"..", b"sub/../../outside")
        for number, target in enumerate(outside):
            disk.hands.link(b"out%d" % number, target)
        disk.disk.fifo(b"sub/fifo")
        seen = await disk.observe()
        kinds = {path: one.entry.kind if one.entry else one.problem for path, one in seen.items()}
        assert kinds == {
            b"sub": FOLDER, b"inside": LINK, b"dangling": LINK, b"sub/up": LINK, b"root": LINK,
            b"sub/fifo": Problem.SPECIAL_FILE,
        } | dict.fromkeys((b"out0", b"out1", b"out2", b"out3"), Problem.LINK_OUTSIDE)  # fmt: skip

    async def test_below_a_link(self, disk: Subject) -> None:
        """Nothing is seen or read through a link."""
        disk.hands.link(b"out", b"../outside")
        seen = await disk.observe(b"out/secret")
        assert not [one for one in seen.values() if one.entry is not None]
        want = Want(path=b"out/secret", entry=subjects.entry(b"not yours"), stamp=b"")
        assert list(await disk.endpoint.fetch([want])) == [None]
        pieces = [piece async for piece in disk.endpoint.stream(want, [])]
        assert b"".join(piece for piece in pieces if isinstance(piece, bytes)) == b""


class TestCompare:
    async def test_nothing_known(self, subject: Subject) -> None:
        """A folder of which nothing is known reports its children, and nothing below."""
        make_tree(subject)
        found = await compared(subject, Folder(path=paths.ROOT), Folder(path=b"deep/er"))
        listed = subjects.entries(subject.hands.listing())
        inside = {path for path in listed if paths.split(path)[0] in (paths.ROOT, b"deep/er")}
        assert {path: one.entry for path, one in found.items()} == {
            path: listed[path] for path in inside
        }

    async def test_all_known(self, subject: Subject) -> None:
        """What is known and was quiet for long enough is not reported again."""
        make_tree(subject)
        await asyncio.sleep(subject.can.racy_seconds)
        seen = await subject.observe()
        folders = [paths.ROOT, b"deep", b"deep/er", b"deep/er/est", b"empty"]
        await subject.fingerprints()
        known = [Folder(path=path, stamps=stamps_in(seen, path)) for path in folders]
        assert await compared(subject, *known) == {}

    async def test_differences(self, subject: Subject) -> None:
        """What is new, changed or gone is reported, and nothing else."""
        make_tree(subject)
        await asyncio.sleep(subject.can.racy_seconds)
        seen = await subject.observe()
        subject.hands.write(b"top.txt", b"another top")
        subject.hands.write(b"new", b"new")
        subject.hands.folder(b"fresh")
        subject.hands.write(b"fresh/inside", b"")
        subject.hands.remove(b"nothing")
        subject.hands.set_executable(b"run.sh", False)
        await subject.fingerprints()
        found = await compared(subject, Folder(path=paths.ROOT, stamps=stamps_in(seen)))
        assert {path: one.entry for path, one in found.items()} == {
            b"top.txt": subjects.entry(b"another top"),
            b"new": subjects.entry(b"new"),
            b"fresh": FOLDER_ENTRY,
            b"nothing": None,
            b"run.sh": subjects.entry(b"#!/bin/sh\n"),
        }

    async def test_other_kinds(self, subject: Subject) -> None:
        """What became of another kind is reported as what it is now."""
        subject.hands.write(b"file", b"1")
        subject.hands.folder(b"folder")
        seen = await subject.observe()
        subject.hands.remove(b"file")
        subject.hands.folder(b"file")
        subject.hands.remove(b"folder")
        subject.hands.link(b"folder", b"file")
        await subject.fingerprints()
        found = await compared(subject, Folder(path=paths.ROOT, stamps=stamps_in(seen)))
        assert {path: one.entry for path, one in found.items()} == {
            b"file": FOLDER_ENTRY,
            b"folder": Entry(LINK, target=b"file"),
        }

    async def test_changed_at_once(self, subject: Subject) -> None:
        """A change of the same size right after a look does not stay hidden."""
        subject.hands.write(b"file", b"aaaa")
        seen = await subject.observe()
        subject.hands.write(b"file", b"bbbb")
        await subject.fingerprints()
        found = await compared(subject, Folder(path=paths.ROOT, stamps=stamps_in(seen)))
        assert found[b"file"].entry == subjects.entry(b"bbbb")


class TestFingerprints:
    async def test_agree_with_stamps(self, subject: Subject) -> None:
        """A folder's fingerprint follows from its children's names and stamps."""
        make_tree(subject)
        await asyncio.sleep(subject.can.racy_seconds)
        seen = await subject.observe()
        folders = [paths.ROOT, *(path for path, one in seen.items() if one.entry == FOLDER_ENTRY)]
        expected = {}
        for folder in folders:
            children = sorted(
                (paths.split(path)[1], b"" if one.entry == FOLDER_ENTRY else one.stamp)
                for path, one in seen.items()
                if paths.split(path)[0] == folder
            )
            expected[folder] = fingerprint(children)
        assert await subject.fingerprints() == expected

    async def test_problems_take_part(self, disk: Subject) -> None:
        """What cannot be synced takes part with the stamp that it was reported with."""
        disk.disk.fifo(b"fifo")
        disk.hands.link(b"out", b"/etc")
        await asyncio.sleep(disk.can.racy_seconds)
        seen = await disk.observe()
        children = sorted((path, one.stamp) for path, one in seen.items())
        assert await disk.fingerprints() == {paths.ROOT: fingerprint(children)}

    @pytest.mark.parametrize("change", ["edit", "create", "delete", "executable"])
    async def test_tell_a_change(self, subject: Subject, change: str) -> None:
        """Only the folder in which something changed has another fingerprint."""
        make_tree(subject)
        before = await subject.fingerprints()
        match change:
            case "edit":
                subject.hands.write(b"deep/one", b"11")
            case "create":
                subject.hands.write(b"deep/new")
            case "delete":
                subject.hands.remove(b"deep/one")
            case "executable":
                subject.hands.set_executable(b"deep/one", True)
        after = await subject.fingerprints()
        assert before.keys() == after.keys()
        assert [path for path in before if before[path] != after[path]] == [b"deep"]


class TestRules:
    async def test_excluded_takes_no_part(self, disk: Subject) -> None:
        """What is excluded is neither seen, nor compared, nor in a fingerprint."""
        await disk.endpoint.use_rules(LOGS)
        disk.hands.write(b"kept", b"1")
        disk.hands.folder(b"sub")
        before = await disk.fingerprints()
        disk.hands.write(b"a.log", b"1")
        disk.hands.write(b"sub/b.log", b"1")
        disk.hands.folder(b"build/inside")
        disk.hands.write(b"sub/build", b"a file")
        after = await disk.fingerprints()
        assert before.keys() == after.keys()
        assert before[b""] == after[b""]
        assert set(await disk.observe()) == {b"kept", b"sub", b"sub/build"}
        assert set(await compared(disk, Folder(path=b""))) == {b"kept", b"sub"}

    async def test_newly_excluded_is_not_gone(self, disk: Subject) -> None:
        """A rule that newly covers what is known does not make it look deleted."""
        disk.hands.write(b"a.log", b"1")
        disk.hands.folder(b"build")
        seen = await disk.observe()
        await disk.drained()
        await disk.endpoint.use_rules(LOGS)
        await disk.fingerprints()
        assert await compared(disk, Folder(path=b"", stamps=stamps_in(seen))) == {}
        await disk.drained()
        assert await disk.observe() == {}

    async def test_no_news_of_the_excluded(self, disk: Subject) -> None:
        """The watch does not speak of what is excluded, not even as deleted."""
        disk.hands.write(b"old.log", b"1")
        await disk.observe()
        await disk.drained()
        await disk.endpoint.use_rules(LOGS)
        disk.hands.write(b"a.log", b"1")
        disk.hands.write(b"kept", b"1")
        found = await disk.noticed(lambda found: b"kept" in found)
        assert set(found) == {b"kept"}
