"""`cstudio sync list|show|conflicts|problems|explain|plan|trash`: they change nothing."""

from __future__ import annotations

import click

from cstudio.cli import output
from cstudio.cli.session import connected, name_argument, path_below
from cstudio.cli.sync import options

WORKS = ("cycle", "push", "pull", "reset")


@click.command("list")
@click.option("--all", "all_of_them", is_flag=True, help="Also those of studios.")
@output.format_option
def list_sessions(all_of_them: bool, form: str) -> None:
    """List sessions.

    Those that keep the zones of studios in step are the studios' own: `cstudio studio
    zones NAME` shows them, and so does --all.
    """
    from cstudio.cli import pictures, shapes, tables
    from cstudio.client import naming

    with connected() as client:
        every = client.sessions.list()
    found = [one for one in every if all_of_them or not naming.studio(one)]
    output.show(
        form,
        data=lambda: [shapes.session(session) for session in found],
        table=lambda: pictures.sessions(found),
        names=lambda: [naming.short(session.name) for session in found],
    )
    if form != "table":
        return
    if hidden := len(every) - len(found):
        output.talk(f"and {tables.counted(hidden, 'session')} of studios, which --all shows")
    elif not found:
        output.talk("no sessions yet\nhint: cstudio sync create LOCAL TARGET")


@click.command()
@name_argument
@output.format_option
def show(name: str, form: str) -> None:
    """Show one session."""
    with connected() as client:
        options.show_session(client.sessions.get(name), form)


@click.command()
@name_argument
@output.format_option
def conflicts(name: str, form: str) -> None:
    """List what changed on both sides."""
    from cstudio.cli import pictures, shapes

    with connected() as client:
        found = client.sessions.conflicts(name)
    output.show(
        form,
        data=lambda: [shapes.conflict(item) for item in found],
        table=lambda: pictures.conflicts(found),
        names=lambda: [shapes.path(item.path) for item in found],
    )
    if form == "table":
        hint = f"\nhint: cstudio sync resolve {name} PATH --keep local|remote|both"
        output.talk("no conflicts" if not found else f"decide what stays{hint}")


@click.command()
@name_argument
@output.format_option
def problems(name: str, form: str) -> None:
    """List what cannot be synced, and why."""
    from cstudio.cli import pictures, shapes

    with connected() as client:
        found = client.sessions.problems(name)
    output.show(
        form,
        data=lambda: [shapes.problem(item) for item in found],
        table=lambda: pictures.problems(found),
        names=lambda: [shapes.path(item.path) for item in found],
    )
    if form == "table" and not found:
        output.talk("no problems")


@click.command()
@name_argument
@click.argument("path")
@output.format_option
def explain(name: str, path: str, form: str) -> None:
    """Tell why a path is, or is not, in step.

    PATH is relative to the session's roots, or absolute and inside the local one;
    as it is displayed or as it is typed.
    """
    from cstudio.cli import pictures, shapes

    with connected() as client:
        answer = client.sessions.explain(name, path_below(client, name, path))
    output.show(
        form,
        data=lambda: shapes.explanation(answer),
        table=lambda: pictures.explanation(answer),
        names=lambda: [shapes.path(answer.path)],
    )


@click.command()
@name_argument
@click.option(
    "--for", "work", type=click.Choice(WORKS), default="cycle", show_default=True, help="For what."
)
@output.format_option
def plan(name: str, work: str, form: str) -> None:
    """Tell what would be done now, and do nothing."""
    from cstudio_api.v1 import sync_sessions_pb2 as pb

    from cstudio.cli import pictures, shapes

    with connected() as client:
        changes = client.sessions.plan(name, getattr(pb, f"SYNC_WORK_{work.upper()}"))
    output.show(
        form,
        data=lambda: [shapes.change(item) for item in changes],
        table=lambda: pictures.plan(changes),
        names=lambda: [shapes.path(item.path) for item in changes],
    )
    if form == "table":
        output.talk(pictures.summary(changes))


@click.command()
@name_argument
@output.format_option
def trash(name: str, form: str) -> None:
    """List what was kept aside."""
    from cstudio.cli import pictures, shapes

    with connected() as client:
        found = client.sessions.trash(name)
    output.show(
        form,
        data=lambda: [shapes.kept(item) for item in found],
        table=lambda: pictures.trash(found),
        names=lambda: [item.id for item in found],
    )
    if form == "table" and not found:
        output.talk("nothing was kept aside")
