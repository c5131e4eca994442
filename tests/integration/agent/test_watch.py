"""Recursive inotify on a real tree: nothing is missed, nothing too much is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cstudio_agent import watch as watching
from cstudio_agent.watch import Watch, WatchUnavailable
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER_ENTRY, LINK, Entry
from cstudio_sync.operations import Operation
from cstudio_sync.rules import compile
from support.watching import Watched, entry, rules_for

Make = Callable[..., Watched]


def test_an_edit_is_told(watched: Make, root: Path) -> None:
    (root / "f").write_bytes(b"1")
    one = watched()
    (root / "f").write_bytes(b"22")
    one.told.wait(lambda: one.told.history(b"f")[-1:] == [entry(b"22")])


def test_every_kind_of_change_is_told(watched: Make, root: Path) -> None:
    for name in ("edited", "removed", "old", "mode"):
        (root / name).write_bytes(b"1")
    (root / "folder").mkdir()
    one = watched()
    (root / "edited").write_bytes(b"2")
    (root / "made").write_bytes(b"3")
    (root / "removed").unlink()
    (root / "old").rename(root / "new")
    (root / "mode").chmod(0o755)
    (root / "folder").rmdir()
    (root / "link").symlink_to("made")
    os.link(root / "made", root / "hard")
    one.settle()
    assert {path: seen.entry for path, seen in one.told.last.items()} == {
        b"edited": entry(b"2"),
        b"made": entry(b"3"),
        b"removed": None,
        b"old": None,
        b"new": entry(b"1"),
        b"mode": entry(b"1", executable=True),
        b"folder": None,
        b"link": Entry(LINK, target=b"made"),
        b"hard": entry(b"3"),
    }
    assert one.told.rescans == []


def test_nothing_is_told_about_nothing(watched: Make, root: Path) -> None:
    (root / "f").write_bytes(b"1")
    one = watched()
    assert (root / "f").read_bytes() == b"1"
    list(root.iterdir())
    one.settle()
    assert one.told.pushes == []


def test_names_of_any_bytes(watched: Make, root: Path) -> None:
    one = watched()
    name = b"new\nline \xff"
    with open(os.path.join(os.fsencode(root), name), "wb") as file:
        file.write(b"1")
    one.settle()
    assert one.told.history(name) == [entry(b"1")]


@pytest.mark.parametrize("size", [10, 5 * 1024 * 1024])
def test_a_growing_log_is_told_while_it_grows(watched: Make, root: Path, size: int) -> None:
    one = watched()
    ends = threading.Event()

    def write() -> None:
        with open(root / "log", "wb") as file:
            file.write(bytes(size))
            while not ends.is_set():
                file.write(b"line\n")
                file.flush()
                time.sleep(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        one.told.wait(lambda: len(one.told.history(b"log")) >= 3)
    finally:
        ends.set()
        writer.join()
    one.settle()
    assert one.told.history(b"log")[-1] == entry((root / "log").read_bytes())


@pytest.mark.parametrize("save", ["in place", "beside and over", "backup", "remove and write"])
def test_a_save_never_shows_less_than_a_whole_file(watched: Make, root: Path, save: str) -> None:
    """Never absent or empty; and in the end what was saved last.

    Less than a page: more is not written in one step, and may be seen half.
    """
    file, beside, old = root / "f", root / "f.new", root / "f~"
    file.write_bytes(b"0" * 3000)
    one = watched()
    for step in range(1, 30):
        content = b"%d" % (step % 10) * 3000
        if save == "in place":
            file.write_bytes(content)
        elif save == "beside and over":
            beside.write_bytes(content)
            beside.replace(file)
        elif save == "backup":
            file.rename(old)
            file.write_bytes(content)
            old.unlink()
        else:
            file.unlink()
            file.write_bytes(content)
        time.sleep((0.0, 0.005, 0.03, 0.12)[step % 4])
    one.settle()
    history = one.told.history(b"f")
    assert history[-1] == entry(b"9" * 3000)
    wholes = {entry(b"%d" % digit * 3000) for digit in range(10)}
    assert set(history) <= wholes
    assert one.told.last.get(b"f~") is None or one.told.last[b"f~"].entry is None


# ---------------------------------------------------------------------- folders


def test_a_new_tree_is_told_and_watched(watched: Make, root: Path) -> None:
    """`mkdir -p a/b/c`, and files before anybody could watch the folders."""
    one = watched()
    for number in range(30):
        folder = root / f"{number}" / "b" / "c"
        folder.mkdir(parents=True)
        (folder / "early").write_bytes(b"1")
    one.settle()
    for number in range(30):
        assert one.told.last[b"%d/b/c/early" % number].entry == entry(b"1")
        (root / f"{number}" / "b" / "c" / "late").write_bytes(b"2")
    one.settle()
    for number in range(30):
        assert one.told.last[b"%d/b/c/late" % number].entry == entry(b"2")
    assert one.told.rescans == []


def test_a_folder_that_moves_in_is_told_and_watched(watched: Make, root: Path) -> None:
    outside = root.with_name("outside")
    (outside / "d").mkdir(parents=True)
    (outside / "d" / "f").write_bytes(b"1")
    one = watched()
    outside.rename(root / "in")
    one.settle()
    assert one.told.last[b"in/d/f"].entry == entry(b"1")
    (root / "in" / "d" / "f").write_bytes(b"2")
    one.settle()
    assert one.told.last[b"in/d/f"].entry == entry(b"2")


def test_a_folder_that_moves_out_is_told_as_gone_and_left_alone(watched: Make, root: Path) -> None:
    (root / "d" / "e").mkdir(parents=True)
    one = watched()
    (root / "d").rename(root.with_name("out"))
    one.settle()
    assert [(seen.path, seen.entry) for seen in one.told.seen] == [(b"d", None)]
    (root.with_name("out") / "e" / "f").write_bytes(b"1")
    (root.with_name("out") / "g").write_bytes(b"1")
    one.settle()
    assert len(one.told.seen) == 1


def test_a_renamed_folder_goes_on_under_its_new_name(watched: Make, root: Path) -> None:
    (root / "old" / "e").mkdir(parents=True)
    (root / "old" / "e" / "f").write_bytes(b"1")
    one = watched()
    (root / "old").rename(root / "new")
    (root / "new" / "e" / "f").write_bytes(b"2")
    one.settle()
    assert one.told.last[b"old"].entry is None
    assert one.told.last[b"new/e/f"].entry == entry(b"2")
    one.told.clear()
    (root / "new" / "e" / "f").write_bytes(b"3")
    one.settle()
    assert [seen.path for seen in one.told.seen] == [b"new/e/f"]


def test_folders_that_change_places_are_watched_where_they_are(watched: Make, root: Path) -> None:
    for name in ("a", "b"):
        (root / name).mkdir()
    one = watched()
    for _ in range(3):
        (root / "a").rename(root / "x")
        (root / "b").rename(root / "a")
        (root / "x").rename(root / "b")
    one.settle()
    one.told.clear()
    for name in ("a", "b"):
        (root / name / "f").write_bytes(name.encode())
    one.settle()
    assert {seen.path for seen in one.told.seen} == {b"a/f", b"b/f"}


def test_folders_that_are_exchanged_are_watched_where_they_are(watched: Make, root: Path) -> None:
    """RENAME_EXCHANGE: two moves at once, told one after the other."""
    for name in ("a", "b"):
        (root / name).mkdir()
        (root / name / name).write_bytes(b"1")
    one = watched()
    _exchange(root / "a", root / "b")
    one.settle()
    assert one.told.last[b"a/b"].entry == entry(b"1")
    assert one.told.last[b"b/a"].entry == entry(b"1")
    one.told.clear()
    for name in ("a", "b"):
        (root / name / "f").write_bytes(b"2")
    one.settle()
    assert {seen.path for seen in one.told.seen} == {b"a/f", b"b/f"}


def _exchange(first: Path, second: Path) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    at_cwd, exchange = -100, 2
    done = libc.renameat2(at_cwd, os.fsencode(first), at_cwd, os.fsencode(second), exchange)
    if done:
        pytest.skip("this file system cannot exchange two names")


def test_a_folder_that_is_made_anew_is_watched(watched: Make, root: Path) -> None:
    (root / "d").mkdir()
    one = watched()
    for step in range(20):
        shutil.rmtree(root / "d")
        (root / "d").mkdir()
        (root / "d" / f"{step}").write_bytes(b"1")
    one.settle()
    one.told.clear()
    (root / "d" / "f").write_bytes(b"1")
    one.settle()
    assert [seen.path for seen in one.told.seen] == [b"d/f"]


def test_a_link_to_a_folder_is_no_folder(watched: Make, root: Path) -> None:
    """Nothing behind it is watched: neither one that was there nor a new one."""
    outside = root.with_name("outside")
    outside.mkdir()
    (root / "first").symlink_to(outside)
    one = watched()
    (root / "second").symlink_to("../outside")
    (root / "third").symlink_to("first")
    (outside / "f").write_bytes(b"1")
    one.settle()
    assert {seen.path for seen in one.told.seen} == {b"second", b"third"}


def test_a_folder_that_becomes_a_link_leads_nowhere(watched: Make, root: Path) -> None:
    outside = root.with_name("outside")
    outside.mkdir()
    one = watched()
    for step in range(50):
        (root / f"{step}").mkdir()
        (root / f"{step}").rmdir()
        (root / f"{step}").symlink_to(outside)
    one.settle()
    one.told.clear()
    (outside / "f").write_bytes(b"1")
    one.settle()
    assert one.told.seen == []


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="changing the user needs root")
def test_a_folder_that_becomes_readable_is_told_and_watched() -> None:
    """C18; as a user who is not root, for whom folders can be unreadable."""
    nobody = 65534
    with tempfile.TemporaryDirectory(prefix="cstudio-test-") as made:
        root = Path(made)
        (root / "d" / "e").mkdir(parents=True)
        (root / "d" / "e" / "f").write_bytes(b"1")
        for path in (root, root / "d", root / "d" / "e"):
            os.chown(path, nobody, nobody)
        os.chmod(root / "d", 0)
        os.seteuid(nobody)
        try:
            one = Watched(root)
            one.start()
            os.chmod(root / "d", 0o700)
            one.settle()
            assert one.told.last[b"d/e/f"].entry == entry(b"1")
            one.told.clear()
            (root / "d" / "e" / "g").write_bytes(b"2")
            one.settle()
            assert [seen.path for seen in one.told.seen] == [b"d/e/g"]
            one.close()
        finally:
            os.seteuid(0)


# ------------------------------------------------------------------- exclusions


def test_what_is_excluded_is_neither_watched_nor_told(watched: Make, root: Path) -> None:
    (root / "skipped" / "deep").mkdir(parents=True)
    one = watched("skipped")
    (root / "skipped" / "deep" / "f").write_bytes(b"1")
    (root / "d" / "skipped" / "deep").mkdir(parents=True)
    (root / "d" / "skipped" / "deep" / "f").write_bytes(b"1")
    one.settle()
    assert [seen.path for seen in one.told.seen] == [b"d"]
    assert _watched(one) == {b"", b"d"}


def test_a_folder_that_loses_its_excluded_name_takes_part(watched: Make, root: Path) -> None:
    (root / "skipped").mkdir()
    (root / "skipped" / "f").write_bytes(b"1")
    one = watched("skipped")
    (root / "skipped").rename(root / "d")
    one.settle()
    assert one.told.last[b"d/f"].entry == entry(b"1")
    (root / "d").rename(root / "skipped")
    one.settle()
    assert one.told.last[b"d"].entry is None
    assert _watched(one) == {b""}


def test_other_exclusions_change_what_is_watched(watched: Make, root: Path) -> None:
    for name in ("first", "second"):
        (root / name / "d").mkdir(parents=True)
    one = watched("first")
    assert _watched(one) == {b"", b"second", b"second/d"}
    one.replica.set_matcher(compile(rules_for("second")))
    assert one.watch is not None
    one.watch.use_rules()
    assert _watched(one) == {b"", b"first", b"first/d"}
    for name in ("first", "second"):
        (root / name / "d" / "f").write_bytes(b"1")
    one.settle()
    assert [seen.path for seen in one.told.seen] == [b"first/d/f"]


def _watched(one: Watched) -> set[bytes]:
    """The folders with a watch, as the kernel and the books have it."""
    assert one.watch is not None
    with open(f"/proc/self/fdinfo/{one.watch._fd}") as table:
        count = sum(line.startswith("inotify wd:") for line in table)
    held = set(one.watch._paths.values())
    assert len(held) == count == len(one.watch._watches)
    return held


# ------------------------------------------------------------------ our own work


def test_invariant_13_what_apply_does_makes_no_push(watched: Make, root: Path) -> None:
    (root / "old").write_bytes(b"old")
    one = watched()
    old = one.replica.look(b"old")
    assert old is not None
    content = {b"d/%d" % number: b"%d" % number * 100 for number in range(50)}
    outcomes = one.replica.apply(
        [
            Operation(ops.MAKE_FOLDER, b"d", FOLDER_ENTRY),
            *(Operation(ops.PUT_FILE, path, entry(data), data=data)
              for path, data in content.items()),
            Operation(ops.PUT_LINK, b"link", Entry(LINK, target=b"old")),
            Operation(ops.REMOVE_FILE, b"old", None, old.entry, old.stamp),
        ]
    )  # fmt: skip
    assert {outcome.status for outcome in outcomes} == {ops.OK}
    one.settle()
    assert one.told.pushes == []


def test_an_edit_of_what_apply_made_is_told(watched: Make, root: Path) -> None:
    one = watched()
    for number in range(50):
        name = b"%d" % number
        one.replica.apply([Operation(ops.PUT_FILE, name, entry(b"ours"), data=b"ours")])
        (root / os.fsdecode(name)).write_bytes(b"them")
    one.settle()
    assert {seen.entry for seen in one.told.last.values()} == {entry(b"them")}
    assert len(one.told.last) == 50


def test_a_file_put_into_a_folder_that_apply_made_is_told(watched: Make, root: Path) -> None:
    """Between the folder and its watch: D8, with us as the one who made it."""
    one = watched()
    for number in range(30):
        one.replica.apply([Operation(ops.MAKE_FOLDER, b"%d" % number, FOLDER_ENTRY)])
        (root / f"{number}" / "f").write_bytes(b"them")
    one.settle()
    assert {seen.path for seen in one.told.seen} == {b"%d/f" % number for number in range(30)}


def test_temporaries_are_not_told(watched: Make, root: Path) -> None:
    one = watched()
    token = one.replica.stage_begin(b"f", entry(b"1"))
    one.replica.stage_write(token, b"1")
    one.settle()
    one.replica.stage_drop(token)
    one.settle()
    assert one.told.pushes == []


# ---------------------------------------------------------------------- trouble


def test_an_overflow_is_a_look_at_everything(watched: Make, root: Path) -> None:
    """Events were lost; the watches are put right, and what comes next is told."""
    (root / "moved" / "d").mkdir(parents=True)
    (root / "out").mkdir()
    one = watched()
    assert one.watch is not None
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    with one.watch._lock:  # nobody reads
        for number in range(most // 2 + 100):
            (root / f"{number % 50}").touch()
            (root / f"{number % 50}").unlink()
        (root / "moved").rename(root / "here")
        (root / "out").rename(root.with_name("outside"))
        (root / "made" / "d").mkdir(parents=True)
    one.told.wait(lambda: any("overflow" in why for why in one.told.rescans))
    one.settle()
    assert _watched(one) == {b"", b"here", b"here/d", b"made", b"made/d"}
    one.told.clear()
    for name in ("here", "made"):
        (root / name / "d" / "f").write_bytes(b"1")
    (root.with_name("outside") / "f").write_bytes(b"1")
    one.settle()
    assert {seen.path for seen in one.told.seen} == {b"here/d/f", b"made/d/f"}


@pytest.mark.parametrize("end", ["renamed", "removed"])
def test_invariant_10_a_root_that_goes_is_told_as_such(watched: Make, root: Path, end: str) -> None:
    (root / "d").mkdir()
    (root / "d" / "f").write_bytes(b"1")
    one = watched()
    if end == "renamed":
        root.rename(root.with_name("elsewhere"))
    else:
        shutil.rmtree(root)
    one.told.wait(lambda: any(why.startswith("root: ") for why in one.told.rescans))
    if end == "renamed":
        assert one.told.seen == []


def test_a_full_table_of_watches_is_polling(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D7, at the start: not "disk full", but which limit, and what to type."""
    for number in range(10):
        (root / f"{number}").mkdir()
    monkeypatch.setattr(watching, "_libc", lambda: _Limited(5))
    one = Watched(root)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(WatchUnavailable, match=r"sysctl fs\.inotify\.max_user_watches=524288"):
        Watch(one.replica, one.notices)
    assert len(os.listdir("/proc/self/fd")) == before
    one.close()


def test_a_table_that_fills_up_later_is_polling_of_the_rest(
    watched: Make, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D7, later: it is said, and what has no watch is noticed all the same."""
    monkeypatch.setattr(watching, "_libc", lambda: _Limited(3))
    (root / "old").mkdir()
    one = watched(start=False)
    one.start(poll_seconds=0.05)
    for number in range(5):
        (root / f"{number}").mkdir()
    one.told.wait(lambda: any("max_user_watches" in why for why in one.told.rescans))
    (root / "old" / "f").write_bytes(b"1")
    one.told.wait(lambda: b"old/f" in one.told.last)
    one.settle()
    time.sleep(0.2)
    one.told.clear()
    time.sleep(0.2)
    assert one.told.rescans == []  # once told, and quiet
    (root / "4" / "f").write_bytes(b"1")
    one.told.wait(lambda: "polling found changes" in one.told.rescans)
    one.told.clear()
    (root / "4" / "g").write_bytes(b"1")
    one.settle()
    assert one.told.rescans == ["polling found changes"]  # a drain looks, too


class _Limited:
    """The C library, on a system where only so many folders can be watched."""

    def __init__(self, most: int) -> None:
        import ctypes

        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self._left = most

    def __getattr__(self, name: str) -> object:
        return getattr(self._libc, name)

    def inotify_add_watch(self, descriptor: int, path: bytes, mask: int) -> int:
        import ctypes
        import errno

        if self._left <= 0:
            ctypes.set_errno(errno.ENOSPC)
            return -1
        self._left -= 1
        added: int = self._libc.inotify_add_watch(descriptor, path, mask)
        return added


def test_a_real_limit_is_named(root: Path) -> None:
    """The kernel's own refusal, in a user namespace with a limit of its own."""
    script = (
        "import sys; from cstudio_agent import watch, notices, replica\n"
        "open('/proc/sys/user/max_inotify_watches', 'w').write('3')\n"
        "one = replica.Replica.open(sys.argv[1].encode(), session='s')\n"
        "try: watch.Watch(one, notices.Notices(one, lambda seen, why: None))\n"
        "except watch.WatchUnavailable as why: print(why)\n"
    )
    for number in range(10):
        (root / f"{number}").mkdir()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", script, str(root)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    if "unshare" in done.stderr:
        pytest.skip("this machine has no user namespaces")
    assert "max_user_watches" in done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["nfs4", "9p", "fuse.sshfs", "cifs", "virtiofs"])
def test_a_file_system_without_events_is_polled(
    root: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """D18: inotify would seem to work there, and tell nothing."""
    monkeypatch.setattr(watching, "_file_system_of", lambda device: kind.encode())
    one = Watched(root)
    with pytest.raises(WatchUnavailable, match=f"{kind} does not report changes"):
        Watch(one.replica, one.notices)
    one.close()


def test_a_file_system_with_events_is_watched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All changes of a rootless container's own file system go through this kernel."""
    monkeypatch.setattr(watching, "_file_system_of", lambda device: b"fuse.fuse-overlayfs")
    one = Watched(root)
    one.start()
    one.close()


def test_the_file_system_is_read_from_the_kernel(root: Path) -> None:
    proc = watching._file_system_of(os.stat("/proc").st_dev)
    assert proc == b"proc"
    assert watching._file_system_of(os.makedev(4095, 4095)) == b""


def test_without_a_c_library_it_is_polling(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    def missing(*args: object, **kwargs: object) -> None:
        raise OSError("no dynamic loading")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    one = Watched(root)
    with pytest.raises(WatchUnavailable, match="no dynamic loading"):
        Watch(one.replica, one.notices)
    one.close()


def test_it_leaves_nothing_behind(root: Path) -> None:
    for number in range(20):
        (root / f"{number}").mkdir()
    before = (len(os.listdir("/proc/self/fd")), threading.active_count())
    for _ in range(5):
        one = Watched(root)
        watch = one.start()
        (root / "0" / "f").write_bytes(b"1")
        one.close()
        one.close()
        watch.drain()  # after its end: nothing, and no trouble
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before


def test_many_folders_cost_little(watched: Make, root: Path) -> None:
    """Five thousand watches: a few hundred bytes each in our own books."""
    import tracemalloc

    for outer in range(50):
        for inner in range(100):
            (root / f"{outer}" / f"folder-{inner}").mkdir(parents=True)
    one = watched(start=False)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    one.start()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(_watched(one)) == 5051
    assert used < 5051 * 500


def test_random_changes_are_told_exactly(watched: Make, root: Path) -> None:
    """E9: after any history, what was told is what is there."""
    import random

    chance = random.Random(7)
    one = watched("skipped")
    folders = [root]
    for _ in range(1500):
        folder = chance.choice(folders)
        name = chance.choice(["a", "b", "c", "d", "e", "skipped"])
        path, action = folder / name, chance.randrange(6)
        try:
            if action == 0:
                path.mkdir()
                folders.append(path)
            elif action == 1:
                path.write_bytes(b"%d" % chance.randrange(100))
            elif action == 2 and path != root:
                (shutil.rmtree if path.is_dir() else os.unlink)(path)
            elif action == 3:
                path.rename(chance.choice(folders) / chance.choice("abcde"))
            elif action == 4:
                path.symlink_to("a")
            else:
                time.sleep(0.001)
        except OSError:
            pass
        folders = [one for one in folders if one.is_dir() and not one.is_symlink()] or [root]
    one.settle()
    assert one.told.rescans == []
    found: dict[bytes, Entry | None] = {}
    for seen in one.told.seen:
        if seen.entry is None or seen.entry.kind != "d":
            for below in [path for path in found if path.startswith(seen.path + b"/")]:
                del found[below]
        found[seen.path] = seen.entry
    there: list[tuple[bytes, Entry | None]] = []
    one.replica.observe([b""], lambda batch: there.extend((s.path, s.entry) for s in batch))
    # What a folder of the same name held before is not said to be gone: the
    # receiver looks at such a folder again.
    real = dict(there)
    assert {path: found.get(path) for path in real} == real
