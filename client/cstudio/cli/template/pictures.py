"""Templates and builds as tables; values to lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cstudio_api.v1 import templates_pb2 as pb

from cstudio import words
from cstudio.cli.tables import columns, counted, moment, pairs, plain, size


def templates(found: Sequence[pb.Template]) -> list[str]:
    """Return a line a template."""
    rows = [
        (one.name, _blocks(one), one.runtime or "default", built(one), _users(one), one.label)
        for one in found
    ]
    head = ("NAME", "BLOCKS", "RUNTIME", "BUILT", "FOR", "LABEL")
    return columns(head, rows) if rows else []


def template(message: pb.Template) -> list[str]:
    """Return everything about one template but its source."""
    resources = ", ".join(f"{one.path} ({size(one.size)})" for one in message.resources)
    return pairs(
        [
            ("name", message.name),
            ("label", message.label),
            ("description", message.description),
            ("blocks", _blocks(message)),
            ("runtime", message.runtime or "the daemon's default"),
            ("ports", ", ".join(str(port) for port in message.ports)),
            ("for", _users(message)),
            ("built", built(message)),
            ("image", message.image),
            ("resources", resources),
            *(("note", display(one)) for one in message.notes),
            *(("not local", display(one)) for one in message.local_faults),
            ("created", moment(message, "create_time")),
            ("updated", moment(message, "update_time")),
        ]
    )


def built(message: pb.Template) -> str:
    """Return whether there is a build, and whether it is of the file as it is now."""
    if message.is_built:
        return "yes"
    return "outdated" if message.image else "no"


def display(fault: pb.TemplateFault) -> str:
    """Return one thing that is wrong in a line."""
    return plain((fault.display or fault.message).partition("\n")[0])


def evidence(fault: pb.TemplateFault) -> str:
    """Return what was said of it beside that line: the statement, the last output."""
    return fault.display.partition("\n")[2]


def builds(found: Iterable[pb.TemplateBuild]) -> list[str]:
    """Return a line a build."""
    rows = [
        (
            one.id,
            one.template,
            words.build_state(one.state),
            moment(one, "start_time"),
            took(one),
            one.runtime,
            one.requester,
            _outcome(one),
        )
        for one in found
    ]
    head = ("ID", "TEMPLATE", "STATE", "STARTED", "TOOK", "RUNTIME", "BY", "RESULT")
    return columns(head, rows) if rows else []


def build(message: pb.TemplateBuild) -> list[str]:
    """Return one build in a sentence."""
    name, state = message.template, words.build_state(message.state)
    if state == "succeeded" and message.is_up_to_date:
        made = f": {plain(message.image)}" if message.image else ""
        return [f"`{name}` is up to date, nothing was built{made}"]
    if state == "succeeded":
        where = plain(message.digest or message.image)
        made = f": {where}" if where else ""
        return [f"built `{name}` in {took(message) or 'no time'}{made}"]
    if state == "running":
        return [f"build {message.id} of `{name}` runs"]
    return [f"build {message.id} of `{name}` {state}"]


def took(message: pb.TemplateBuild) -> str:
    """Return how long a build that has ended took."""
    if not (message.HasField("start_time") and message.HasField("end_time")):
        return ""
    seconds = (message.end_time.ToNanoseconds() - message.start_time.ToNanoseconds()) / 1e9
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f}:{seconds % 60:02.0f} min"


def explanation(name: str, message: pb.ExplainTemplateBuildResponse) -> list[str]:
    """Return which inputs changed since the last build."""
    if not message.built_hash:
        return [f"`{name}` was never built"]
    if message.hash == message.built_hash:
        return [f"nothing that is built has changed since the last build of `{name}`"]
    changed = counted(len(message.changes), "input")
    return [f"{changed} changed since the last build", *(f"  {plain(x)}" for x in message.changes)]


def label(block: int, block_type: str) -> str:
    """Return what stands before the lines of a block: `2 jupyterlab`."""
    return f"{block + 1} {plain(block_type)}".rstrip() if block >= 0 else "base"


def _outcome(message: pb.TemplateBuild) -> str:
    if message.HasField("fault"):
        return display(message.fault)
    return "up to date" if message.is_up_to_date else (message.digest or message.image)


def _blocks(message: pb.Template) -> str:
    return ", ".join(
        block.type if block.is_known else f"{block.type} (unknown)" for block in message.blocks
    )


def _users(message: pb.Template) -> str:
    return "all" if message.for_all else ", ".join(message.groups) or "its author"
