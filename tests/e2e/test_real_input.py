"""Real trees and real habits: a library of thousands of files, git, editors, logs.

Both sides are read by a comparer that shares nothing with the engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Cstudio
from support.compare import SCRIPT, Tree, differences, listing
from support.kubernetes import Namespace

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

SKIPPED = ("__pycache__", ".git", "site-packages", "node_modules", "lost+found")
"""Names that are left out by default, or not part of the library."""

POLL = r"""
import os, sys, time
path, end, bad = sys.argv[1], time.monotonic() + float(sys.argv[2]), {}
print("ready", flush=True)
seen = set()
while time.monotonic() < end:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        bad["missing"] = bad.get("missing", 0) + 1
        continue
    if not data:
        bad["empty"] = bad.get("empty", 0) + 1
    elif not data.endswith(b"end\n"):
        bad["partial"] = bad.get("partial", 0) + 1
    seen.add(data)
print(len(seen), bad)
"""


def _name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:5]}"


def _there(namespace: Namespace, pod: str, folder: str, *skip: str) -> Tree:
    done = namespace.exec(pod, "python3", "-c", SCRIPT, folder, *skip)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _mirror(cstudio: Cstudio, namespace: Namespace, project: Path, pod: str) -> None:
    cstudio.run(
        "sync", "create", str(project), f"pod/{pod}:/work", "--name", "s", "-n", namespace.name,
        "--create", "--wait", timeout=180,
    )  # fmt: skip


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The standard library with its tests, or as much of it as there is."""
    source = Path(sysconfig.get_paths()["stdlib"])
    copy = tmp_path / "library"
    shutil.copytree(
        source, copy, symlinks=True,
        ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.a", "site-packages", "*~"),
    )  # fmt: skip
    for folder, folders, files in os.walk(copy):  # Debian's has links into /etc and /usr/lib
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(copy.resolve()):
                path.unlink()
    missing = 5000 - sum(len(files) for _, _, files in os.walk(copy))
    for number in range(missing):  # a slim installation has fewer
        path = copy / "more" / f"p{number % 50}" / f"m{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value = {number}\n")
    return copy


def _add_unusual(root: Path) -> None:
    folder = os.fsencode(root / "unusual")
    os.mkdir(folder)
    names = [
        b"new\nline", b"tab\there", b"quote'\"`$x", b"not-utf8-\xff\xfe\x80", b"n" * 255, b"-rf",
        b"--", b" space ", b"back\\slash", b"star*?[a]", "ünï→日本".encode(), b"\x01\x7f", b"...",
        b"%s%d", b"#hash", b"semi;colon&", b"con.txt ", b"trailing.",
    ]  # fmt: skip
    for number, name in enumerate(names):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"content %d" % number)
        os.mkdir(os.path.join(folder, b"d" + name[:200]))
    deep = os.path.join(folder, *[b"deep"] * 60)
    os.makedirs(deep)
    for name, content in ((b"bottom", b"deep down"), (b"empty", b"")):
        with open(os.path.join(deep, name), "wb") as file:
            file.write(content)
    open(os.path.join(folder, b"empty-file"), "wb").close()
    with open(os.path.join(folder, b"runs"), "wb") as file:
        file.write(b"#!/bin/sh\n")
    os.chmod(os.path.join(folder, b"runs"), 0o755)
    for name, target in (
        (b"link-inside", b"runs"), (b"link-up", b"../os.py"), (b"link-dangling", b"nothing/here"),
        (b"link-folder", b"deep"), (b"link-odd\n\xff", b"new\nline"),
    ):  # fmt: skip
        os.symlink(target, os.path.join(folder, name))


@pytest.mark.slow
def test_a_real_tree_with_unusual_names_is_the_same_on_both_sides(
    cstudio: Cstudio, shared_namespace: Namespace, library: Path
) -> None:
    """Content, types, link targets and executable bits, here and there, both ways."""
    pod = shared_namespace.run_pod(_name("library"))
    _add_unusual(library)
    _mirror(cstudio, shared_namespace, library, pod)
    cstudio.flush("s", seconds=120)
    here = listing(library, *SKIPPED)
    assert len([one for one in here.values() if one[0] == "file"]) >= 5000
    excluded = {path for path in here if path.endswith((".pyc", ".swp", "~"))}
    here = {path: what for path, what in here.items() if path not in excluded}
    assert differences(here, _there(shared_namespace, pod, "/work", *SKIPPED)) == []
    _change_unusual_there(shared_namespace, pod)
    os.mkfifo(library / "pipe")
    os.symlink("../../outside", library / "leads-out")
    cstudio.flush("s", status=3)  # two paths that cannot be synced are listed
    listed = {one["path"]: one["reason"] for one in cstudio.json("sync", "problems", "s")}
    assert listed.keys() == {"pipe", "leads-out"}
    (library / "pipe").unlink()
    (library / "leads-out").unlink()
    cstudio.flush("s", seconds=120)
    here = {path: what for path, what in listing(library, *SKIPPED).items() if path not in excluded}
    assert differences(here, _there(shared_namespace, pod, "/work", *SKIPPED)) == []
    assert (library / "unusual" / "-rf").read_bytes() == b"edited there"


def _change_unusual_there(namespace: Namespace, pod: str) -> None:
    script = (
        "import os\n"
        "os.chdir(b'/work/unusual')\n"
        "open(b'-rf', 'wb').write(b'edited there')\n"
        "open(b'not-utf8-\\xff\\xfe\\x80', 'wb').write(b'edited')\n"
        "os.rename(b'new\\nline', b'new\\nline\\nagain')\n"
        "os.chmod(b'runs', 0o644)\n"
        "os.unlink(b'link-dangling')\n"
        "os.symlink(b'elsewhere', b'link-dangling')\n"
        "os.unlink(b'n' * 255)\n"
        "open(b'm' * 255, 'wb').write(b'long')\n"
        "os.rename(b'deep', b'deeper')\n"
    )
    namespace.exec(pod, "python3", "-c", script)


def _git(repository: Path, *args: str) -> None:
    subprocess.run(
        [
            "git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "gc.auto=0",
            "-c", "core.hooksPath=/dev/null", *args,
        ],
        cwd=repository, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository of 2,400 files with two branches far apart."""
    root = tmp_path / "repository"
    root.mkdir()
    _git(root, "init", "-q", "-b", "one")
    for number in range(2400):
        path = root / f"pkg{number % 60}" / f"sub{number % 7}" / f"m{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# one\nvalue = {number}\n" * 10)
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "one")
    _git(root, "checkout", "-q", "-b", "two")
    for number in range(2400):
        path = root / f"pkg{number % 60}" / f"sub{number % 7}" / f"m{number}.py"
        if number % 3 == 0:
            path.write_text(f"# two\nvalue = {number}\n" * 12)
        elif number % 30 == 1:
            path.unlink()
        elif number % 30 == 2:
            path.rename(path.with_name(f"renamed{number}.py"))
        elif number % 50 == 5:
            path.chmod(0o755)
    shutil.rmtree(root / "pkg7")
    (root / "pkg7").write_text("a file now\n")
    _git(root, "add", "-A", ".")
    _git(root, "commit", "-q", "-m", "two")
    _git(root, "checkout", "-q", "one")
    return root


@pytest.mark.slow
def test_another_revision_checked_out_while_mirrored(
    cstudio: Cstudio, shared_namespace: Namespace, repository: Path
) -> None:
    """There and back, three times, the last ones without waiting in between."""
    pod = shared_namespace.run_pod(_name("git"))
    _mirror(cstudio, shared_namespace, repository, pod)
    for branch in ("two", "one"):
        _git(repository, "checkout", "-q", branch)
        cstudio.flush("s", seconds=90)
        there = _there(shared_namespace, pod, "/work")
        assert differences(listing(repository, ".git"), there) == []
    for branch in ("two", "one", "two"):
        _git(repository, "checkout", "-q", branch)
        time.sleep(0.15)
    cstudio.flush("s", seconds=90)
    assert differences(listing(repository, ".git"), _there(shared_namespace, pod, "/work")) == []
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=repository, capture_output=True, check=True
    )
    assert done.stdout == b"", "nothing came back from the pod"
    assert ".git" not in _there(shared_namespace, pod, "/work")
    assert cstudio.json("sync", "conflicts", "s") == []


@contextlib.contextmanager
def _polled(namespace: Namespace, pod: str, path: str, seconds: float) -> Iterator[list[str]]:
    """Read a file in the pod as fast as possible; the result is there afterwards."""
    result: list[str] = []
    with subprocess.Popen(
        [
            "kubectl", "-n", namespace.name, "exec", pod, "--", "python3", "-c", POLL, path,
            str(seconds),
        ],
        stdout=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield result
        result.append(started.stdout.read())


def _vim(file: Path, text: str) -> None:
    """Probe with 4913, back up, write anew, remove the backup."""
    probe = file.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = file.with_name(file.name + "~")
    file.rename(backup)
    with open(file, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    backup.unlink()


def _vscode(file: Path, text: str) -> None:
    """Truncate and write in place."""
    with open(file, "r+") as out:
        out.truncate(0)
        out.write(text)


def _jetbrains(file: Path, text: str) -> None:
    """Write aside, move the old one aside, move the new one in, remove the old one."""
    new, old = (file.with_name(f"{file.name}___jb_{which}___") for which in ("tmp", "old"))
    new.write_text(text)
    file.rename(old)
    new.rename(file)
    old.unlink()


@pytest.mark.parametrize("save", [_vim, _vscode, _jetbrains], ids=["vim", "vscode", "jetbrains"])
def test_saving_in_an_editor_is_one_change_there(
    save: object, cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """The pod never sees an empty, a missing or a half file, nor what editors use aside."""
    assert callable(save)
    pod = shared_namespace.run_pod(_name("editor"))
    file = project / "src" / "main.py"
    file.write_text("first\nend\n")
    _mirror(cstudio, shared_namespace, project, pod)
    with _polled(shared_namespace, pod, "/work/src/main.py", 8) as result:
        for number in range(25):
            save(file, f"version {number}\n" + f"line {number}\n" * 3000 + "end\n")
            time.sleep(0.2)
    seen, bad = result[0].strip().split(" ", 1)
    assert bad == "{}", f"the pod saw {bad}"
    assert int(seen) >= 15
    cstudio.flush("s")
    assert differences(listing(project), _there(shared_namespace, pod, "/work")) == []
    assert cstudio.json("sync", "conflicts", "s") == []


def test_a_growing_log_follows_and_ends_equal(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """A line every 20 ms for five seconds, here and there."""
    pod = shared_namespace.run_pod(_name("log"))
    log = project / "here.log"
    log.write_text("begin\n")
    _mirror(cstudio, shared_namespace, project, pod)
    script = (
        "import time\n"
        "for n in range(250):\n"
        "    with open('/work/there.log', 'a') as log:\n"
        "        log.write('%s line\\n' % n)\n"
        "    time.sleep(0.02)\n"
    )
    with (
        subprocess.Popen(
            ["kubectl", "-n", shared_namespace.name, "exec", pod, "--", "python3", "-c", script]
        ),
        open(log, "a", buffering=1) as out,
    ):
        for number in range(250):
            out.write(f"{number} line\n")
            time.sleep(0.02)
    cstudio.flush("s")
    assert len(log.read_text().splitlines()) == 251
    assert len((project / "there.log").read_text().splitlines()) == 250
    assert differences(listing(project), _there(shared_namespace, pod, "/work")) == []
    assert cstudio.json("sync", "conflicts", "s") == []


@pytest.mark.slow
def test_a_200_mb_file_replaced_in_the_middle(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """Three changes, one of them there; each arrives whole and alone."""
    pod = shared_namespace.run_pod(_name("large"))
    project = tmp_path / "large"
    project.mkdir()
    big = project / "big.bin"
    try:
        with open(big, "wb") as out:
            for number in range(200):
                out.write(random.Random(number).randbytes(1_000_000))
        _mirror(cstudio, shared_namespace, project, pod)
        with open(big, "r+b") as out:
            out.seek(100_000_000)
            out.write(b"replaced" * 1000)
        _agree(cstudio, shared_namespace, pod, big)
        shared_namespace.exec(
            pod, "python3", "-c",
            "f = open('/work/big.bin', 'r+b'); f.seek(50_000_000); f.write(b'there' * 1000)",
        )  # fmt: skip
        _agree(cstudio, shared_namespace, pod, big)
        with open(big, "rb") as data:
            data.seek(50_000_000)
            assert data.read(10) == b"therethere"
    finally:
        cstudio.run("sync", "delete", "s", "--yes", status=None)
        big.unlink(missing_ok=True)
        shared_namespace.exec(pod, "rm", "-rf", "/work", check=False)


def _agree(cstudio: Cstudio, namespace: Namespace, pod: str, big: Path) -> None:
    cstudio.flush("s", seconds=60)
    with open(big, "rb") as data:
        here = hashlib.file_digest(data, "sha256").hexdigest()
    assert namespace.sh(pod, "sha256sum /work/big.bin").split()[0] == here
