"""What of an imported template is kept without effect, told by name."""

from __future__ import annotations

from collections.abc import Iterator

from cstudiod.model.templates import Fault, Template

COMMON = frozenset(
    {
        *("type", "label", "shortDesc", "description", "icon", "tags", "isEditor", "permissions"),
        *("versionTag", "creationTag", "params", "id", "reattachOnRestart"),
        *("allowContainerConfOverride", "allContainerConfs", "containerConfs"),
        *("inheritGlobalCodeEnvsExtraSettings", "codeEnvsExtraSettings"),
    }
)
"""Keys of every exported template; they are kept, and nobody needs to be told."""


def of(template: Template) -> Iterator[Fault]:
    """Return a note for the template, and one for each block, that has such keys."""
    unknown = [key for key in template.foreign.get("template", {}) if key not in COMMON]
    if unknown:
        yield Fault(message=f"kept for DSS, without effect here: {', '.join(sorted(unknown))}")
    if template.foreign.get("template", {}).get("permissions"):
        yield Fault(message="the groups of DSS are kept, but not granted anything here")
    for index, block in enumerate(template.blocks):
        kept = block.settings.get("dss", {})
        params = kept.get("params", {}) if isinstance(kept, dict) else {}
        if isinstance(params, dict) and params:
            yield Fault(
                message=f"kept for DSS as it was there: {', '.join(sorted(params))}; "
                "only what has a setting here has an effect",
                line=block.lines.get("dss", block.line),
                block=index,
                block_type=block.type,
                field="dss",
            )
