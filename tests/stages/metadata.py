"""What an installed distribution tells of itself, for a run over the sources.

Blocks are found by entry points, ours too. Tests of the sources use an environment
that serves several checkouts, so nothing is installed there: this writes the
metadata of this checkout into a folder of the run.
"""

from __future__ import annotations

from pathlib import Path

from stages import checkout


def write(folder: Path) -> Path:
    """Write the distribution's metadata below `folder`; return what to put on the path."""
    project = checkout.project()
    name, version = project["name"], project["version"]
    info = folder / "metadata" / f"{name}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = project["entry-points"]
    assert isinstance(groups, dict)
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return info.parent
