"""Pods that go, volumes that are empty, folders that vanish: nothing local is ever lost.

Each is a scenario in which tools of this kind have deleted or reverted people's
files (`sync.md`, invariants 1, 8 to 11).
"""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.cli import Cstudio
from support.compare import differences, listing
from support.kubernetes import BAKED, Namespace, Volume

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def _name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:5]}"


def _mirror(cstudio: Cstudio, namespace: Namespace, project: Path, target: str, *more: str) -> None:
    cstudio.run(
        "sync", "create", str(project), target, "--name", "s", "-n", namespace.name, "--create",
        "--wait", *more, timeout=120,
    )  # fmt: skip
    cstudio.flush("s")


def _back_in_step(cstudio: Cstudio, place: str) -> None:
    """Wait until the session follows another pod than `place`, and is in step."""
    cstudio.wait("s", lambda one: one["state"] == "watching" and one["place"] != place, seconds=90)
    cstudio.flush("s")


def test_a_pod_that_comes_back_empty_costs_no_local_file(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Invariant 9: the new pod's absences delete nothing; it is filled again."""
    app = _name("empty")
    pods = shared_namespace.run_deployment(app, volumes=[Volume("/app")])
    _mirror(cstudio, shared_namespace, project, f"deploy/{app}:/app")
    before, place = listing(project), cstudio.show("s")["place"]
    shared_namespace.delete("pod", pods[0], now=True)
    _back_in_step(cstudio, place)
    assert differences(listing(project), before) == []
    [pod] = shared_namespace.wait_pods(app, 1)
    assert shared_namespace.sh(pod, "cat /app/src/main.py") == "print('one')\n"


def test_a_pod_that_wrote_one_file_at_boot_costs_no_local_file(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """The one file is carried over, all others are put there again."""
    app = _name("boot")
    boot = ("sh", "-c", "echo booted > /app/boot.log; trap 'exit 0' TERM; sleep infinity & wait")
    pods = shared_namespace.run_deployment(app, volumes=[Volume("/app")], command=boot)
    _mirror(cstudio, shared_namespace, project, f"deploy/{app}:/app")
    before, place = listing(project), cstudio.show("s")["place"]
    assert "boot.log" in before
    shared_namespace.delete("pod", pods[0], now=True)
    _back_in_step(cstudio, place)
    assert differences(listing(project), before) == []


def test_a_pod_with_only_an_excluded_entry_costs_no_local_file(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """A root that is empty but for what is excluded is a fresh replica as well."""
    app = _name("excluded")
    boot = ("sh", "-c", "mkdir -p /app/lost+found; trap 'exit 0' TERM; sleep infinity & wait")
    pods = shared_namespace.run_deployment(app, volumes=[Volume("/app")], command=boot)
    _mirror(cstudio, shared_namespace, project, f"deploy/{app}:/app")
    before, place = listing(project), cstudio.show("s")["place"]
    shared_namespace.delete("pod", pods[0], now=True)
    _back_in_step(cstudio, place)
    assert differences(listing(project), before) == []


def test_an_older_copy_in_the_image_does_not_revert_local_edits(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """The local version wins; the image's older one is kept aside."""
    app = _name("baked")
    pods = shared_namespace.run_deployment(app, BAKED)
    project = tmp_path / "baked"
    project.mkdir()
    _mirror(cstudio, shared_namespace, project, f"deploy/{app}:/app")
    baked = sorted(path for path in project.rglob("*") if path.is_file())
    assert baked, "the image's files came over"
    baked[0].write_text("edited after the image was made\n")
    cstudio.flush("s")
    before, place = listing(project), cstudio.show("s")["place"]
    shared_namespace.delete("pod", pods[0], now=True)
    _back_in_step(cstudio, place)
    assert differences(listing(project), before) == []
    [pod] = shared_namespace.wait_pods(app, 1)
    there = baked[0].relative_to(project)
    assert shared_namespace.sh(pod, f"cat /app/{there}") == "edited after the image was made\n"
    kept = cstudio.json("sync", "trash", "s")
    assert any(item["path"] == str(there) and item["side"] == "remote" for item in kept)


def test_a_container_that_restarts_in_its_pod_is_synced_again(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Its file system is new, its pod is not."""
    pod = shared_namespace.run_pod(_name("restart"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    before = listing(project)
    shared_namespace.restart_container(pod)
    (project / "later.txt").write_text("written meanwhile\n")
    cstudio.flush("s", seconds=60)
    assert differences(listing(project), {**before, **_only(project, "later.txt")}) == []
    assert shared_namespace.sh(pod, "cat /work/src/util.py /work/later.txt") == (
        "x = 1\nwritten meanwhile\n"
    )


def _only(root: Path, name: str) -> dict[str, list[object]]:
    return {name: listing(root)[name]}


def test_a_volume_that_outlives_its_pod_needs_no_second_transfer(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path, tmp_path: Path
) -> None:
    """The planted id says that it is the same replica: real deletions count."""
    app = _name("volume")
    host = tmp_path / "volume"
    host.mkdir()
    pods = shared_namespace.run_statefulset(
        app, volumes=[Volume("/data", kind="hostPath", path=str(host))]
    )
    _mirror(cstudio, shared_namespace, project, f"sts/{app}:/data")
    place = cstudio.show("s")["place"]
    shared_namespace.delete("pod", pods[0], now=True)
    (project / "src" / "part3.py").unlink()
    cstudio.wait("s", lambda one: one["state"] == "watching", seconds=90)
    shared_namespace.wait_pods(app, 1)
    cstudio.flush("s", seconds=90)
    assert differences(listing(project), listing(host)) == []
    assert not (project / "src" / "part3.py").exists(), f"came back from {place}"


def test_a_local_root_that_is_moved_away_halts_and_goes_on_when_it_is_back(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Invariant 10: nothing is deleted in the pod."""
    pod = shared_namespace.run_pod(_name("moved"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    aside = project.with_name("aside")
    project.rename(aside)
    halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
    assert halted["reason"]["code"] == "LOCAL_ROOT_MISSING"
    assert halted["reason"]["message"]
    assert shared_namespace.sh(pod, "ls /work/src | wc -l").strip() == "22"
    aside.rename(project)
    cstudio.wait("s", lambda one: one["state"] == "watching", seconds=20)
    cstudio.flush("s")


def test_an_emptied_local_root_halts_until_somebody_decides(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """`restore` brings everything back from the pod."""
    pod = shared_namespace.run_pod(_name("emptied"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    before = listing(project)
    for child in project.iterdir():
        shutil.rmtree(child) if child.is_dir() else child.unlink()
    halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
    assert halted["reason"]["code"] in ("LOCAL_ROOT_EMPTIED", "MASS_DELETION")
    assert shared_namespace.sh(pod, "ls /work/src | wc -l").strip() == "22"
    cstudio.run("sync", "restore", "s", "--yes")
    cstudio.flush("s")
    assert differences(listing(project), before) == []


def test_everything_deleted_in_the_pod_halts_until_it_is_accepted(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Invariant 11: the list is shown, `accept` goes on, the trash has it all."""
    pod = shared_namespace.run_pod(_name("wiped"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    before = listing(project)
    shared_namespace.sh(pod, "rm -rf /work/*")
    cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
    assert differences(listing(project), before) == []
    planned = cstudio.json("sync", "plan", "s")
    assert any(line["action"] == "delete" for line in planned)
    cstudio.run("sync", "accept", "s", "--yes")
    cstudio.flush("s")
    assert listing(project) == {}
    assert len(cstudio.json("sync", "trash", "s")) >= 23
    cstudio.run("sync", "restore", "s", "src/main.py")
    cstudio.flush("s")
    assert (project / "src" / "main.py").read_text() == "print('one')\n"
    assert shared_namespace.sh(pod, "cat /work/src/main.py") == "print('one')\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB on the node, to be mounted into a pod."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.root
def test_a_full_disk_in_the_pod_is_told_and_the_rest_goes_on(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path, small_disk: Path
) -> None:
    """C12: no half file, the mount and its room are named, it goes on by itself."""
    volume = Volume("/small", kind="hostPath", path=str(small_disk))
    pod = shared_namespace.run_pod(_name("full"), volumes=[volume])
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/small/work")
    (project / "big.bin").write_bytes(b"x" * (16 * 1024 * 1024))
    halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=30)
    assert halted["reason"]["code"] == "DISK_FULL"
    assert "bytes" in halted["reason"]["message"]
    (project / "small.txt").write_text("still fits\n")
    _eventually(lambda: (small_disk / "work" / "small.txt").exists())
    assert not (small_disk / "work" / "big.bin").exists()
    (project / "big.bin").unlink()
    cstudio.flush("s")
    assert cstudio.show("s")["state"] == "watching"


def _eventually(is_true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_read_only_target_is_one_clear_state(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """C16: it says so and does not spin."""
    pod = shared_namespace.run_pod(_name("readonly"), read_only_root=True)
    cstudio.run(
        "sync", "create", str(project), f"pod/{pod}:/opt", "--name", "s", "-n",
        shared_namespace.name, status=None,
    )  # fmt: skip
    session = cstudio.wait("s", lambda one: one["state"] in ("halted", "disconnected"), seconds=30)
    assert session["reason"]["code"] in ("READ_ONLY", "FORBIDDEN")


def test_the_pods_clock_does_not_matter(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """B23: files dated a day ahead or behind are synced like any other, both ways."""
    pod = shared_namespace.run_pod(_name("clock"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    shared_namespace.sh(
        pod,
        "cd /work; echo tomorrow > t; touch -d '+1 day' t; echo y > y; touch -d '-1 day' y;"
        " echo newer > README.md; touch -d '-9 days' README.md",
    )
    cstudio.flush("s")
    assert (project / "t").read_text() == "tomorrow\n"
    assert (project / "README.md").read_text() == "newer\n"
    (project / "t").write_text("edited here\n")
    cstudio.flush("s")
    assert shared_namespace.sh(pod, "cat /work/t") == "edited here\n"


def test_deleting_a_session_takes_its_trash_along_and_no_file(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """What was kept in the pod is nobody's business any more."""
    pod = shared_namespace.run_pod(_name("trash"))
    shared_namespace.sh(pod, "mkdir /work && echo theirs > /work/README.md")
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work", "--mode", "two-way-local-wins")
    [kept] = cstudio.json("sync", "trash", "s")
    assert (kept["path"], kept["side"]) == ("README.md", "remote")
    assert "trash" in shared_namespace.sh(pod, "ls -A /")
    before = shared_namespace.sh(pod, "ls -R /work")
    cstudio.run("sync", "delete", "s", "--yes")
    assert "trash" not in shared_namespace.sh(pod, "ls -A / /tmp")
    assert shared_namespace.sh(pod, "ls -R /work") == before


def test_a_rule_added_in_mid_session_deletes_nothing_anywhere(
    cstudio: Cstudio, shared_namespace: Namespace, project: Path
) -> None:
    """Invariant 12: newly excluded files stay on both sides and are left alone."""
    pod = shared_namespace.run_pod(_name("rules"))
    _mirror(cstudio, shared_namespace, project, f"pod/{pod}:/work")
    before = listing(project)
    cstudio.run("sync", "update", "s", "--exclude", "src/part*.py")
    cstudio.flush("s")
    (project / "src" / "part1.py").unlink()
    (project / "src" / "util.py").write_text("x = 2\n")
    cstudio.flush("s")
    assert shared_namespace.sh(pod, "cat /work/src/part1.py /work/src/util.py") == "n = 1\nx = 2\n"
    assert len(listing(project)) == len(before) - 1
    explained = cstudio.run("sync", "explain", "s", "src/part2.py").stdout
    assert "src/part*.py" in explained


def test_the_demo_runs_in_a_pod_without_kubectl(
    cstudio: Cstudio, shared_namespace: Namespace, tmp_path: Path
) -> None:
    """In a folder of its own there, of which nothing is left."""
    app = _name("demo")
    [pod] = shared_namespace.run_deployment(app)
    shared_namespace.sh(pod, "mkdir -p /srv/app && echo mine > /srv/app/kept")
    cstudio.environment["PATH"] = str(tmp_path)
    done = cstudio.run("demo", "--target", f"deploy/{app}:/srv/app", "-n", shared_namespace.name)
    assert "nothing is left behind" in done.stdout
    assert shared_namespace.sh(pod, "find /srv/app /tmp -mindepth 1").split() == ["/srv/app/kept"]
