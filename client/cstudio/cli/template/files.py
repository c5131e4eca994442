"""Reads a template file, and the resources that lie beside it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cstudio.cli.tables import size
from cstudio.errors import UsageError

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2 import TemplateResource

    from cstudio.client import TemplateFile

STDIN = "-"
RESOURCES = "resources"
MAX_BYTES = 60 * 1000 * 1000
"""What goes into one message of the contract, with room for the rest of it."""

file_argument = click.argument("file", metavar="FILE")
resources_option = click.option(
    "--resources",
    metavar="DIR",
    help="Files that it refers to; default: the folder `resources` beside FILE, if there is one.",
)


def read(file: str, resources: str | None) -> TemplateFile:
    """Return what a template is made from; `-` is stdin.

    Raises:
        UsageError: it cannot be read, or a resource is none that can be sent.
    """
    from cstudio.client import TemplateFile

    folder = _folder(file, resources)
    return TemplateFile(
        source=_text(file),
        file="stdin" if file == STDIN else os.fsencode(file).decode("utf-8", "replace"),
        resources=read_resources(folder) if folder else (),
    )


def read_resources(folder: Path) -> list[TemplateResource]:
    """Return every file below a folder; links are refused, they may lead anywhere.

    Raises:
        UsageError: it is no folder, too large, or holds what is neither file nor folder.
    """
    from cstudio_api.v1.templates_pb2 import TemplateResource

    found, total = [], 0
    for path in sorted(_files(folder)):
        content = _bytes(path)
        total += len(content)
        if total > MAX_BYTES:
            raise UsageError(
                f"the resources in `{folder}` are more than {size(MAX_BYTES)}",
                hint="name a smaller folder with --resources",
            )
        name = path.relative_to(folder).as_posix()
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        found.append(TemplateResource(path=name, content=content, executable=executable))
    return found


def _folder(file: str, resources: str | None) -> Path | None:
    if resources is not None:
        return Path(resources)
    beside = Path(file).parent / RESOURCES
    return beside if file != STDIN and beside.is_dir() else None


def _files(folder: Path) -> Iterator[Path]:
    """Yield regular files.

    Raises:
        UsageError: it cannot be read, or something else is in it; all of that at once.
    """
    if not folder.is_dir():
        raise UsageError(f"`{folder}` is no folder", hint="name one with --resources")
    odd = []
    for at, names, files in os.walk(folder):
        for path in (Path(at) / name for name in (*names, *files)):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and _is_utf8(path):
                yield path
            elif not stat.S_ISDIR(mode):
                odd.append(os.fsencode(path).decode("utf-8", "backslashreplace"))
    if odd:
        raise UsageError(
            f"links, special files and names that are not UTF-8 cannot be resources: "
            f"{', '.join(f'`{name}`' for name in odd)}",
            hint="put copies with plain names in their place",
        )


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _text(file: str) -> str:
    try:
        return _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"`{file}` is not UTF-8 text", hint="save it as UTF-8") from error


def _bytes(file: str | Path) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}") from error
