"""Everything is killed, cut, filled up or doubled: both sides end whole and equal.

The files of these tests say themselves whether they are whole: each begins with
the digest of the rest.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import cuts, kubernetes
from support.cli import Cstudio
from support.compare import SCRIPT, Tree, differences, listing
from support.kubernetes import Namespace

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

AGENT = "cstudio-bootstrap:"
"""Stands in the command line of every agent."""

KILLER = r"""
import os, signal, sys, time
root, marker, limits = sys.argv[1], sys.argv[2].encode(), [int(one) for one in sys.argv[3:]]
def count():
    return sum(len(files) for _, _, files in os.walk(root))
def agents():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                line = file.read()
        except OSError:
            continue
        if marker in line and int(pid) != os.getpid() and b"KILLER" not in line:
            yield int(pid)
end = time.monotonic() + 60
killed = 0
print("ready", flush=True)
while limits and time.monotonic() < end:
    if count() >= limits[0]:
        for pid in agents():
            os.kill(pid, signal.SIGKILL)
            killed += 1
            limits.pop(0)
            break
print(killed)  # KILLER
"""

WHOLE = r"""
import hashlib, os, sys
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        if name.startswith(".cstudio-tmp-"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        if data[:64] != hashlib.sha256(data[64:]).hexdigest().encode():
            print(os.path.join(folder, name), len(data))
"""


def _whole(size: int, seed: int) -> bytes:
    body = random.Random(seed).randbytes(size)
    return hashlib.sha256(body).hexdigest().encode() + body


def _name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:5]}"


def _mirror(
    cstudio: Cstudio, namespace: Namespace, project: Path, target: str, *more: str, name: str = "s"
) -> None:
    cstudio.run(
        "sync", "create", str(project), target, "--name", name, "-n", namespace.name, "--create",
        *more, timeout=120,
    )  # fmt: skip


def _there(namespace: Namespace, pod: str, folder: str) -> Tree:
    import json

    done = namespace.exec(pod, "python3", "-c", SCRIPT, folder)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _torn(namespace: Namespace, pod: str, folder: str) -> str:
    return namespace.exec(pod, "python3", "-c", WHOLE, folder).stdout.decode()


def _in_step(cstudio: Cstudio, namespace: Namespace, project: Path, pod: str, folder: str) -> None:
    cstudio.flush("s", seconds=90)
    assert differences(listing(project), _there(namespace, pod, folder)) == []


def _eventually(is_true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _killer(namespace: Namespace, pod: str, folder: str, *limits: int) -> subprocess.Popen[bytes]:
    started = subprocess.Popen(
        [
            "kubectl", "-n", namespace.name, "exec", pod, "--", "python3", "-c", KILLER, folder,
            AGENT, *map(str, limits),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    return started


def _many(project: Path, count: int, size: int = 2000) -> None:
    for number in range(count):
        folder = project / f"d{number % 40}"
        folder.mkdir(exist_ok=True, parents=True)
        (folder / f"f{number}").write_bytes(_whole(size, number))


def test_an_agent_killed_during_a_first_sync_costs_nothing(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """Three times, at different depths; the sync ends by itself and nothing is torn."""
    pod = shared_namespace.run_pod(_name("first"))
    project = tmp_path / "many"
    _many(project, 6000)
    (project / "big.bin").write_bytes(_whole(20_000_000, 1))
    before = listing(project)
    with _killer(shared_namespace, pod, "/work", 1, 1500, 4000) as killer:
        _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
        cstudio.flush("s", seconds=120)
        killed, _ = killer.communicate(timeout=90)
    assert int(killed) >= 2, cstudio.log()[-2000:]
    assert _torn(shared_namespace, pod, "/work") == ""
    _in_step(cstudio, shared_namespace, project, pod, "/work")
    assert differences(listing(project), before) == []


def test_an_agent_killed_while_applying_costs_nothing(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """Both sides change, the agent dies in the middle, again and again."""
    pod = shared_namespace.run_pod(_name("applying"))
    project = tmp_path / "many"
    _many(project, 600)
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    with _killer(shared_namespace, pod, "/work", 700, 1500, 2500) as killer:
        for number in range(3000):
            (project / f"d{number % 40}" / f"new{number}").write_bytes(_whole(3000, 7000 + number))
        cstudio.flush("s", seconds=120)
        killed, _ = killer.communicate(timeout=90)
    assert int(killed) >= 2, cstudio.log()[-2000:]
    assert _torn(shared_namespace, pod, "/work") == ""
    _in_step(cstudio, shared_namespace, project, pod, "/work")
    assert len(list(project.rglob("new*"))) == 3000


def test_a_stream_cut_at_a_random_byte_twenty_times(
    shared_namespace: Namespace, tmp_path: Path
) -> None:
    """Whatever is on its way when the stream breaks: no half file, nothing lost."""
    pod = shared_namespace.run_pod(_name("cut"))
    project = tmp_path / "cut"
    _many(project, 40, 50_000)
    choose = random.Random(20)
    with cuts.proxy(*kubernetes.server_address()) as way:
        config = kubernetes.kubeconfig_through(way.port, tmp_path)
        cstudio = Cstudio(tmp_path / "state", {"KUBECONFIG": config})
        try:
            _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
            for number in range(20):
                _change_both(shared_namespace, pod, project, choose, number, way)
                _eventually(lambda number=number: way.cuts > number, 20)  # type: ignore[misc]
                assert _torn(shared_namespace, pod, "/work") == ""
                _in_step(cstudio, shared_namespace, project, pod, "/work")
                assert (project / "d1" / f"there{number}").exists()
        finally:
            cstudio.close()
    found = subprocess.run(["python3", "-c", WHOLE, str(project)], capture_output=True, check=True)
    assert found.stdout == b""


def _change_both(
    namespace: Namespace,
    pod: str,
    project: Path,
    choose: random.Random,
    number: int,
    way: cuts.Proxy,
) -> None:
    """Write 25 files here and 25 there; the cut comes somewhere in between."""
    way.cut_after(choose.choice([choose.randrange(1, 2000), choose.randrange(1, 2_000_000)]))
    script = (
        "import hashlib, os\n"
        "for n in range(25):\n"
        "    body = os.urandom(40000)\n"
        "    data = hashlib.sha256(body).hexdigest().encode() + body\n"
        "    name = '/work/d%d/there%s' % (1, os.sys.argv[1] if n == 0 else '-%d' % n)\n"
        "    open(name + '.part', 'wb').write(data)\n"
        "    os.rename(name + '.part', name)\n"
    )
    for one in range(25):
        path = project / f"d{one}" / "here"
        aside = path.with_name("aside~")
        aside.write_bytes(_whole(40_000, number * 100 + one))
        aside.rename(path)
    namespace.exec(pod, "python3", "-c", script, str(number))


def test_a_killed_daemon_comes_back_with_every_session(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """Killed during a bulk, three times; the next command starts it again."""
    pod = shared_namespace.run_pod(_name("daemon"))
    project, other = tmp_path / "many", tmp_path / "other"
    _many(project, 300)
    other.mkdir()
    (other / "one.txt").write_text("one\n")
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    _mirror(cstudio, shared_namespace, other, f"pod/{pod}:/other", "--wait", name="t")
    for round_ in range(3):
        for number in range(1500):
            path = project / f"d{number % 40}" / f"r{round_}-{number}"
            path.write_bytes(_whole(2000, number))
        time.sleep(0.1 + 0.15 * round_)
        cstudio.kill_daemon()
        names = {one["name"] for one in cstudio.json("sync", "list")}
        assert names == {"s", "t"}
        assert _torn(shared_namespace, pod, "/work") == ""
        _in_step(cstudio, shared_namespace, project, pod, "/work")
        _no_temporaries(shared_namespace, pod, project)
    (other / "one.txt").write_text("two\n")
    cstudio.flush("t")
    assert shared_namespace.sh(pod, "cat /other/one.txt") == "two\n"
    assert len(list(project.rglob("r?-*"))) == 4500


def _no_temporaries(namespace: Namespace, pod: str, project: Path) -> None:
    assert namespace.sh(pod, "find /work -name '.cstudio-tmp-*'") == ""
    assert list(project.rglob(".cstudio-tmp-*")) == []


def test_sigterm_during_a_bulk_ends_within_five_seconds_and_leaves_no_temporaries(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """The rename in hand is finished, what was staged is taken back."""
    pod = shared_namespace.run_pod(_name("term"))
    project = tmp_path / "many"
    _many(project, 100)
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    (project / "big.bin").write_bytes(_whole(60_000_000, 5))
    _many(project, 5000)
    time.sleep(0.3)
    pid = cstudio.daemon_pid()
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    _eventually(lambda: not cstudio.daemon_pid(), 10)
    assert time.monotonic() - began < 5
    _eventually(lambda: not shared_namespace.is_running(pod, AGENT), 10)
    _no_temporaries(shared_namespace, pod, project)
    assert _torn(shared_namespace, pod, "/work") == ""
    _in_step(cstudio, shared_namespace, project, pod, "/work")


@pytest.fixture
def small_root(tmp_path: Path) -> Iterator[Path]:
    """A local folder that is a file system of 8 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.root
def test_a_full_disk_here_is_told_and_the_rest_goes_on(
    cstudio: Cstudio, shared_namespace: Namespace, small_root: Path
) -> None:
    """No half file, the state names it, and it goes on by itself."""
    pod = shared_namespace.run_pod(_name("fullhere"))
    (small_root / "kept.txt").write_text("kept\n")
    _mirror(cstudio, shared_namespace, small_root, f"pod/{pod}:/work", "--wait")
    shared_namespace.sh(pod, "head -c 16000000 /dev/urandom > /work/big.bin")
    halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=30)
    assert halted["reason"]["code"] == "DISK_FULL"
    assert not (small_root / "big.bin").exists()
    shared_namespace.sh(pod, "echo fits > /work/small.txt")
    _eventually(lambda: (small_root / "small.txt").exists())
    assert list(small_root.glob(".cstudio-tmp-*")) == []
    shared_namespace.sh(pod, "rm /work/big.bin")
    _in_step(cstudio, shared_namespace, small_root, pod, "/work")
    assert (small_root / "kept.txt").read_text() == "kept\n"


@pytest.mark.root
def test_many_small_files_that_fill_the_disk_here_leave_none_torn(
    cstudio: Cstudio, shared_namespace: Namespace, small_root: Path
) -> None:
    """What does not fit is not there, what is there is whole; room makes it go on."""
    pod = shared_namespace.run_pod(_name("fillhere"))
    (small_root / "filler").write_bytes(bytes(6_000_000))
    _mirror(cstudio, shared_namespace, small_root, f"pod/{pod}:/work", "--wait")
    script = (
        "import hashlib, os\n"
        "for n in range(60):\n"
        "    body = os.urandom(60000)\n"
        "    data = hashlib.sha256(body).hexdigest().encode() + body\n"
        "    open('/work/part%d' % n, 'wb').write(data)\n"
    )
    shared_namespace.exec(pod, "python3", "-c", script)
    cstudio.wait("s", lambda one: (one["reason"] or {}).get("code") == "DISK_FULL", seconds=30)
    here = {path.name for path in small_root.glob("part*")}
    assert 0 < len(here) < 60
    for name in here:
        data = (small_root / name).read_bytes()
        assert data[:64] == hashlib.sha256(data[64:]).hexdigest().encode()
    subprocess.run(["mount", "-o", "remount,size=24m", str(small_root)], check=True)
    _in_step(cstudio, shared_namespace, small_root, pod, "/work")
    assert len(list(small_root.glob("part*"))) == 60


def test_a_file_that_changes_while_it_is_sent_is_never_torn(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """A writer rewrites 30 MB in place; the pod sees whole generations alone."""
    pod = shared_namespace.run_pod(_name("moving"))
    project = tmp_path / "moving"
    project.mkdir()
    big = project / "big.bin"
    big.write_bytes(_generation(0))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    ended = threading.Event()

    def rewrite() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            data = memoryview(_generation(number))
            with open(big, "r+b", buffering=0) as file:
                for at in range(0, len(data), 1_000_000):
                    file.write(data[at : at + 1_000_000])
                    time.sleep(0.002)
            time.sleep(0.2 if number % 3 else 0.5)

    look = (
        "import sys\n"
        "data = open('/work/big.bin', 'rb').read()\n"
        "print(len(data), data.count(data[:8]) * 8)\n"
    )
    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(15):
            size, same = shared_namespace.exec(pod, "python3", "-c", look).stdout.split()
            assert size == same == b"30000000"
    finally:
        ended.set()
        writer.join()
    _in_step(cstudio, shared_namespace, project, pod, "/work")


def _generation(number: int) -> bytes:
    return b"%08d" % number * (30_000_000 // 8)


def test_a_second_daemon_on_the_same_local_root_is_refused(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path, tmp_path: Path
) -> None:
    """One owner a root: the other one says so, and writes nothing."""
    pod = shared_namespace.run_pod(_name("owners"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    second = Cstudio(tmp_path / "second")
    try:
        second.run(
            "sync", "create", str(project), f"pod/{pod}:/second", "--name", "t", "-n",
            shared_namespace.name, "--create",
        )  # fmt: skip
        halted = second.wait("t", lambda one: one["state"] == "halted", seconds=20)
        assert halted["reason"]["code"] == "DUPLICATE_OWNER"
        assert "owned by" in halted["reason"]["message"]
        assert halted["reason"]["next"]
        assert shared_namespace.sh(pod, "ls -A /second 2>/dev/null || true") == ""
        cstudio.run("sync", "delete", "s", "--yes")
        second.wait("t", lambda one: one["state"] == "watching", seconds=30)
    finally:
        second.close()


def test_a_second_daemon_on_the_same_folder_of_a_pod_is_refused(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path, tmp_path: Path
) -> None:
    """The agent holds the lease there, so other machines are refused as well."""
    pod = shared_namespace.run_pod(_name("owners"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    other = tmp_path / "other"
    other.mkdir()
    (other / "intruder.txt").write_text("no\n")
    second = Cstudio(tmp_path / "second")
    try:
        done = second.run(
            "sync", "create", str(other), f"pod/{pod}:/work", "--name", "t", "-n",
            shared_namespace.name, status=None,
        )  # fmt: skip
        if done.returncode == 0:
            halted = second.wait("t", lambda one: one["state"] == "halted", seconds=20)
            assert halted["reason"]["code"] == "DUPLICATE_OWNER"
        else:
            assert "owned by" in done.stderr
        assert "intruder.txt" not in _there(shared_namespace, pod, "/work")
    finally:
        second.close()
    assert [path.name for path in other.iterdir()] == ["intruder.txt"]


def test_two_sessions_on_one_root_or_target_are_refused(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path, tmp_path: Path
) -> None:
    """Within one daemon it is known before anything is made: exit status 2."""
    pod = shared_namespace.run_pod(_name("two"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    other = tmp_path / "other"
    other.mkdir()
    flags = ["--name", "t", "-n", shared_namespace.name]
    for local, target in (
        (project, f"pod/{pod}:/elsewhere"),
        (project / "src", f"pod/{pod}:/elsewhere"),
        (other, f"pod/{pod}:/work"),
        (other, f"pod/{pod}:/work/src"),
    ):
        done = cstudio.run("sync", "create", str(local), target, *flags, status=2)
        assert "`s`" in done.stderr, done.stderr
    assert [one["name"] for one in cstudio.json("sync", "list")] == ["s"]


@pytest.mark.root
def test_an_empty_mount_over_the_local_root_halts_and_deletes_nothing(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Invariant 10: it is another device; after the unmount it goes on by itself."""
    pod = shared_namespace.run_pod(_name("mount"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--wait")
    before = _there(shared_namespace, pod, "/work")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(project)], check=True)
    try:
        halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
        assert halted["reason"]["code"] == "LOCAL_ROOT_MISSING"
        cstudio.kill_daemon()  # a daemon that never saw the right device refuses it too
        halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
        assert "device" in halted["reason"]["message"]
        assert differences(_there(shared_namespace, pod, "/work"), before) == []
        assert list(project.iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", str(project)], check=True)
    cstudio.wait("s", lambda one: one["state"] == "watching", seconds=20)
    (project / "after.txt").write_text("after\n")
    _in_step(cstudio, shared_namespace, project, pod, "/work")
    assert differences({**before, "after.txt": ["?"]}, listing(project))[1:] == []
