"""`cstudio template import|export`: templates as the zips that DSS writes and reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cstudio.cli import output
from cstudio.cli.names import template_argument
from cstudio.cli.session import connected
from cstudio.cli.tables import size
from cstudio.cli.template import showing
from cstudio.cli.template.files import MAX_BYTES, STDIN
from cstudio.errors import UsageError


@click.command("import")
@click.argument("file", metavar="ZIP")
@click.option("--name", default="", help="Another name than the one in it.")
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, store nothing.")
@output.format_option
def import_archive(file: str, name: str, dry_run: bool, form: str) -> None:
    """Create a template from an exported zip.

    Of Dataiku DSS, or of `cstudio template export`; `-` reads stdin. Blocks of a type
    that is not known here are kept and named.
    """
    archive = _read(file)
    with connected() as client:
        made = client.templates.import_archive(archive, name=name, dry_run=dry_run)
    showing.show_template(made, form)
    if form == "table":
        output.talk(f"hint: cstudio template build {made.name}")


@click.command("export")
@template_argument
@click.argument("file", metavar="[ZIP]", default="")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export_archive(name: str, file: str, force: bool) -> None:
    """Write a template as a zip.

    In the form of Dataiku DSS, to ZIP or to NAME.zip; `-` writes stdout.
    """
    if file == STDIN and output.is_terminal(sys.stdout):
        raise UsageError("a zip is nothing for a terminal", hint=f"{name}.zip, or a pipe")
    target = Path(file or f"{name}.zip")
    if file != STDIN and not force and target.exists():
        raise UsageError(f"`{target}` is there already", hint="add --force to replace it")
    with connected() as client:
        archive = client.templates.export_archive(name)
    if file == STDIN:
        sys.stdout.buffer.write(archive)
        return
    _write(target, archive)
    click.echo(target)


def _read(file: str) -> bytes:
    try:
        archive = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}") from error
    if len(archive) > MAX_BYTES:
        raise UsageError(f"`{file}` is more than {size(MAX_BYTES)}")
    return archive


def _write(target: Path, archive: bytes) -> None:
    """Write the whole file, or leave what was there."""
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        new.write_bytes(archive)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
