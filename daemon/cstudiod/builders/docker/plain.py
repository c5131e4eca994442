r"""What buildx says with ``--progress=plain`` -> events and failures. No IO.

    #6 [3/5] RUN pip install alpha
    #6 1.204 Collecting alpha
    #6 DONE 2.1s
    #7 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
    Dockerfile:12
    ERROR: failed to solve: dockerfile parse error on line 6: unknown instruction: FOO

Steps are numbered by what takes time: FROM, RUN, COPY, ADD and WORKDIR count,
ENV, USER and the like do not.
"""

from __future__ import annotations

import re

from cstudiod.builders import diagnosis
from cstudiod.builders.docker import told
from cstudiod.model.builds import BuildEvent, BuildFailure, Level
from cstudiod.model.dockerfiles import Dockerfile, Origin, statements

COUNTED = frozenset({"FROM", "RUN", "COPY", "ADD", "WORKDIR"})
_STEP = re.compile(r"#(\d+) \[(?:\S+ +)?(\d+)/(\d+)\] (.*)")
_LINE = re.compile(r"#(\d+) (?:\d+\.\d+ )?(.*)")
_PLACE = re.compile(r"(?:Dockerfile|-):(\d+)$")
_PARSE = re.compile(r"dockerfile parse error (?:on )?line (\d+)", re.IGNORECASE)
_CODE = re.compile(r"did not complete successfully: exit code: (\d+)")
_ERROR = re.compile(r"(?:ERROR|error): (.*)")

_WITHOUT_BUILDX = (
    "is not a docker command", "unknown command: docker buildx", "docker [OPTIONS] COMMAND",
)  # fmt: skip
"""Without the plug-in, docker takes what follows `buildx` for flags of its own."""


class PlainReader:
    """Reads one build's lines; remembers which step each number is."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._dockerfile = dockerfile
        found = zip(statements(dockerfile.text), dockerfile.steps, strict=False)
        self._origins = [origin for one, origin in found if one.keyword in COUNTED]
        self._steps: dict[str, tuple[int, int, str]] = {}
        self._said: dict[str, list[str]] = {}
        self._failed = ""
        self._place = 0
        self._tail: list[str] = []

    def read(self, line: str) -> BuildEvent:
        """Return the event of one line."""
        self._tail = [*self._tail[-diagnosis.EVIDENCE_LINES :], line]
        if place := _PLACE.search(line):
            self._place = int(place.group(1))
        number, text = "", line
        if step := _STEP.match(line):
            number, at, of, text = step.groups()
            self._steps[number] = int(at), int(of), text
            text = f"Step {at}/{of} : {text}"
        elif found := _LINE.match(line):
            number, text = found.groups()
            if text.startswith("ERROR"):
                self._failed = number
            elif text and not re.match(r"(?:DONE|CACHED|CANCELED)\b", text):
                said = self._said.setdefault(number, [])
                self._said[number] = [*said[-diagnosis.EVIDENCE_LINES :], text]
        at_step, of_steps, _ = self._steps.get(number, (0, 0, ""))
        origin = self._origin(at_step)
        return BuildEvent(
            text=text,
            level=Level.ERROR if text.startswith(("ERROR", "E: ")) else Level.INFO,
            block=origin.block,
            block_type=origin.block_type,
            step=at_step,
            steps=of_steps,
        )

    def failure(self, code: int) -> BuildFailure:
        """Return why buildx ended with an exit status other than 0."""
        errors = [match.group(1) for one in self._tail if (match := _ERROR.match(one))]
        last = errors[-1] if errors else ""
        if _PARSE.search(last):
            return told.Reader(self._dockerfile).refused(last)
        at, _, statement = self._steps.get(self._failed, (0, 0, ""))
        origin = self._dockerfile.origin_of_line(self._place) if self._place else self._origin(at)
        said = self._said.get(self._failed) or self._tail
        if status := _CODE.search(last):
            found = diagnosis.diagnose(said, statement or "a step", int(status.group(1)))
            return told.failure(origin, found, statement, said)
        if not last:
            return told.failure(origin, _no_buildx(self._tail, code), "", self._tail)
        return told.failure(origin, told.reason(last), statement, [*said, last])

    def _origin(self, step: int) -> Origin:
        known = 0 < step <= len(self._origins)
        return self._origins[step - 1] if known else Origin(block=-1, block_type="")


def _no_buildx(said: list[str], code: int) -> diagnosis.Diagnosis:
    text = "\n".join(said)
    if any(words in text for words in _WITHOUT_BUILDX):
        return diagnosis.Diagnosis(
            message="the docker command here has no buildx",
            next='install docker-buildx, or set builder = "docker" under [build]',
        )
    return diagnosis.diagnose(said, "docker buildx build", code)
