"""The zip: read without trusting it, and written so that equal templates give equal bytes."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cstudiod.errors import UsageError
from cstudiod.model.templates import Resource

RESOURCES = "template-resources/"
MAX_ZIP = 64 << 20
MAX_TOTAL = 256 << 20
MAX_FILES = 10_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of the archive."""

    content: bytes
    executable: bool = False


def read(data: bytes) -> dict[str, Member]:
    """Return the files of an archive by their paths.

    Raises:
        UsageError: it is no zip, larger than allowed, or has a member that is no
            plain file in a place of its own.
    """
    if len(data) > MAX_ZIP:
        raise _refused(f"it has more than {MAX_ZIP >> 20} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return dict(_members(archive))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused(f"it is no zip that can be read: {error}") from error


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, Member]]:
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise _refused(f"it has more than {MAX_FILES} files")
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise _refused(f"it would unpack to more than {MAX_TOTAL >> 20} MiB")
    _check_names(infos)
    left = MAX_TOTAL
    for info in infos:
        if info.is_dir():
            continue
        with archive.open(info) as stream:
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _refused(f"it unpacks to more than {MAX_TOTAL >> 20} MiB")
        mode = info.external_attr >> 16
        yield info.filename, Member(content=content, executable=bool(mode & stat.S_IXUSR))


def _check_names(infos: list[zipfile.ZipInfo]) -> None:
    files: set[str] = set()
    folders: set[str] = set()
    for info in infos:
        name = info.filename.rstrip("/")
        parts = name.split("/")
        if not name or name.startswith("/") or any(part in ("", ".", "..") for part in parts):
            raise _refused(f"`{info.filename!a}` leaves its folder")
        if any(letter in name for letter in "\\\0:"):
            raise _refused(f"`{info.filename!a}` has a character that is not allowed")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(f"`{name}` is a link or a device")
        if info.flag_bits & 1:
            raise _refused(f"`{name}` is encrypted")
        if not info.is_dir():
            if name in files:
                raise _refused(f"`{name}` is in it twice")
            files.add(name)
        folders |= {"/".join(parts[:at]) for at in range(1, len(parts))}
    if both := files & folders:
        raise _refused(f"`{min(both)}` is a file and a folder in it")


def _refused(why: str) -> UsageError:
    return UsageError(
        f"the archive is refused: {why}", next="export the template from DSS again, as a zip"
    )


def write(members: Mapping[str, Member]) -> bytes:
    """Return a zip of some files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, member in sorted(members.items()):
            info = zipfile.ZipInfo(path, _EPOCH)
            _check_names([info])
            info.create_system = 3  # Unix: the mode counts
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if member.executable else 0o644)) << 16
            archive.writestr(info, member.content)
    return buffer.getvalue()


def resources(members: Mapping[str, Member]) -> tuple[Resource, ...]:
    """Return the template's resources among the files of an archive."""
    return tuple(
        Resource(
            path=path.removeprefix(RESOURCES),
            content=member.content,
            executable=member.executable,
        )
        for path, member in sorted(members.items())
        if path.startswith(RESOURCES)
    )
