from __future__ import annotations

import io
import stat
import zipfile

import pytest
from cstudiod.blocks.dss import archive
from cstudiod.blocks.dss.archive import Member
from cstudiod.errors import UsageError


def _zip(*names: str, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, content)
    return buffer.getvalue()


def test_what_is_written_is_read() -> None:
    """Contents and the executable bit; the same files give the same bytes."""
    members = {"b/c.sh": Member(content=b"1", executable=True), "a": Member(content=b"")}
    data = archive.write(members)
    assert archive.read(data) == members
    assert archive.write(dict(reversed(members.items()))) == data


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "a//b", "./x", "a\\b", "C:x", "a/./b", ".."],
)
def test_a_path_that_leaves_its_folder_is_refused(name: str) -> None:
    """However it is written."""
    with pytest.raises(UsageError, match=r"leaves its folder|not allowed"):
        archive.read(_zip(name))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_only_files_and_folders(kind: int) -> None:
    """A link could point anywhere."""
    with pytest.raises(UsageError, match="a link or a device"):
        archive.read(_zip("a", mode=kind | 0o777))


def test_a_place_is_taken_once() -> None:
    """By one file, not by a file and a folder."""
    with pytest.raises(UsageError, match="a file and a folder"):
        archive.read(_zip("a", "a/b"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        double = _zip("a", "a")
    with pytest.raises(UsageError, match="twice"):
        archive.read(double)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that says how large it is, nor one that lies."""
    monkeypatch.setattr(archive, "MAX_TOTAL", 1000)
    with pytest.raises(UsageError, match="would unpack"):
        archive.read(_zip("a", content=bytes(1001)))
    honest = _zip("a", content=bytes(100_000))
    size = (100_000).to_bytes(4, "little")
    with pytest.raises(UsageError, match="refused"):
        archive.read(honest.replace(size, (10).to_bytes(4, "little")))
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    with pytest.raises(UsageError, match="more than 2 files"):
        archive.read(_zip("a", "b", "c"))


@pytest.mark.parametrize("data", [b"", b"PK", b"hello" * 100, _zip("a")[:-10]])
def test_what_is_no_zip(data: bytes) -> None:
    """Is refused as such."""
    with pytest.raises(UsageError, match="no zip"):
        archive.read(data)
