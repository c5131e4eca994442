"""What the previous build of each template was made of: one small file a template."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """The inputs of the last image that was built, and how often it was refreshed."""

    inputs: str = ""
    """Canonical JSON; empty: never built here."""
    epoch: int = 0


class Memory:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, template: str) -> Remembered:
        """Return what is remembered; a file that cannot be read counts as none."""
        try:
            found = json.loads((self._folder / f"{template}.json").read_text("utf-8"))
            return Remembered(inputs=str(found["inputs"]), epoch=int(found["epoch"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Remembered()

    def write(self, template: str, remembered: Remembered) -> None:
        """Remember, whole or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self._folder / f".{template}.new"
        content = {"inputs": remembered.inputs, "epoch": remembered.epoch}
        aside.write_text(json.dumps(content), "utf-8")
        os.replace(aside, self._folder / f"{template}.json")
