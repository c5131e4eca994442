"""Containers, by the same promises as pods."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest
from support.cli import Cstudio
from support.compare import differences, listing
from support.containers import container
from support.kubernetes import BAKED, BUSYBOX, NOSHELL

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]


def _mirror(cstudio: Cstudio, project: Path, target: str, *more: str) -> None:
    cstudio.run("sync", "create", str(project), target, "--name", "s", "--create", "--wait", *more)
    cstudio.flush("s")


def test_a_container_is_mirrored_both_ways(cstudio: Cstudio, project: Path) -> None:
    """Edits here are there, edits there are here."""
    with container() as box:
        _mirror(cstudio, project, f"docker:{box.name}:/work")
        assert box.sh("cat /work/src/main.py") == "print('one')\n"
        box.sh("echo 'from inside' > /work/src/new.txt; rm /work/src/part3.py")
        cstudio.flush("s")
        assert (project / "src" / "new.txt").read_text() == "from inside\n"
        assert not (project / "src" / "part3.py").exists()
        assert cstudio.show("s")["endpoint"] == "agent"


def test_a_container_made_anew_costs_no_local_file(cstudio: Cstudio, project: Path) -> None:
    """Invariant 9: its absences delete nothing, local edits are not reverted."""
    name = f"cstudio-e2e-{uuid.uuid4().hex[:6]}"
    with container(BAKED, name=name):
        _mirror(cstudio, project, f"docker:{name}:/work")
        (project / "README.md").write_text("edited\n")
        cstudio.flush("s")
    before = listing(project)
    with container(BAKED, name=name) as box:
        cstudio.wait("s", lambda one: one["state"] == "watching", seconds=60)
        cstudio.flush("s")
        assert differences(listing(project), before) == []
        assert box.sh("cat /work/README.md") == "edited\n"


def test_everything_deleted_there_halts(cstudio: Cstudio, project: Path) -> None:
    """Invariant 11, and `restore` puts it back."""
    with container() as box:
        _mirror(cstudio, project, f"docker:{box.name}:/work")
        before = listing(project)
        box.sh("rm -rf /work/*")
        cstudio.wait("s", lambda one: one["state"] == "halted", seconds=20)
        assert differences(listing(project), before) == []
        cstudio.run("sync", "restore", "s", "--yes")
        cstudio.flush("s")
        assert box.sh("ls /work/src | wc -l").strip() == "22"


def test_an_image_without_python_is_mirrored_by_its_shell(cstudio: Cstudio, project: Path) -> None:
    """Two-way, with busybox alone; names of any bytes."""
    odd = project / "odd name\nwith 'quotes' and $(touch x)"
    odd.write_text("odd\n")
    with container(BUSYBOX) as box:
        _mirror(cstudio, project, f"docker:{box.name}:/work")
        assert cstudio.show("s")["endpoint"] == "shell"
        box.sh("echo there > /work/src/main.py; mkdir /work/made; echo x > /work/made/f")
        cstudio.flush("s")
        assert (project / "src" / "main.py").read_text() == "there\n"
        assert (project / "made" / "f").read_text() == "x\n"
        odd.unlink()
        shutil.rmtree(project / "made")
        cstudio.flush("s")
        assert box.sh("ls -A /work | wc -l").strip() == "2"


def test_an_image_without_a_shell_is_refused_in_a_sentence(cstudio: Cstudio, project: Path) -> None:
    """It names the ways out, and makes no session."""
    with container(NOSHELL) as box:
        done = cstudio.run("sync", "create", str(project), f"docker:{box.name}:/x", status=13)
        assert "neither python3 nor a shell" in done.stderr
        assert "busybox" in done.stderr
        assert cstudio.json("sync", "list") == []
