"""Tables of commands, and the commands themselves."""

from __future__ import annotations

import click
import pytest
from cstudio.cli import action, key, main, studio, sync, template, zone
from cstudio.cli.lazy import LazyGroup

GROUPS = [main.root, sync.sync, template.template, studio.studio, action.action, zone.zone, key.key]
CONTEXT = click.Context(click.Command("cstudio"))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: str(group.name))
def test_every_entry_is_a_command_with_the_help_of_its_entry(group: click.Group) -> None:
    assert isinstance(group, LazyGroup)
    for name, entry in group.entries.items():
        command = group.get_command(CONTEXT, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(200).rstrip(".") == entry.help.rstrip(".")


def test_a_word_that_is_no_command_is_none() -> None:
    assert main.root.get_command(CONTEXT, "snyc") is None


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: str(group.name))
def test_every_command_is_documented(group: click.Group) -> None:
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts}"
