"""`cstudio template build|cancel|logs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output, waiting
from cstudio.cli.names import complete_build, template_argument
from cstudio.cli.session import connected
from cstudio.cli.template import showing

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2 import TemplateBuild

    from cstudio.client import BlockingClient

_BUILD = re.compile(r"b\d+")
build_argument = click.argument("name", metavar="NAME|BUILD", shell_complete=complete_build)


@click.command()
@template_argument
@waiting.wait_option
@click.option("--no-cache", is_flag=True, help="Build every step anew.")
@click.option("--push", is_flag=True, help="Push to the registry afterwards.")
@click.option("--explain", is_flag=True, help="Tell which input changed, and build nothing.")
@click.option(
    "--runtime",
    type=click.Choice(["docker", "local"]),
    default=None,
    help="An image, or virtual environments; default: as its studios run.",
)
@output.format_option
def build(
    name: str,
    wait: bool | None,
    no_cache: bool,
    push: bool,
    explain: bool,
    runtime: str | None,
    form: str,
) -> None:
    """Build what a template's studios run in.

    An image, or for the local runtime virtual environments. What has not changed is not
    built again. With --wait the log is written to stderr, each line with its block, and
    Ctrl-C ends the build; without, the build goes on by itself.

    Exit status with --wait: 0 built, or nothing to do; 1 it failed; 12 it was ended.
    """
    from cstudio.cli.template import following

    with connected() as client:
        if explain:
            return _explain(client, name, runtime or "", form)
        made = client.templates.build(name, no_cache=no_cache, push=push, runtime=runtime or "")
        waited = waiting.waits(wait, form)
        if waited and _runs(made):
            made = following.follow(client, made, bar=waiting.draws(form))
    showing.show_build(made, form)
    if form == "table" and _runs(made):
        output.talk(f"hint: cstudio template logs {made.id}")
    following.raise_failure(made)
    return None


@click.command()
@build_argument
@output.format_option
def cancel(name: str, form: str) -> None:
    """End a running build.

    Named by its id, or the template's newest one.
    """
    with connected() as client:
        found = _find(client, name)
        if not _runs(found):
            raise errors.StateError(
                f"build {found.id} of `{found.template}` has ended",
                reason="WRONG_STATE",
                hint=f"cstudio template builds {found.template}",
            )
        showing.show_build(client.templates.cancel_build(found.id), form)


@click.command()
@build_argument
def logs(name: str) -> None:
    """Show the log of a build.

    Named by its id, or the template's newest one. One that runs is followed to its end.
    """
    from cstudio.cli.template import following

    with connected() as client:
        found = _find(client, name)
        for answer in client.templates.follow_build(found.id):
            for line in answer.lines:
                click.echo(following.labelled(line))


def _find(client: BlockingClient, name: str) -> TemplateBuild:
    """Return the build of that id, or else a template's newest.

    Raises:
        NotFoundError: there is none.
    """
    if _BUILD.fullmatch(name):
        try:
            return client.templates.get_build(name)
        except errors.NotFoundError:
            pass  # a template may have such a name
    client.templates.get(name)
    found = client.templates.builds(name)
    if not found:
        raise errors.NotFoundError(
            f"`{name}` was never built", reason="NOT_FOUND", hint=f"cstudio template build {name}"
        )
    return found[0]


def _explain(client: BlockingClient, name: str, runtime: str, form: str) -> None:
    from cstudio.cli.template import pictures, shapes

    answer = client.templates.explain_build(name, runtime=runtime)
    output.show(
        form,
        data=lambda: shapes.explanation(answer),
        table=lambda: pictures.explanation(name, answer),
        names=lambda: list(answer.changes),
    )


def _runs(build: TemplateBuild) -> bool:
    from cstudio import words

    return words.build_state(build.state) == "running"
