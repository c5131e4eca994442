"""`cstudio template`: what studios are made from, and the builds."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.template."

ENTRIES = {
    "create": Entry(_AT + "writing", "create", "Create a template from a file."),
    "validate": Entry(_AT + "writing", "validate", "Tell everything that is wrong with a file."),
    "list": Entry(_AT + "reading", "list_templates", "List templates."),
    "show": Entry(_AT + "reading", "show", "Show one template."),
    "edit": Entry(_AT + "editing", "edit", "Change a template's file."),
    "schema": Entry(_AT + "reading", "schema", "Write the JSON schema of the template file."),
    "copy": Entry(_AT + "writing", "copy", "Make a template of another name."),
    "delete": Entry(_AT + "writing", "delete", "Forget a template."),
    "import": Entry(_AT + "archives", "import_archive", "Create a template from an exported zip."),
    "export": Entry(_AT + "archives", "export_archive", "Write a template as a zip."),
    "grant": Entry(_AT + "rights", "grant", "Let groups, or everybody, use a template."),
    "revoke": Entry(_AT + "rights", "revoke", "Take that right back."),
    "build": Entry(_AT + "building", "build", "Build what a template's studios run in."),
    "cancel": Entry(_AT + "building", "cancel", "End a running build."),
    "builds": Entry(_AT + "reading", "builds", "List builds."),
    "logs": Entry(_AT + "building", "logs", "Show the log of a build."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def template() -> None:
    """Describe studios in files, and build.

    \b
    A template is a YAML file: a list of blocks, applied in order.
    Try:  cstudio template create jupyter.yaml
    Then: cstudio template build jupyter
    """
