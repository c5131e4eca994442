"""Folders of zones on a real disk; links lead nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cstudiod.errors import LocalRootError
from cstudiod.zones import folders
from cstudiod.zones.folders import Measure
from cstudiod.zones.layout import Place


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """And what is missing above it; twice is once."""
    place = Place(base=tmp_path / "not" / "yet", inside="config/projects/P/lib")
    folders.make(place)
    folders.make(place)
    for folder in (place.path, place.path.parent, place.base):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_zone_is_measured_without_following_links(tmp_path: Path) -> None:
    """A link counts as itself."""
    (tmp_path / "outside").write_bytes(b"x" * 5000)
    zone = tmp_path / "zone"
    (zone / "sub").mkdir(parents=True)
    (zone / "a").write_bytes(b"12345")
    (zone / "sub" / "b").write_bytes(b"678")
    (zone / "link").symlink_to("../outside")
    (zone / "way-out").symlink_to("..")
    found = folders.measure(Place(base=tmp_path, inside="zone"))
    assert (found.exists, found.files) == (True, 3)
    assert found.bytes < 100


def test_a_zone_that_nobody_used_yet_is_empty(tmp_path: Path) -> None:
    """Listing it makes nothing."""
    assert folders.measure(Place(base=tmp_path, inside="a/b")) == Measure()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inside", ["link", "link/below", "file/below"])
def test_a_link_on_the_way_is_refused(tmp_path: Path, inside: str) -> None:
    """For making, measuring and removing alike; what it points to stays."""
    outside = tmp_path / "outside"
    (outside / "below").mkdir(parents=True)
    base = tmp_path / "base"
    base.mkdir()
    (base / "link").symlink_to(outside)
    (base / "file").write_text("x")
    place = Place(base=base, inside=inside)
    for act in (folders.make, folders.measure, folders.remove):
        with pytest.raises(LocalRootError, match="link"):
            act(place)
    assert (outside / "below").is_dir()


def test_the_base_itself_may_be_a_link(tmp_path: Path) -> None:
    """It is the administrator's, who may keep the data elsewhere."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "base").symlink_to("disk")
    folders.make(Place(base=tmp_path / "base", inside="zone"))
    assert (tmp_path / "disk" / "zone").is_dir()


def test_a_zone_is_removed_with_what_is_in_it(tmp_path: Path) -> None:
    """Links in it go, what they point to stays; twice is once."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("x")
    place = Place(base=tmp_path, inside="a/zone")
    folders.make(place)
    (place.path / "link").symlink_to(tmp_path / "outside")
    folders.remove(place)
    folders.remove(place)
    assert os.listdir(tmp_path / "a") == []
    assert (tmp_path / "outside" / "kept").exists()


def test_a_configured_folder_is_never_removed(tmp_path: Path) -> None:
    """Only what lies below it."""
    with pytest.raises(LocalRootError, match="configured"):
        folders.remove(Place(base=tmp_path))
    assert tmp_path.is_dir()
