"""Nothing is lost in Docker either: containers that restart, vanish, are full or read-only."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from support import containers
from support.cli import Cstudio
from support.compare import SCRIPT, Tree, differences, listing
from support.containers import BAKED, BUSYBOX, NONROOT, NOSHELL, PYTHON, Container

pytestmark = [pytest.mark.docker, pytest.mark.timeout(200)]


def _mirror(cstudio: Cstudio, project: Path, box: Container, path: str, *more: str) -> None:
    cstudio.run(
        "sync", "create", str(project), f"docker:{box.name}:{path}", "--name", "s", "--create",
        "--wait", *more, timeout=90,
    )  # fmt: skip
    cstudio.flush("s")


def _there(box: Container, folder: str) -> Tree:
    return json.loads(box.exec("python3", "-c", SCRIPT, folder).stdout)  # type: ignore[no-any-return]


def _eventually(is_true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _name() -> str:
    return f"cstudio-test-{uuid.uuid4().hex[:8]}"


def test_a_saved_file_arrives_both_ways(cstudio: Cstudio, project: Path) -> None:
    """The plain case, and what `show` says of it."""
    with containers.container() as box:
        _mirror(cstudio, project, box, "/work")
        assert differences(listing(project), _there(box, "/work")) == []
        (project / "src" / "main.py").write_text("print('two')\n")
        box.sh("echo there > /work/there.txt")
        cstudio.flush("s")
        assert differences(listing(project), _there(box, "/work")) == []
        assert (project / "there.txt").read_text() == "there\n"
        assert cstudio.show("s")["endpoint"] == "agent"


def test_a_container_made_anew_under_its_name_costs_no_local_file(
    cstudio: Cstudio, project: Path
) -> None:
    """Invariant 9: the new container's absences delete nothing; it is filled again."""
    name = _name()
    with containers.container(name=name) as box:
        _mirror(cstudio, project, box, "/work")
        before = listing(project)
        box.remove()
        cstudio.wait("s", lambda one: one["state"] == "disconnected", seconds=30)
        (project / "src" / "util.py").write_text("x = 2\n")
        with containers.container(name=name) as anew:
            anew.sh("mkdir -p /work")
            cstudio.wait("s", lambda one: one["state"] == "watching", seconds=60)
            cstudio.flush("s")
            assert differences(listing(project), _there(anew, "/work")) == []
            assert anew.sh("cat /work/src/util.py") == "x = 2\n"
        assert listing(project).keys() == before.keys()


def test_a_restarted_container_goes_on_with_its_files(cstudio: Cstudio, project: Path) -> None:
    """Its files outlive the restart; what was edited meanwhile is carried over."""
    with containers.container() as box:
        _mirror(cstudio, project, box, "/work")
        box.stop()
        (project / "later.txt").write_text("written meanwhile\n")
        (project / "src" / "part3.py").unlink()
        box.start()
        cstudio.wait("s", lambda one: one["state"] == "watching", seconds=60)
        cstudio.flush("s")
        assert differences(listing(project), _there(box, "/work")) == []
        assert "later.txt" in _there(box, "/work")


def test_an_older_copy_in_the_image_does_not_revert_local_edits(
    cstudio: Cstudio, tmp_path: Path
) -> None:
    """The local version wins; the image's older one is kept aside."""
    project, name = tmp_path / "baked", _name()
    project.mkdir()
    with containers.container(BAKED, name=name) as box:
        _mirror(cstudio, project, box, "/app")
        baked = sorted(path for path in project.rglob("*") if path.is_file())
        baked[0].write_text("edited after the image was made\n")
        cstudio.flush("s")
        before = listing(project)
        box.remove()
        with containers.container(BAKED, name=name) as anew:
            inside = baked[0].relative_to(project)
            _eventually(
                lambda: anew.sh(f"cat /app/{inside}") == "edited after the image was made\n", 60
            )
            cstudio.flush("s", seconds=90)
            assert differences(listing(project), before) == []
            kept = cstudio.json("sync", "trash", "s")
            assert any(item["path"] == str(inside) and item["side"] == "remote" for item in kept)


def test_a_full_disk_in_the_container_is_told_and_the_rest_goes_on(
    cstudio: Cstudio, project: Path
) -> None:
    """A file system of 8 MB: no half file, and it goes on by itself."""
    with containers.container(tmpfs={"/small": "8m"}) as box:
        _mirror(cstudio, project, box, "/small/work")
        (project / "big.bin").write_bytes(b"x" * (16 * 1024 * 1024))
        halted = cstudio.wait("s", lambda one: one["state"] == "halted", seconds=30)
        assert halted["reason"]["code"] == "DISK_FULL"
        (project / "small.txt").write_text("still fits\n")
        _eventually(lambda: "small.txt" in _there(box, "/small/work"))
        assert "big.bin" not in _there(box, "/small/work")
        assert box.sh("find /small -name '.cstudio-tmp-*'") == ""
        (project / "big.bin").unlink()
        cstudio.flush("s")
        assert cstudio.show("s")["state"] == "watching"


def test_a_read_only_container_is_one_clear_state(cstudio: Cstudio, project: Path) -> None:
    """It says so and does not spin."""
    with containers.container(flags=["--read-only"]) as box:
        done = cstudio.run(
            "sync", "create", str(project), f"docker:{box.name}:/opt", "--name", "s", status=None
        )
        if done.returncode == 0:
            session = cstudio.wait(
                "s", lambda one: one["state"] in ("halted", "disconnected"), seconds=30
            )
            assert session["reason"]["code"] in ("READ_ONLY", "FORBIDDEN")
        else:
            assert "read-only" in done.stderr.lower()
    assert len(listing(project)) == 24


def test_a_container_of_another_user_says_what_it_may_not(cstudio: Cstudio, project: Path) -> None:
    """A folder that its user may not write is a sentence, one that it may write works."""
    with containers.container(NONROOT) as box:
        done = cstudio.run(
            "sync", "create", str(project), f"docker:{box.name}:/usr/lib", "--name", "t",
            status=None,
        )  # fmt: skip
        if done.returncode == 0:
            session = cstudio.wait(
                "t",
                lambda one: one["problem_count"] or one["state"] in ("halted", "disconnected"),
                seconds=30,
            )
            assert session["problem_count"] or session["reason"]["code"] in (
                "READ_ONLY", "FORBIDDEN", "MASS_DELETION",
            )  # fmt: skip
            cstudio.run("sync", "delete", "t", "--yes")
        assert (project / "README.md").read_text() == "# a project\n"


def test_a_paused_container_is_not_taken_for_a_lost_one(cstudio: Cstudio, project: Path) -> None:
    """Frozen for a moment: what was saved arrives once it goes on."""
    with containers.container() as box:
        _mirror(cstudio, project, box, "/work")
        box.pause()
        (project / "README.md").write_text("# written while it was frozen\n")
        time.sleep(3)
        box.unpause()
        cstudio.flush("s", seconds=90)
        assert box.sh("cat /work/README.md") == "# written while it was frozen\n"


def test_an_image_without_python_is_synced_by_its_shell(cstudio: Cstudio, project: Path) -> None:
    """Busybox has sh, tar and find: two-way, by polling, and `show` says so."""
    with containers.container(BUSYBOX) as box:
        _mirror(cstudio, project, box, "/work")
        session = cstudio.show("s")
        assert session["endpoint"] == "shell"
        assert session["watch"]["remote"] == "poll"
        assert box.sh("cat /work/src/main.py") == "print('one')\n"
        box.sh("echo there > /work/there.txt; rm /work/src/part7.py")
        (project / "README.md").write_text("# edited\n")
        cstudio.flush("s")
        assert (project / "there.txt").read_text() == "there\n"
        assert not (project / "src" / "part7.py").exists()
        assert box.sh("cat /work/README.md; ls /work/src | wc -l").split() == [
            "#", "edited", "21",
        ]  # fmt: skip


def test_an_image_without_a_shell_is_a_clear_sentence(cstudio: Cstudio, project: Path) -> None:
    """It says what is missing and what to do, and nothing is made."""
    with containers.container(NOSHELL) as box:
        done = cstudio.run(
            "sync", "create", str(project), f"docker:{box.name}:/work", "--name", "s", status=None
        )
        assert done.returncode not in (0, 1)
        assert "neither python3 nor a shell" in done.stderr
        assert "Traceback" not in done.stderr
        assert cstudio.json("sync", "list") == []


def test_a_container_that_is_not_there_is_a_clear_sentence(cstudio: Cstudio, project: Path) -> None:
    """Or that is there and does not run."""
    containers.require()
    flags = ["--name", "s"]
    done = cstudio.run(
        "sync", "create", str(project), "docker:cstudio-no-such-one:/work", *flags, status=None
    )
    assert done.returncode not in (0, 1)
    assert "cstudio-no-such-one" in done.stderr
    with containers.container(PYTHON) as box:
        box.stop()
        done = cstudio.run(
            "sync", "create", str(project), f"docker:{box.name}:/work", *flags, status=None
        )
        assert done.returncode not in (0, 1)
        assert box.name in done.stderr


def test_the_demo_runs_in_a_container_without_dockers_command(
    cstudio: Cstudio, tmp_path: Path
) -> None:
    """In a folder of its own there, of which nothing is left."""
    with containers.container(containers.PYTHON) as box:
        box.sh("mkdir /srv/app && echo mine > /srv/app/kept")
        cstudio.environment["PATH"] = str(tmp_path)
        done = cstudio.run("demo", "--target", f"docker:{box.name}:/srv/app")
        assert "nothing is left behind" in done.stdout
        assert box.sh("find /srv/app /tmp -mindepth 1").split() == ["/srv/app/kept"]
