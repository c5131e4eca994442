"""Who may run what where: asked before a studio is made, and before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cstudiod.errors import ExistsError, StateError
from cstudiod.model.containers import ContainerConfiguration, chosen
from cstudiod.model.studios import StudioSpec
from cstudiod.model.templates import RuntimeKind, TemplateInvalid
from cstudiod.services import identity
from cstudiod.services.identity import Caller
from cstudiod.services.templates import TemplateView


def may_run_in(caller: Caller, runtime: RuntimeKind, *, local_for_all: bool) -> None:
    """Let those pass who may use a runtime: the local one is for administrators, or for all.

    Raises:
        RightMissing: the caller may not.
    """
    if runtime is RuntimeKind.LOCAL and not local_for_all:
        identity.may_run_as_the_daemon(caller)


def can_run(
    spec: StudioSpec, view: TemplateView, configurations: Mapping[str, ContainerConfiguration]
) -> None:
    """Refuse what cannot run there.

    Raises:
        UsageError: the template needs an image, or there is no such configuration.
    """
    if spec.runtime is not RuntimeKind.LOCAL:
        chosen(configurations, spec.runtime, spec.configuration)
    elif faults := view.blueprint.local_faults:
        raise TemplateInvalid(faults, f"template {spec.template} in the local runtime")


def refuse_taken(project: str, name: str, *, is_taken: bool) -> None:
    """Refuse a name that a project has already.

    Raises:
        ExistsError: it has.
    """
    if is_taken:
        raise ExistsError(
            f"project `{project}` has a studio `{name}`",
            next=f"cstudio studio show {name} --project {project}",
            studio=name,
        )


def refuse_published(name: str, webapps: Sequence[str]) -> None:
    """Refuse to forget a studio whose zones web apps read.

    Raises:
        StateError: IN_USE, there are such web apps.
    """
    if webapps:
        raise StateError(
            f"studio `{name}` is published as web app {', '.join(webapps)}, which reads its zones",
            reason="IN_USE",
            next=f"cstudio webapp unpublish {webapps[0]}",
        )


def must_have_starters(name: str, troubles: Sequence[str]) -> None:
    """Tell of starter files that could not be put into the zones of a new studio.

    Raises:
        StateError: there are some.
    """
    if troubles:
        raise StateError(
            f"studio `{name}` was made, but starter files are missing: {'; '.join(troubles[:5])}",
            next=f"cstudio studio delete {name}",
        )
