"""`cstudio sync flush|pause|resume|resolve`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import connected, name_argument, path_below
from cstudio.cli.sync import options


@click.command()
@name_argument
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="S",
    help="How many seconds to wait at most.",
)
@output.format_option
def flush(name: str, seconds: float, form: str) -> int:
    """Wait until both sides have everything.

    That is, everything written on either side before the call.

    Exit status: 0 both sides agree; 3 they do, listed conflicts and problems
    aside; 12 not in time, or the session does not run; 13 the target cannot be used.
    """
    from cstudio.cli import pictures, shapes
    from cstudio.cli.tables import counted

    with connected() as client:
        answer = client.sessions.flush(name, seconds)
    output.show(
        form,
        data=lambda: shapes.flushed(answer),
        table=lambda: [pictures.flushed(answer)],
        names=lambda: [name],
    )
    if answer.in_step:
        return errors.OK
    output.warn(
        f"{counted(answer.conflict_count, 'conflict')} and "
        f"{counted(answer.problem_count, 'problem')} remain",
        hint=f"cstudio sync conflicts {name}; cstudio sync problems {name}",
    )
    return errors.PARTIAL


@click.command()
@name_argument
@options.dry_run_option
@output.format_option
def pause(name: str, dry_run: bool, form: str) -> None:
    """Stop a session until it is resumed.

    Across restarts of the daemon.
    """
    with connected() as client:
        options.show_session(client.sessions.pause(name, dry_run=dry_run), form)


@click.command()
@name_argument
@options.dry_run_option
@output.format_option
def resume(name: str, dry_run: bool, form: str) -> None:
    """Let a session go on, or try again now."""
    with connected() as client:
        options.show_session(client.sessions.resume(name, dry_run=dry_run), form)


@click.command()
@name_argument
@click.argument("wanted", metavar="[PATH|GLOB]...", nargs=-1)
@click.option(
    "--keep", type=click.Choice(["local", "remote", "both"]), required=True, help="What stays."
)
@options.dry_run_option
@output.format_option
def resolve(name: str, wanted: Sequence[str], keep: str, dry_run: bool, form: str) -> None:
    """Decide conflicts.

    The named ones, or all. What is overwritten goes to the trash first. `both`
    leaves the remote version beside the local one, under a name that says where
    it came from and when.
    """
    from cstudio.cli.tables import counted

    with connected() as client:
        count = client.sessions.resolve(
            name,
            keep,
            paths=[path_below(client, name, word) for word in wanted if not _is_glob(word)],
            globs=[word for word in wanted if _is_glob(word)],
            dry_run=dry_run,
        )
    said = f"{'would decide' if dry_run else 'decided'} {counted(count, 'conflict')}"
    output.show(
        form,
        data=lambda: {"resolved_count": count, "keep": keep, "dry_run": dry_run},
        table=lambda: [said],
        names=lambda: [name],
    )


def _is_glob(word: str) -> bool:
    return "*" in word or "?" in word
