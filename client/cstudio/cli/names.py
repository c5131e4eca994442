"""Arguments that name templates, studios and their actions, completed by the shell.

Completion asks a daemon that runs already, and offers nothing when in doubt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cstudio.client import BlockingClient

PROJECT_VARIABLE = "CSTUDIO_PROJECT"
RUNTIMES = ("kubernetes", "docker", "local")

Command = TypeVar("Command", bound=Callable[..., Any])
Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def completing(find: Callable[[BlockingClient, click.Context], Iterable[str]]) -> Complete:
    """Return a completion that offers what `find` finds."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from cstudio.client import Client

        with contextlib.suppress(Exception), Client.sync(autostart=False) as client:
            found = dict.fromkeys(find(client, ctx))
            return [name for name in found if name.startswith(incomplete)]
        return []

    return complete


def _templates(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [template.name for template in client.templates.list()]


def _builds(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [*_templates(client, ctx), *(build.id for build in client.templates.builds())]


def _studios(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [studio.name for studio in client.studios.list(ctx.params.get("project") or "")]


def _projects(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [studio.project for studio in client.studios.list()]


def _actions(client: BlockingClient, ctx: click.Context) -> list[str]:
    found = client.actions.list(ctx.params["studio"], ctx.params.get("project") or "")
    return [action.name for action in found]


def _runs(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [run.id for run in client.actions.history()]


def _zones(client: BlockingClient, ctx: click.Context) -> list[str]:
    studio = client.studios.get(ctx.params["name"], ctx.params.get("project") or "")
    return [zone.zone for zone in studio.zones]


complete_template = completing(_templates)
complete_build = completing(_builds)
complete_studio = completing(_studios)
complete_project = completing(_projects)
complete_action = completing(_actions)
complete_run = completing(_runs)
complete_zone = completing(_zones)

template_argument = click.argument("name", metavar="NAME", shell_complete=complete_template)
studio_argument = click.argument("name", metavar="NAME", shell_complete=complete_studio)
zones_argument = click.argument(
    "zones", metavar="[ZONE]...", nargs=-1, shell_complete=complete_zone
)


def required_project_option(help: str) -> Callable[[Command], Command]:
    """Return the option that names a project, where there is no way without."""
    return click.option(
        "--project",
        required=True,
        metavar="KEY",
        envvar=PROJECT_VARIABLE,
        shell_complete=complete_project,
        help=f"{help} [env: CSTUDIO_PROJECT].",
    )


project_option = click.option(
    "--project",
    default="",
    metavar="KEY",
    envvar=PROJECT_VARIABLE,
    shell_complete=complete_project,
    help="Of this project, where two have one of that name [env: CSTUDIO_PROJECT].",
)
