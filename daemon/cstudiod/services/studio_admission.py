"""Who may run what where: asked before a studio is made, and before it is started."""

from __future__ import annotations

from collections.abc import Mapping

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
