"""`cstudio webapp publish|restart|unpublish`."""

from __future__ import annotations

import click

from cstudio.cli import names, output, waiting
from cstudio.cli.names import project_option
from cstudio.cli.session import connected
from cstudio.cli.webapp import showing
from cstudio.cli.webapp.showing import id_argument


@click.command()
@click.argument("studio", metavar="STUDIO", shell_complete=names.complete_studio)
@project_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="Which exposed port; needed where there are several.",
)
@click.option(
    "--replicas", type=click.IntRange(1), default=1, show_default=True, help="In so many places."
)
@click.option("--live", is_flag=True, help="Changes in the zones reach it at once.")
@click.option("--public", is_flag=True, help="For everybody, without signing in.")
@click.option(
    "--group", "groups", multiple=True, metavar="NAME", help="For members of this group; again."
)
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, publish nothing.")
@waiting.wait_option
@output.format_option
def publish(
    studio: str,
    project: str,
    port: int | None,
    replicas: int,
    live: bool,
    public: bool,
    groups: tuple[str, ...],
    dry_run: bool,
    wait: bool | None,
    form: str,
) -> None:
    """Publish a studio as a web app.

    It need not run. Without --public and --group, you and administrators alone may visit it.
    Exit status with --wait: 0 all replicas are ready; 13 one does not come up, with the
    reason, the evidence and what to type next.
    """
    with connected() as client:
        made = client.webapps.publish(
            studio,
            project,
            port=port or 0,
            replicas=replicas,
            live=live,
            public=public,
            groups=groups,
            dry_run=dry_run,
        )
        if waiting.waits(wait, form) and not dry_run:
            from cstudio.cli.webapp import following

            made = following.until_ready(client, made, "does not come up")
    showing.show_webapp(made, form)


@click.command()
@id_argument
@waiting.wait_option
@output.format_option
def restart(id: str, wait: bool | None, form: str) -> None:
    """Start the replicas anew, from the zones and the template as they are now.

    One after another; when one does not get ready, those after it go on as they are.
    """
    with connected() as client:
        webapp = client.webapps.restart(id)
        if waiting.waits(wait, form):
            from cstudio.cli.webapp import following

            webapp = following.until_ready(client, webapp, "was not restarted")
    showing.show_webapp(webapp, form)


@click.command()
@id_argument
@output.format_option
def unpublish(id: str, form: str) -> None:
    """End a web app; the studio's zones stay."""
    with connected() as client:
        client.webapps.unpublish(id)
    output.show(
        form,
        data=lambda: {"unpublished": id},
        table=lambda: [f"`{id}` is not published any more"],
        names=lambda: [id],
    )
