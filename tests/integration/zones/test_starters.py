"""Starter files: there once, whole or not at all, never over another file."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cstudiod.errors import UsageError
from cstudiod.zones import starters
from cstudiod.zones.layout import Place
from cstudiod.zones.starters import Copied, Starter


def test_files_are_put_in_with_their_folders(tmp_path: Path) -> None:
    """Closed to others; executable if they say so."""
    place = Place(base=tmp_path, inside="zone")
    files = [
        Starter(path="app/main.py", content=b"print()\n"),
        Starter(path="run", content=b"#!", executable=True),
    ]
    assert starters.copy(place, files) == Copied(written=("app/main.py", "run"))
    assert (place.path / "app/main.py").read_bytes() == b"print()\n"
    assert stat.S_IMODE((place.path / "app/main.py").stat().st_mode) == 0o600
    assert stat.S_IMODE((place.path / "run").stat().st_mode) == 0o700


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """Files, folders and links with that name, dangling ones too."""
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("../elsewhere")
    files = [Starter(path=name, content=b"new") for name in ("mine", "folder", "dangling", "new")]
    copied = starters.copy(Place(base=tmp_path), files)
    assert copied == Copied(written=("new",), kept=("mine", "folder", "dangling"))
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path.parent / "elsewhere").exists()
    assert starters.copy(Place(base=tmp_path), files).written == ()


def test_a_link_on_the_way_is_not_followed(tmp_path: Path) -> None:
    """That file is named; the others are put in."""
    (tmp_path / "outside").mkdir()
    zone = tmp_path / "zone"
    zone.mkdir()
    (zone / "app").symlink_to("../outside")
    (zone / "file").write_text("")
    names = ("app/x", "file/x", "ok")
    copied = starters.copy(Place(base=zone), [Starter(path=one, content=b"") for one in names])
    assert copied.written == ("ok",)
    assert [path for path, _ in copied.failed] == ["app/x", "file/x"]
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_path_that_leaves_the_zone_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    """Nothing half done."""
    files = [Starter(path="a", content=b""), Starter(path="../b", content=b"")]
    with pytest.raises(UsageError):
        starters.copy(Place(base=tmp_path, inside="zone"), files)
    assert list(tmp_path.iterdir()) == []


DYING = """
import os, signal, sys
from pathlib import Path
from cstudiod.zones import starters
from cstudiod.zones.layout import Place
kept, left = getattr(os, sys.argv[2]), [int(sys.argv[3])]
def die(*args, **named):
    left[0] -= 1
    return kept(*args, **named) if left[0] else os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], die)
files = [starters.Starter(path="app/main.py", content=b"whole")]
starters.copy(Place(base=Path(sys.argv[1])), files)
"""


@pytest.mark.parametrize(
    ("call", "number"), [("fsync", "1"), ("link", "1"), ("unlink", "1"), ("unlink", "2")]
)
def test_a_crash_in_the_middle_can_be_repeated(tmp_path: Path, call: str, number: str) -> None:
    """Whatever the daemon died in: the file is whole in the end, nothing else is left."""
    died = subprocess.run([sys.executable, "-P", "-c", DYING, str(tmp_path), call, number])
    assert died.returncode == -signal.SIGKILL
    starters.copy(Place(base=tmp_path), [Starter(path="app/main.py", content=b"whole")])
    assert (tmp_path / "app/main.py").read_bytes() == b"whole"
    assert os.listdir(tmp_path / "app") == ["main.py"]
