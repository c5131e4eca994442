"""Small files that belong to a studio: kernels, settings of IDEs."""

from __future__ import annotations

import os
from typing import List, Mapping

from cstudio_runner import variables
from cstudio_runner.launch import File, Launch


def write_all(launch: Launch, environment: Mapping[str, str]) -> List[str]:
    """Write the files of a launch; return a sentence for each that could not be written."""
    values = variables.prefixes(launch, environment)
    troubles = []
    for file in launch.files:
        content = file.content if file.verbatim else variables.expand(file.content, values)
        try:
            _write(file, content)
        except OSError as error:
            troubles.append("cannot write %s: %s" % (file.path, error.strerror))
    return troubles


def _write(file: File, content: str) -> None:
    if file.keep and os.path.lexists(file.path):
        return
    os.makedirs(os.path.dirname(file.path), exist_ok=True)
    new = "%s.cstudio-new" % file.path
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = 0o755 if file.executable else 0o644
    with open(os.open(new, flags, mode), "w", encoding="utf-8") as stream:
        stream.write(content)
    os.replace(new, file.path)
