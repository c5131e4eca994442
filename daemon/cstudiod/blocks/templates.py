"""Template files: read, written, described.

read_template   YAML → Template, or everything that is wrong with it
dump_template   Template → YAML that reads as the same template
schema          the format as a JSON schema, for editors
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError
from pydantic.json_schema import models_json_schema

from cstudiod.blocks import agreements, faults, registry, yaml_text
from cstudiod.blocks.composition import compose
from cstudiod.blocks.settings import Strict, file_path
from cstudiod.model.templates import (
    Block,
    Fault,
    Permissions,
    Resource,
    RuntimeKind,
    Template,
    TemplateInvalid,
)

NAME = r"^[a-z][a-z0-9-]{0,62}$"


class Grants(Strict):
    """Who may create studios from the template."""

    all: bool = False
    groups: tuple[str, ...] = ()


class Kept(Strict):
    """What an imported DSS template says besides; exported again as it was."""

    manifest: dict[str, Any] | None = None
    export_spec: dict[str, Any] | None = None
    template: dict[str, Any] = Field(default_factory=dict, description="Keys of template.json.")
    params: dict[str, Any] = Field(default_factory=dict, description="Keys beside its blocks.")
    files: dict[str, str] = Field(default_factory=dict, description="Other files, in base64.")


class Head(Strict):
    """A template: what people see of it, and its blocks in their order."""

    name: Annotated[str, StringConstraints(pattern=NAME)] = Field(
        description="Letters a-z, digits and `-`; begins with a letter."
    )
    label: str = Field(default="", description="What people see; empty: the name.")
    short_description: str = ""
    description: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    is_editor: bool = Field(
        default=False, description="Offered where somebody asks to edit code in a studio."
    )
    permissions: Grants = Grants()
    runtime: Literal["local", "docker", "kubernetes"] | None = Field(
        default=None, description="Where its studios run; left out: the daemon's default."
    )
    blocks: tuple[dict[str, Any], ...] = Field(
        min_length=1, description="Applied one after another."
    )
    dss: Kept = Kept()


def read_template(text: str, file: str, *, resources: Sequence[Resource] = ()) -> Template:
    """Return the template that a file describes, checked as a whole.

    Args:
        text: The YAML.
        file: What to call it in messages.
        resources: The files that come with it.

    Raises:
        TemplateInvalid: with everything that is wrong; nothing of it is to be kept.
    """
    document = yaml_text.parse(text)
    found = list(document.faults)
    if not isinstance(document.value, dict):
        if document.value is not None or not found:
            found.append(Fault(message="a template is a mapping: `name:`, `blocks:`", line=1))
        raise _invalid(found, file)
    template, wrong = _template(document, tuple(resources))
    found += [*wrong, *_resource_faults(resources)]
    complete = not any(one.field.startswith("blocks") for one in wrong)
    found += compose(template, registry.installed(), complete=complete and not found).faults
    if found:
        raise _invalid(found, file)
    return template


def _resource_faults(resources: Sequence[Resource]) -> list[Fault]:
    """Return what is wrong with the paths of a template's resources."""
    found: list[Fault] = []
    paths = Counter(resource.path for resource in resources)
    folders = {path[:at] for path in paths for at, letter in enumerate(path) if letter == "/"}
    for path in paths:
        try:
            if file_path(path) != path:
                raise ValueError(f"`{path}` can be written shorter")
        except ValueError as error:
            found.append(Fault(message=f"a resource's path is wrong: {error}", field="resources"))
    return found + [
        Fault(message=f"the resource `{path}` is there twice", field="resources")
        for path, count in sorted(paths.items())
        if count > 1 or path in folders
    ]


def _invalid(found: Sequence[Fault], file: str) -> TemplateInvalid:
    ordered = agreements.in_order(found)
    return TemplateInvalid(tuple(replace(one, file=file) for one in ordered), file)


def _template(
    document: yaml_text.Document, resources: tuple[Resource, ...]
) -> tuple[Template, list[Fault]]:
    """Return as much of the template as makes sense, and what does not."""
    value, lines = document.value, document.lines
    blocks, wrong = _blocks(value.get("blocks"), lines)
    shown = {**value, "blocks": [{}]} if blocks else value
    try:
        head = Head.model_validate_json(yaml_text.as_json(shown))
    except ValidationError as error:
        for field, message in faults.explain(error, Head):
            line = faults.line_of(field, lines, 1)
            wrong.append(Fault(message=_named(field, message), line=line, field=field))
        return Template(name="invalid", blocks=blocks, resources=resources), wrong
    return _with_head(head, blocks, resources), wrong


def _named(field: str, message: str) -> str:
    if field == "name" and "pattern" in message:
        return "must be 1 to 63 of a-z, 0-9 and `-`, beginning with a letter"
    return message


def _with_head(head: Head, blocks: tuple[Block, ...], resources: tuple[Resource, ...]) -> Template:
    return Template(
        name=head.name,
        label=head.label,
        short_description=head.short_description,
        description=head.description,
        icon=head.icon,
        tags=head.tags,
        is_editor=head.is_editor,
        permissions=Permissions(all=head.permissions.all, groups=head.permissions.groups),
        runtime=RuntimeKind(head.runtime) if head.runtime else None,
        blocks=blocks,
        resources=resources,
        foreign=head.dss.model_dump(exclude_unset=True),
    )


def _blocks(value: Any, lines: Mapping[str, int]) -> tuple[tuple[Block, ...], list[Fault]]:
    blocks: list[Block] = []
    wrong: list[Fault] = []
    for at, item in enumerate(value if isinstance(value, list) else ()):
        path = f"blocks[{at}]"
        type = item.get("type") if isinstance(item, dict) else None
        if isinstance(item, dict) and isinstance(type, str) and type:
            blocks.append(_block(item, type, path, lines))
        else:
            blocks.append(Block(type="", line=lines[path]))  # the others keep their numbers
            message = _no_block(item)
            wrong.append(Fault(message=message, line=lines[path], field=path))
    return tuple(blocks), wrong


def _no_block(item: Any) -> str:
    if item is None or item == {}:
        return "the block is empty; give it a `type`"
    if isinstance(item, str):
        return f"a block is a mapping; write `type: {item}`"
    if isinstance(item, dict):
        return "the block has no `type`"
    return "a block is a mapping with a `type`"


def _block(item: dict[str, Any], type: str, path: str, lines: Mapping[str, int]) -> Block:
    prefix = f"{path}."
    inner = {at.removeprefix(prefix): line for at, line in lines.items() if at.startswith(prefix)}
    settings = {key: value for key, value in item.items() if key != "type"}
    return Block(type=type, settings=settings, line=lines[path], lines=inner)


def dump_template(template: Template) -> str:
    """Return YAML that `read_template` reads as an equal template, given its resources."""
    head: dict[str, Any] = {"name": template.name}
    for key in ("label", "short_description", "description", "icon"):
        if text := getattr(template, key):
            head[key] = text
    if template.tags:
        head["tags"] = list(template.tags)
    if template.is_editor:
        head["is_editor"] = True
    if permissions := _permissions(template.permissions):
        head["permissions"] = permissions
    if template.runtime:
        head["runtime"] = template.runtime.value
    head["blocks"] = [{"type": one.type, **one.settings} for one in template.blocks]
    if template.foreign:
        head["dss"] = dict(template.foreign)
    return yaml_text.dump(head)


def _permissions(permissions: Permissions) -> dict[str, Any]:
    found: dict[str, Any] = {"all": True} if permissions.all else {}
    if permissions.groups:
        found["groups"] = list(permissions.groups)
    return found


def schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of template files, with every installed block."""
    kinds = registry.installed().kinds
    models = [(Head, "validation"), *((kind.settings, "validation") for kind in kinds.values())]
    places, whole = models_json_schema(models)  # type: ignore[arg-type]
    definitions = whole["$defs"]
    blocks = []
    for type, kind in kinds.items():
        name = places[(kind.settings, "validation")]["$ref"].rsplit("/", 1)[1]
        blocks.append(_block_schema(type, kind.title, definitions[name]))
    head = definitions.pop(places[(Head, "validation")]["$ref"].rsplit("/", 1)[1])
    head["properties"]["blocks"]["items"] = {"oneOf": blocks}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **head,
        "title": "cstudio template",
        "$defs": definitions,
    }


def _block_schema(type: str, title: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    properties = {"type": {"const": type}, **settings.get("properties", {})}
    required = ["type", *settings.get("required", ())]
    return {**settings, "title": title, "properties": properties, "required": required}
