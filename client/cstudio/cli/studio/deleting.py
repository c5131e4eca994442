"""`cstudio studio delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.names import project_option, studio_argument
from cstudio.cli.session import connected
from cstudio.cli.studio.life import discard_option

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio


@click.command()
@studio_argument
@project_option
@click.option("--with-files", is_flag=True, help="Remove the folders of its own zones too.")
@click.option("--with-image", is_flag=True, help="Remove its image, unless others use it.")
@discard_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, change nothing.")
@output.format_option
def delete(
    name: str,
    project: str,
    with_files: bool,
    with_image: bool,
    discard: bool,
    yes: bool,
    dry_run: bool,
    form: str,
) -> int:
    """Forget a studio; its zones stay.

    One that runs is stopped first, and copied back. With --with-files the folders of
    its own zones go as well; those of the project and of its user stay always.
    """
    with connected() as client:
        studio = client.studios.get(name, project)
        wanted = {"with_files": with_files, "with_image": with_image, "discard": discard}
        client.studios.delete(name, studio.project, dry_run=True, **wanted)
        output.talk(_consequence(with_files))
        if not dry_run:
            if not output.ask(f"forget `{name}` of the project {studio.project}?", yes=yes):
                return errors.FAILED
            client.studios.delete(name, studio.project, **wanted)
    _show(studio, dry_run, form)
    return errors.OK


def _consequence(with_files: bool) -> str:
    if with_files:
        return "the folders of its own zones are removed, on this machine too"
    return "the folders of its zones stay"


def _show(studio: Studio, dry_run: bool, form: str) -> None:
    from cstudio.cli.studio import shapes

    output.show(
        form,
        data=lambda: {"deleted": not dry_run, "studio": shapes.studio(studio)},
        table=lambda: [f"{'would forget' if dry_run else 'forgot'} `{studio.name}`"],
        names=lambda: [studio.name],
    )
