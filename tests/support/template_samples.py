"""Templates for the tests of blocks, in few words."""

from __future__ import annotations

import pytest
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.templates import read_template
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.templates import Resource, Template, TemplateInvalid

SERVER = "  - {type: entrypoint, command: serve, expose: {port: 9999}}\n"
"""A block that is always right: with it a template starts something."""


def read(blocks: str, *resources: str) -> Template:
    """Read a template of some blocks, each beginning with ``  - type:`` on line 3."""
    files = tuple(Resource(path=path, content=f"# {path}\n".encode()) for path in resources)
    return read_template(f"name: sample\nblocks:\n{blocks}", "sample.yaml", resources=files)


def made(blocks: str, *resources: str, programs: tuple[str, ...] = ()) -> Blueprint:
    """Return what a template of some blocks means."""
    return blueprint(read(blocks, *resources), programs=programs)


def told(blocks: str, *resources: str) -> list[str]:
    """Return everything that is wrong with a template of some blocks, as people see it."""
    with pytest.raises(TemplateInvalid) as refused:
        read(blocks, *resources)
    return [fault.display() for fault in refused.value.faults]
