"""`cstudio sync update`: change what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cstudio.cli import output
from cstudio.cli.session import connected, name_argument
from cstudio.cli.sync import options
from cstudio.errors import UsageError

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession


@click.command()
@name_argument
@options.mode_option(default=None)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Add a pattern.")
@click.option("--exclude-from", metavar="FILE", help="Add the patterns of a file.")
@click.option("--no-exclude", multiple=True, metavar="PATTERN", help="Drop a pattern.")
@click.option("--gitignore/--no-gitignore", default=None, help="Honour .gitignore files, or not.")
@click.option(
    "--default-excludes/--no-default-excludes", default=None, help="Leave out caches, or not."
)
@options.label_option
@options.dry_run_option
@output.format_option
def update(name: str, *, form: str, dry_run: bool, **words: Any) -> None:
    """Change a session's mode, exclusions or labels.

    A pattern that newly covers synced files deletes nothing anywhere.
    """
    with connected() as client:
        session = client.sessions.get(name)
        fields = _change(session, words)
        options.show_session(client.sessions.update(session, fields, dry_run=dry_run), form)


def _change(session: SyncSession, words: dict[str, Any]) -> list[str]:
    """Write the options into the session; return the fields that they change."""
    from cstudio.words import parse_mode

    fields = []
    if words["mode"] is not None:
        session.mode = parse_mode(words["mode"])
        fields.append("mode")
    fields += _change_exclusions(session, words)
    if words["label"]:
        session.labels.update(options.labels(words["label"]))
        fields.append("labels")
    if not fields:
        raise UsageError("nothing to change was named", hint="cstudio sync update --help")
    return fields


def _change_exclusions(session: SyncSession, words: dict[str, Any]) -> list[str]:
    fields = []
    added = [*options.lines_of(words["exclude_from"]), *words["exclude"]]
    if added or words["no_exclude"]:
        kept = _patterns(session.exclusions.patterns, added, words["no_exclude"])
        session.exclusions.patterns[:] = kept
        fields.append("exclusions.patterns")
    for option, field in (("gitignore", "gitignore"), ("default_excludes", "defaults")):
        if words[option] is not None:
            setattr(session.exclusions, field, words[option])
            fields.append(f"exclusions.{field}")
    return fields


def _patterns(now: Sequence[str], added: Sequence[str], dropped: Sequence[str]) -> list[str]:
    for pattern in dropped:
        if pattern not in now:
            raise UsageError(f"`{pattern}` is not excluded", hint="cstudio sync show NAME -o json")
    kept = [pattern for pattern in now if pattern not in dropped]
    return kept + [pattern for pattern in added if pattern not in kept]
