"""Options that several `sync` commands have, and what they mean together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cstudio.cli import output
from cstudio.errors import UsageError

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.client.sessions import Exclusions
    from cstudio.targets import Where

Command = TypeVar("Command", bound=Callable[..., Any])
MODES = (  # as `cstudio.words.MODES`, which costs protobuf to import; a test compares them
    "two-way-safe",
    "two-way-local-wins",
    "two-way-remote-wins",
    "one-way-safe",
    "one-way-replica",
)

_EXCLUSIONS = (
    click.option(
        "--exclude", multiple=True, metavar="PATTERN", help="Leave alone, as in .gitignore."
    ),
    click.option("--exclude-from", metavar="FILE", help="Read such patterns from a file."),
    click.option("--gitignore", is_flag=True, help="Honour the .gitignore files of LOCAL."),
    click.option(
        "--no-default-excludes", is_flag=True, help="Sync version control and caches as well."
    ),
)
_WHERE = (
    click.option("-n", "--namespace", default="", help="Namespace of the target."),
    click.option("-c", "--container", default="", help="Container in the pod."),
    click.option("--context", default="", help="Context of the kubeconfig."),
    click.option("--kubeconfig", default="", metavar="FILE", help="[env: KUBECONFIG]"),
    click.option("--pod", default="", metavar="NAME", help="Which pod of several."),
    click.option("--all-replicas", is_flag=True, help="Every pod; one-way modes only."),
)

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the plan, change nothing.")
label_option = click.option(
    "--label", multiple=True, metavar="KEY=VALUE", help="A label; may be given again."
)


def mode_option(default: str | None) -> Callable[[Command], Command]:
    """Return the option `--mode`."""
    return click.option(
        "--mode",
        type=click.Choice(MODES),
        default=default,
        show_default=True,
        help="Which side may change what.",
    )


def exclusion_options(command: Command) -> Command:
    """Add `--exclude` and its like."""
    return _added(command, _EXCLUSIONS)


def where_options(command: Command) -> Command:
    """Add what says where a pod is."""
    return _added(command, _WHERE)


def exclusions(words: Mapping[str, Any]) -> Exclusions:
    """Return what the exclusion options say; the file's lines come first."""
    from cstudio.client.sessions import Exclusions

    return Exclusions(
        patterns=[*lines_of(words["exclude_from"]), *words["exclude"]],
        gitignore=words["gitignore"],
        defaults=not words["no_default_excludes"],
    )


def where(words: Mapping[str, Any]) -> Where:
    """Return what the options say about where a pod is."""
    from cstudio.targets import Where

    return Where(
        namespace=words["namespace"],
        container=words["container"],
        context=words["context"],
        kubeconfig=words["kubeconfig"],
        pod=words["pod"],
        all_replicas=words["all_replicas"],
    )


def labels(given: Sequence[str]) -> dict[str, str]:
    """Return labels from `key=value` words.

    Raises:
        UsageError: a word has no `=`.
    """
    for word in given:
        if "=" not in word:
            raise UsageError(f"the label `{word}` has no `=`", hint="--label KEY=VALUE")
    return dict(word.split("=", 1) for word in given)


def lines_of(file: str | None) -> list[str]:
    """Return the patterns of an exclude file, comments left out.

    Raises:
        UsageError: it cannot be read.
    """
    if file is None:
        return []
    try:
        text = Path(file).read_text("utf-8")
    except OSError as error:
        raise UsageError(
            f"the exclude file `{file}` cannot be read: {error.strerror}",
            hint="name a readable file after --exclude-from",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the exclude file `{file}` is not UTF-8 text", hint=f"iconv -t UTF-8 {file}"
        ) from error
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def show_session(session: SyncSession, form: str) -> None:
    """Write one session."""
    from cstudio.cli import pictures, shapes
    from cstudio.client import naming

    output.show(
        form,
        data=lambda: shapes.session(session),
        table=lambda: pictures.session(session),
        names=lambda: [naming.short(session.name)],
    )


def _added(command: Command, decorators: Sequence[Callable[[Command], Command]]) -> Command:
    for decorate in reversed(decorators):
        command = decorate(command)
    return command
