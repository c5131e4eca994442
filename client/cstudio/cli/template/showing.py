"""Writes one template, one build, or what is wrong with a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cstudio import errors
from cstudio.cli import output

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2 import Template, TemplateBuild, TemplateFault

    from cstudio.client import BlockingClient, TemplateFile


def show_template(template: Template, form: str) -> None:
    """Write one template."""
    from cstudio.cli.template import pictures, shapes

    output.show(
        form,
        data=lambda: shapes.template(template),
        table=lambda: pictures.template(template),
        names=lambda: [template.name],
    )


def show_build(build: TemplateBuild, form: str) -> None:
    """Write one build."""
    from cstudio.cli.template import pictures, shapes

    output.show(
        form,
        data=lambda: shapes.build(build),
        table=lambda: pictures.build(build),
        names=lambda: [build.id],
    )


def tell(title: str, faults: Iterable[TemplateFault]) -> None:
    """Say what is worth knowing about a template."""
    from cstudio.cli.template import pictures

    for fault in faults:
        output.talk(f"{title}: {pictures.display(fault)}")


def refuse_invalid(client: BlockingClient, file: TemplateFile) -> None:
    """Let a file pass that is valid.

    Raises:
        UsageError: it is not, with all that is wrong with it. A failed call could
            not carry that much.
    """
    if faults := client.templates.validate(file).faults:
        raise invalid(file.file, faults)


def invalid(file: str, faults: Sequence[TemplateFault]) -> errors.UsageError:
    """Return the failure that tells all faults of a file."""
    from cstudio.cli import tables
    from cstudio.cli.template import pictures

    return errors.UsageError(
        f"`{file}` is no valid template: {tables.counted(len(faults), 'problem')}",
        reason="TEMPLATE_INVALID",
        hint="cstudio template schema",
        metadata={"faults": "\n".join(pictures.display(fault) for fault in faults)},
    )
