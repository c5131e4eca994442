"""The endpoint exam: operations do what they say, on what they expect, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import Subject, entry, expecting, mkdir, put
from conformance.endpoint.test_looking import LOGS, UNUSUAL
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.operations import Operation
from cstudiod.ports import StageTrouble

# watchdog may meet a new folder twice, in a thread of its own.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")

OLD, OTHER = b"old content", b"OLD CONTENT"
TARGET = Entry(LINK, target=b"elsewhere")


def rmdir(path: bytes) -> Operation:
    return Operation(ops.REMOVE_FOLDER, path, None, FOLDER_ENTRY)


def link(path: bytes, target: bytes, over: Seen | None = None, keep: bool = False) -> Operation:
    made = Entry(LINK, target=target)
    return Operation(ops.PUT_LINK, path, made, keep=keep, **expecting(over))


def remove(seen: Seen, keep: bool = False) -> Operation:
    return Operation(ops.REMOVE_FILE, seen.path, keep=keep, **expecting(seen))


def mode(seen: Seen, executable: bool) -> Operation:
    assert seen.entry is not None
    wanted = seen.entry._replace(executable=executable)
    return Operation(ops.SET_EXECUTABLE, seen.path, wanted, **expecting(seen))


def move(source: Seen, path: bytes, over: Seen | None = None) -> Operation:
    return Operation(
        ops.MOVE_FILE, path, source.entry, source=source.path, source_stamp=source.stamp,
        **expecting(over),
    )  # fmt: skip


def copy(source: Seen, path: bytes, over: Seen | None = None) -> Operation:
    return move(source, path, over)._replace(verb=ops.COPY_FILE)


async def kept(subject: Subject, token: str) -> bytes:
    return b"".join([piece async for piece in subject.endpoint.read_kept(token)])


class TestRight:
    """Every verb, where the disk holds what is expected."""

    async def test_put_new(self, subject: Subject) -> None:
        """A file appears with its content and its bit."""
        await subject.succeeded(put(b"plain", b"1"))
        await subject.succeeded(put(b"empty", b""))
        await subject.succeeded(put(b"run", b"2", executable=True))

    async def test_put_over(self, subject: Subject) -> None:
        """A file is replaced, and its bit with it."""
        subject.hands.write(b"file", OLD)
        await subject.succeeded(put(b"file", b"new", over=await subject.look(b"file")))
        over = await subject.look(b"file")
        await subject.succeeded(put(b"file", b"newer", executable=True, over=over))
        over = await subject.look(b"file")
        await subject.succeeded(put(b"file", b"plain again", over=over))

    async def test_outcomes_are_what_is_expected_next(self, subject: Subject) -> None:
        """What an outcome says is there can be expected by the next operation."""
        first = await subject.succeeded(put(b"file", b"1"))
        assert first.now is not None
        second = await subject.succeeded(put(b"file", b"2", over=first.now))
        assert second.now is not None
        third = await subject.succeeded(mode(second.now, True))
        assert third.now is not None
        fourth = await subject.succeeded(move(third.now, b"moved"))
        assert fourth.now is not None
        await subject.succeeded(remove(fourth.now))
        assert subject.hands.listing() == {}

    async def test_folders(self, subject: Subject) -> None:
        """Folders are made and removed."""
        await subject.succeeded(mkdir(b"folder"))
        await subject.succeeded(mkdir(b"folder/inner"))
        await subject.succeeded(rmdir(b"folder/inner"))
        await subject.succeeded(rmdir(b"folder"))

    async def test_links(self, subject: Subject) -> None:
        """Links are made, replaced and removed, and never followed."""
        subject.hands.folder(b"folder")
        subject.hands.write(b"folder/file", OLD)
        await subject.succeeded(link(b"link", b"folder"))
        await subject.succeeded(link(b"link", b"folder/file", over=await subject.look(b"link")))
        await subject.succeeded(link(b"link", b"missing", over=await subject.look(b"link")))
        await subject.succeeded(remove(await subject.look(b"link")))
        assert subjects.entry_at(subject.hands.listing(), b"folder/file") == entry(OLD)

    async def test_executable(self, subject: Subject) -> None:
        """The bit is set and cleared; the content stays."""
        subject.hands.write(b"file", OLD)
        await subject.succeeded(mode(await subject.look(b"file"), True))
        await subject.succeeded(mode(await subject.look(b"file"), False))

    async def test_move(self, subject: Subject) -> None:
        """A file moves to a free name and over another one."""
        subject.hands.write(b"a", OLD, executable=True)
        subject.hands.folder(b"sub")
        subject.hands.write(b"sub/taken", b"x")
        await subject.succeeded(move(await subject.look(b"a"), b"sub/b"))
        assert b"a" not in subject.hands.listing()
        over = await subject.look(b"sub/taken")
        await subject.succeeded(move(await subject.look(b"sub/b"), b"sub/taken", over))
        assert set(subject.hands.listing()) == {b"sub", b"sub/taken"}

    async def test_copy(self, subject: Subject) -> None:
        """A file is copied to a free name and over another one."""
        subject.hands.write(b"a", OLD)
        subject.hands.folder(b"sub")
        subject.hands.write(b"taken", b"x")
        await subject.succeeded(copy(await subject.look(b"a"), b"sub/b"))
        over = await subject.look(b"taken")
        await subject.succeeded(copy(await subject.look(b"a"), b"taken", over))
        assert set(subject.hands.listing()) == {b"a", b"sub", b"sub/b", b"taken"}

    async def test_in_order(self, subject: Subject) -> None:
        """Operations of one call see what those before them did, also when one fails."""
        subject.hands.write(b"a", OLD)
        seen = await subject.look(b"a")
        outcomes = await subject.apply(
            mkdir(b"folder"),
            put(b"folder/file", b"1"),
            put(b"none/file", b"1"),
            move(seen, b"folder/a"),
            put(b"a", b"new"),
            mkdir(b"folder/inner"),
            link(b"folder/inner/link", b"../file"),
        )
        assert [one.path for one in outcomes] == [
            b"folder", b"folder/file", b"none/file", b"folder/a", b"a", b"folder/inner",
            b"folder/inner/link",
        ]  # fmt: skip
        assert [one.status for one in outcomes] == [
            ops.OK, ops.OK, ops.CHANGED, ops.OK, ops.OK, ops.OK, ops.OK,
        ]  # fmt: skip
        listed = subjects.entries(subject.hands.listing())
        assert listed == {
            b"a": entry(b"new"),
            b"folder": FOLDER_ENTRY,
            b"folder/a": entry(OLD),
            b"folder/file": entry(b"1"),
            b"folder/inner": FOLDER_ENTRY,
            b"folder/inner/link": Entry(LINK, target=b"../file"),
        }

    async def test_many(self, subject: Subject) -> None:
        """Hundreds of operations are one call, with an outcome each."""
        planned = [put(b"f%03d" % number, b"%d" % number) for number in range(200)]
        outcomes = await subject.apply(*planned)
        assert [one.status for one in outcomes] == [ops.OK] * 200
        assert subjects.entries(subject.hands.listing()) == {one.path: one.entry for one in planned}

    async def test_type_changes(self, subject: Subject) -> None:
        """A file becomes a folder, a folder a file, a link a file and a file a link."""
        hands = subject.hands
        hands.write(b"to-folder", OLD)
        hands.folder(b"to-file")
        hands.write(b"to-file/x", OLD)
        hands.link(b"link-to-file", b"to-folder")
        hands.write(b"file-to-link", OLD)
        seen = await subject.observe()
        planned = [
            remove(seen[b"to-folder"]),
            mkdir(b"to-folder"),
            put(b"to-folder/in", b"1"),
            remove(seen[b"to-file/x"]),
            rmdir(b"to-file"),
            put(b"to-file", b"2"),
            put(b"link-to-file", b"3", over=seen[b"link-to-file"]),
            link(b"file-to-link", b"to-file", over=seen[b"file-to-link"]),
        ]
        assert [one.status for one in await subject.apply(*planned)] == [ops.OK] * len(planned)
        assert subjects.entries(hands.listing()) == {
            b"to-folder": FOLDER_ENTRY,
            b"to-folder/in": entry(b"1"),
            b"to-file": entry(b"2"),
            b"link-to-file": entry(b"3"),
            b"file-to-link": Entry(LINK, target=b"to-file"),
        }

    async def test_unusual_names(self, disk: Subject) -> None:
        """Every verb works under every name."""
        disk.hands.folder(b"x")
        planned = []
        for name in UNUSUAL:
            planned += [mkdir(b"x/" + name), put(b"x/" + name + b"/" + name, name)]
            planned += [put(name, name, executable=True), link(b"x/" + name + b"/l", name)]
        outcomes = await disk.apply(*planned)
        assert [one.path for one in outcomes if one.status != ops.OK] == []
        listed = subjects.entries(disk.hands.listing())
        assert listed == {b"x": FOLDER_ENTRY} | {one.path: one.entry for one in planned}
        seen = await disk.observe()
        assert {path: one.entry for path, one in seen.items()} == listed
        planned = []
        for name in UNUSUAL:
            inner = b"x/" + name
            planned += [mode(seen[name], False), remove(seen[inner + b"/l"])]
            planned += [copy(seen[inner + b"/" + name], inner + b"/copy")]
            planned += [move(seen[inner + b"/" + name], inner + b"/moved")]
        assert [one for one in await disk.apply(*planned) if one.status != ops.OK] == []
        seen = await disk.observe()
        planned = []
        for name in UNUSUAL:
            inner = b"x/" + name
            planned += [remove(seen[inner + b"/copy"]), remove(seen[inner + b"/moved"])]
            planned += [rmdir(inner), remove(seen[name])]
        assert [one for one in await disk.apply(*planned) if one.status != ops.OK] == []
        assert subjects.entries(disk.hands.listing()) == {b"x": FOLDER_ENTRY}


EXPECTED = {"absent": None, "file": entry(OLD), "link": TARGET, "folder": FOLDER_ENTRY}
VERBS: dict[str, tuple[str, Callable[[Seen | None, Seen], Operation]]] = {
    "put-new": ("absent", lambda over, source: put(b"p", b"new")),
    "put-over-file": ("file", lambda over, source: put(b"p", b"new", over=over)),
    "put-over-link": ("link", lambda over, source: put(b"p", b"new", over=over)),
    "link-new": ("absent", lambda over, source: link(b"p", b"new")),
    "link-over-file": ("file", lambda over, source: link(b"p", b"new", over)),
    "link-over-link": ("link", lambda over, source: link(b"p", b"new", over)),
    "mkdir": ("absent", lambda over, source: mkdir(b"p")),
    "mode": ("file", lambda over, source: mode(over or source, True)),
    "move-new": ("absent", lambda over, source: move(source, b"p")),
    "move-over": ("file", lambda over, source: move(source, b"p", over)),
    "copy-new": ("absent", lambda over, source: copy(source, b"p")),
    "copy-over": ("file", lambda over, source: copy(source, b"p", over)),
    "remove-file": ("file", lambda over, source: remove(over or source)),
    "remove-link": ("link", lambda over, source: remove(over or source)),
    "rmdir": ("folder", lambda over, source: rmdir(b"p")),
}
WRONG = ("absent", "longer", "same-size", "executable", "other-link", "folder", "link", "file")


def put_there(subject: Subject, what: str) -> None:
    """Have `p` be something, whatever it was before."""
    if b"p" in subject.hands.listing():
        subject.hands.remove(b"p")
    match what:
        case "file":
            subject.hands.write(b"p", OLD)
        case "longer":
            subject.hands.write(b"p", OLD + b"!")
        case "same-size":
            subject.hands.write(b"p", OTHER)
        case "executable":
            subject.hands.write(b"p", OLD, executable=True)
        case "link":
            subject.hands.link(b"p", b"elsewhere")
        case "other-link":
            subject.hands.link(b"p", b"somewhere else")
        case "folder":
            subject.hands.folder(b"p")


async def all_refused(subject: Subject, planned: dict[str, Operation]) -> dict[str, str]:
    """Ask for what is not possible; return which verbs were not answered with CHANGED."""
    before = subject.hands.listing()
    outcomes = await subject.apply(*planned.values())
    assert subject.hands.listing() == before
    return {
        verb: one.status
        for verb, one in zip(planned, outcomes, strict=True)
        if one.status != ops.CHANGED
    }


class TestWrong:
    """Every verb, where the disk does not hold what is expected."""

    async def test_expectations(self, subject: Subject) -> None:
        """What is not as expected is answered with CHANGED, and not touched."""
        subject.hands.write(b"source", b"source")
        source = await subject.look(b"source")
        expected: dict[str, Seen | None] = {"absent": None}
        for what in ("file", "link", "folder"):
            put_there(subject, what)
            expected[what] = await subject.look(b"p")
            put_there(subject, "absent")
        for there in WRONG:
            put_there(subject, there)
            planned = {
                verb: make(expected[expects], source)
                for verb, (expects, make) in VERBS.items()
                if there != expects and (verb, there) != ("mkdir", "folder")
            }
            assert await all_refused(subject, planned) == {}, there

    async def test_special_files(self, disk: Subject) -> None:
        """A FIFO is never touched, and nobody waits for it."""
        disk.hands.write(b"source", b"source")
        source = await disk.look(b"source")
        disk.disk.fifo(b"p")
        planned = {
            verb: make(Seen(b"p", EXPECTED[expects]) if EXPECTED[expects] else None, source)
            for verb, (expects, make) in VERBS.items()
        }
        assert await all_refused(disk, planned) == {}

    async def test_sources(self, subject: Subject) -> None:
        """A source that is not what it was is not taken."""
        subject.hands.write(b"p", OLD)
        found = await subject.look(b"p")
        subject.hands.write(b"t", b"there")
        over = await subject.look(b"t")
        planned = {
            "move-over": move(found, b"t", over),
            "copy-over": copy(found, b"t", over),
            "move-new": move(found, b"new"),
            "copy-new": copy(found, b"new"),
        }
        for there in ("absent", "same-size", "longer", "folder", "link"):
            put_there(subject, there)
            assert await all_refused(subject, planned) == {}, there

    async def test_missing_parents(self, subject: Subject) -> None:
        """Nothing is made in a folder that is not there, or that is a file."""
        subject.hands.write(b"file", OLD)
        source = await subject.look(b"file")
        for parent in (b"none", b"file"):
            path = parent + b"/x"
            for planned in (put(path, b"1"), mkdir(path), link(path, b"y"), copy(source, path)):
                await subject.refused(planned, ops.CHANGED)

    async def test_changed_content(self, subject: Subject) -> None:
        """Content without the announced digest is refused, and nothing replaced."""
        subject.hands.write(b"file", OLD)
        over = await subject.look(b"file")
        wrong = put(b"file", b"right", over=over)._replace(data=b"wrong")
        await subject.refused(wrong, ops.CONTENT_MISMATCH)
        await subject.refused(put(b"new", b"right")._replace(data=b"wrong"), ops.CONTENT_MISMATCH)

    async def test_unknown_children(self, subject: Subject) -> None:
        """A folder with something in it stays, and so does all that is in it."""
        subject.hands.folder(b"folder/inner")
        await subject.refused(rmdir(b"folder"), ops.NOT_EMPTY)
        subject.hands.remove(b"folder/inner")
        subject.hands.write(b"folder/.hidden", b"")
        await subject.refused(rmdir(b"folder"), ops.NOT_EMPTY)
        subject.hands.remove(b"folder/.hidden")
        await subject.succeeded(rmdir(b"folder"))

    async def test_excluded_children(self, disk: Subject) -> None:
        """A folder with something excluded in it stays."""
        await disk.endpoint.use_rules(LOGS)
        disk.hands.folder(b"folder")
        disk.hands.write(b"folder/a.log", b"1")
        await disk.refused(rmdir(b"folder"), ops.NOT_EMPTY)

    async def test_engines_own_names(self, disk: Subject) -> None:
        """Nobody makes a file that looks like the engine's own, or touches the root."""
        name = b".cstudio-tmp-0123456789abcdef"
        await disk.refused(put(name, b"1"), ops.NAME_REFUSED)
        await disk.refused(mkdir(name), ops.NAME_REFUSED)

    async def test_links_out(self, disk: Subject) -> None:
        """A link that leads out of the root is not made."""
        for target in (b"/etc/passwd", b"../outside", b"a/../../b"):
            await disk.refused(link(b"link", target), ops.NAME_REFUSED)


class TestKeeping:
    async def test_versions_are_kept(self, subject: Subject) -> None:
        """What is overwritten or removed can be read again by its token."""
        subject.hands.write(b"over", OLD)
        subject.hands.write(b"removed", b"removed content")
        subject.hands.write(b"empty", b"")
        seen = await subject.observe()
        outcomes = await subject.apply(
            put(b"over", b"new", over=seen[b"over"], keep=True),
            remove(seen[b"removed"], keep=True),
            remove(seen[b"empty"], keep=True),
        )
        assert [one.status for one in outcomes] == [ops.OK] * 3
        contents = [await kept(subject, one.kept) for one in outcomes]
        assert contents == [OLD, b"removed content", b""]
        assert set(subject.hands.listing()) == {b"over"}

    async def test_links_are_kept(self, disk: Subject) -> None:
        """A link's target is kept as its content, whatever it leads to."""
        disk.hands.write(b"file", OLD)
        disk.hands.link(b"one", b"file")
        disk.hands.link(b"two", b"miss\ning ")
        seen = await disk.observe()
        outcomes = await disk.apply(
            remove(seen[b"one"], keep=True), put(b"two", b"new", over=seen[b"two"], keep=True)
        )
        assert [one.status for one in outcomes] == [ops.OK] * 2
        contents = [await kept(disk, one.kept) for one in outcomes]
        assert contents == [b"file", b"miss\ning "]

    async def test_replaced_by_other_verbs(self, disk: Subject) -> None:
        """A link, a move and a copy keep what they replace as well."""
        for name in (b"a", b"b", b"c"):
            disk.hands.write(name, b"old " + name)
        disk.hands.write(b"source", b"source")
        seen = await disk.observe()
        outcomes = await disk.apply(
            link(b"a", b"b", over=seen[b"a"], keep=True),
            copy(seen[b"source"], b"b", seen[b"b"])._replace(keep=True),
            move(seen[b"source"], b"c", seen[b"c"])._replace(keep=True),
        )
        assert [one.status for one in outcomes] == [ops.OK] * 3
        assert [await kept(disk, one.kept) for one in outcomes] == [b"old a", b"old b", b"old c"]

    async def test_nothing_is_kept_unasked(self, subject: Subject) -> None:
        """No token without a version, and no version without asking."""
        first = await subject.succeeded(put(b"file", b"1")._replace(keep=True))
        assert first.kept == ""
        assert first.now is not None
        second = await subject.succeeded(put(b"file", b"2", over=first.now))
        assert second.kept == ""

    async def test_unknown_tokens(self, disk: Subject) -> None:
        """A token that nobody gave out is a KeyError, also one that tries to be a path."""
        for token in ("", "none", "..", ".", "../outside/secret", "0000000000-0123456789abcdef"):
            with pytest.raises(KeyError):
                await kept(disk, token)

    async def test_after_reopening(self, disk: Subject) -> None:
        """What was kept is there for the next connection of the same session."""
        disk.hands.write(b"file", OLD)
        outcome = await disk.applied(remove(await disk.look(b"file"), keep=True))
        await disk.endpoint.close()
        await disk.open()
        assert await kept(disk, outcome.kept) == OLD

    async def test_the_trash_is_dropped(self, subject: Subject) -> None:
        """Nothing of it is left, and what is kept afterwards is kept."""
        await subject.endpoint.drop_kept()
        subject.hands.write(b"file", OLD)
        first = await subject.applied(remove(await subject.look(b"file"), keep=True))
        await subject.endpoint.drop_kept()
        with pytest.raises(KeyError):
            await kept(subject, first.kept)
        if subject.outside is not None:
            beside = os.listdir(subject.root.parent)
            assert not [name for name in beside if "trash" in name]
        subject.hands.write(b"file", b"later")
        second = await subject.applied(remove(await subject.look(b"file"), keep=True))
        assert await kept(subject, second.kept) == b"later"


class TestEscapes:
    """A parent that became a link to the outside."""

    async def test_symlinked_parents(self, disk: Subject) -> None:
        """Nothing outside is made, changed, removed or moved in, whatever is asked."""
        assert disk.outside is not None
        secret = Seen(b"out/secret", entry(b"not yours"), b"")
        disk.outside.folder(b"folder")
        disk.hands.link(b"out", b"../outside")
        disk.hands.folder(b"real")
        disk.hands.link(b"real/out", disk.outside.root)
        before = disk.outside.listing()
        own = disk.hands.listing()
        disk.hands.write(b"mine", b"mine")
        mine = await disk.look(b"mine")
        for parent in (b"out", b"real/out"):
            path = parent + b"/x"
            there = secret._replace(path=parent + b"/secret")
            planned = [
                put(path, b"1"), mkdir(path), link(path, b"y"), move(mine, path), copy(mine, path),
                put(there.path, b"1", over=there), link(there.path, b"y", there, keep=True),
                remove(there), remove(there, keep=True), mode(there, True),
                rmdir(parent + b"/folder"), move(there, b"stolen"), copy(there, b"stolen"),
            ]  # fmt: skip
            statuses = [one.status for one in await disk.apply(*planned)]
            assert ops.OK not in statuses
        assert disk.outside.listing() == before
        assert disk.hands.listing().keys() == own.keys() | {b"mine"}

    async def test_links_are_not_written_through(self, disk: Subject) -> None:
        """A link to a file outside is replaced or left alone, the file never changed."""
        assert disk.outside is not None
        disk.hands.link(b"file", b"../outside/secret")
        before = disk.outside.listing()
        expected = Seen(b"file", entry(b"not yours"), b"")
        await disk.refused(put(b"file", b"1", over=expected))
        await disk.refused(mode(expected, True))
        await disk.refused(remove(expected))
        await disk.refused(put(b"file", b"1"))
        await disk.refused(copy(expected, b"stolen"))
        await disk.refused(move(expected, b"stolen"))
        assert disk.outside.listing() == before

    async def test_staging(self, disk: Subject) -> None:
        """A large file is not staged outside either."""
        assert disk.outside is not None
        disk.hands.link(b"out", b"../outside")
        before = disk.outside.listing()
        content = b"x" * 300_000
        try:
            token = await disk.staged(b"out/large", content)
        except StageTrouble:
            token = ""
        assert disk.outside.listing() == before
        if token:
            operation = put(b"out/large", content)._replace(data=None, staged=token)
            assert (await disk.applied(operation)).status != ops.OK
        assert disk.outside.listing() == before
