"""`cstudio action run|cancel|logs`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from cstudio import errors
from cstudio.cli import durations, output, pipes
from cstudio.cli.names import complete_action, complete_run, complete_studio, project_option
from cstudio.cli.session import connected

if TYPE_CHECKING:
    from cstudio_api.v1.actions_pb2 import ActionRun

    from cstudio.client import BlockingClient

TIMED_OUT = 124
"""As `timeout` of the shell has it."""


class CommandAfterDashes(click.Command):
    """A command whose words after the first `--` are a command line, whatever they are.

    They are the parameter `command`; click alone could not tell `-- test` from `test`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the `--`."""
        at = args.index("--") if "--" in args else len(args)
        rest = super().parse_args(ctx, args[:at])
        ctx.params["command"] = tuple(args[at + 1 :])
        return rest

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the words of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


@click.command(cls=CommandAfterDashes)
@click.argument("studio", metavar="STUDIO", shell_complete=complete_studio)
@click.argument("action", metavar="[ACTION]", default="", shell_complete=complete_action)
@project_option
@click.option("--folder", default="", metavar="DIR", help="Where; default: the workspace.")
@click.option(
    "--timeout",
    "seconds",
    metavar="TIME",
    callback=durations.option_value,
    help="Ends it: 90, 45s, 15m, 1h30m; default: the action's own.",
)
@click.option("-d", "--detach", is_flag=True, help="Return when it has begun.")
@output.format_option
def run(
    studio: str,
    action: str,
    command: tuple[str, ...],
    project: str,
    folder: str,
    seconds: float | None,
    detach: bool,
    form: str,
) -> int:
    """Run an action, or any command.

    As the studio's user, in the workspace or in --folder. Its output and its exit status
    are passed on; Ctrl-C ends it. With --detach it goes on by itself: see `action logs`
    and `action cancel`. With -o json its output goes to stderr, and the run to stdout.

    Exit status: the command's; 124 it took longer than it may; 12 it was cancelled;
    13 the connection to it was lost.
    """
    if bool(action) == bool(command):
        raise errors.UsageError(
            "name an action, or a command after `--`", hint=f"cstudio action list {studio}"
        )
    with connected() as client:
        begun = client.actions.run(
            studio, action, project, command=command, folder=folder, timeout_seconds=seconds
        )
        if detach:
            _show(begun, form)
            return errors.OK
        ended = _follow(client, begun, ends=True, to=sys.stdout if form == "table" else sys.stderr)
    if form != "table":
        _show(ended, form)
    return _status(ended)


@click.command()
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@output.format_option
def cancel(run: str, form: str) -> None:
    """End a run."""
    with connected() as client:
        _show(client.actions.cancel(run), form)


@click.command()
@click.argument("run", metavar="RUN", shell_complete=complete_run)
def logs(run: str) -> None:
    """Show the output of a run.

    From its start; one that goes on is followed to its end.
    """
    with connected() as client:
        ended = _follow(client, client.actions.get(run), ends=False, to=sys.stdout)
    if ended.dropped_bytes:
        output.warn(f"{ended.dropped_bytes:,} bytes of output were not kept")


def _follow(client: BlockingClient, run: ActionRun, *, ends: bool, to: TextIO) -> ActionRun:
    """Pass the output of a run on; return the run as it ended.

    With `ends`, Ctrl-C ends the run as well.
    """
    out, err = pipes.writer(to), pipes.writer(sys.stderr)
    try:
        for answer in client.actions.follow(run.id):
            if answer.stdout:
                out(answer.stdout)
            if answer.stderr:
                err(answer.stderr)
            if answer.HasField("run"):
                return answer.run
    except KeyboardInterrupt:
        if ends:
            client.actions.cancel(run.id)
        raise
    return client.actions.get(run.id)


def _status(run: ActionRun) -> int:
    """Return the exit status that a run stands for.

    Raises:
        StateError: it was cancelled.
        TargetError: nobody knows how it ended.
    """
    from cstudio import words

    hint = f"cstudio action logs {run.id}"
    match words.run_state(run.state):
        case "ended":
            return run.exit_status
        case "timed-out":
            output.warn("it took longer than it may, and was ended", hint=hint)
            return TIMED_OUT
        case "cancelled":
            raise errors.StateError("the run was cancelled", reason="WRONG_STATE", hint=hint)
        case _:
            raise errors.TargetError(
                f"the run was lost: {run.detail or 'it ended out of sight'}",
                reason="CONNECTION_LOST",
                hint=hint,
            )


def _show(run: ActionRun, form: str) -> None:
    from cstudio.cli.action import pictures, shapes

    output.show(
        form,
        data=lambda: shapes.run(run),
        table=lambda: pictures.run(run),
        names=lambda: [run.id],
    )
