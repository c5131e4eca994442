"""What Docker says while it builds, pulls or pushes -> events and failures. No IO.

Docker's stream is of small objects: `stream` (text: ``Step 2/7 : RUN …`` and
what steps print, stderr in red), `status` (of pulls and pushes), `aux` (ids and
digests), `errorDetail`. A Dockerfile that cannot be parsed is refused before
that, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cstudiod.builders import diagnosis
from cstudiod.builders.lines import Lines, clean
from cstudiod.model.builds import BuildEvent, BuildFailure, Level
from cstudiod.model.dockerfiles import Dockerfile, Origin

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
_CODE = re.compile(r"returned a non-zero code: (\d+)")
_PARSE = re.compile(r"parse error (?:on )?line (\d+):? *(.*)", re.IGNORECASE | re.DOTALL)
_RED = "\x1b[91m"
_QUIET = ("Downloading", "Extracting", "Waiting", "Preparing", "Pushing", "Verifying Checksum")
STATEMENT_CHARACTERS = 200


class Reader:
    """Reads one build's stream; remembers the step it is at and the last lines."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._dockerfile = dockerfile
        self._lines = Lines()
        self._step = 0
        self._steps = 0
        self._statement = ""
        self._said: list[str] = []
        self.image = ""
        """The id of the image, once it is built."""
        self.digest = ""
        """Of the image in the registry, once it is pushed: ``sha256:…``."""

    def read(self, item: Mapping[str, Any]) -> Iterator[BuildEvent]:
        """Yield the lines that one object of the stream completes."""
        if "stream" in item:
            text = str(item["stream"])
            level = Level.WARNING if _RED in text else Level.INFO
            for line in self._lines.feed(text.encode("utf-8", "replace")):
                yield self._event(line, level)
        elif isinstance(aux := item.get("aux"), Mapping):
            self.image = str(aux.get("ID") or self.image)
            self.digest = str(aux.get("Digest") or self.digest)
        elif (status := clean(str(item.get("status", "")))) and not status.startswith(_QUIET):
            layer = str(item.get("id", ""))
            yield self._event(f"{layer}: {status}" if layer else status, Level.INFO)

    def rest(self) -> Iterator[BuildEvent]:
        """Yield what came last, without a line end."""
        for line in self._lines.feed(b"", final=True):
            yield self._event(line, Level.INFO)

    def failure(self, item: Mapping[str, Any]) -> BuildFailure | None:
        """Return the failure that an object of the stream tells; None: it tells none."""
        if "error" not in item and "errorDetail" not in item:
            return None
        detail = item.get("errorDetail")
        said = detail.get("message") if isinstance(detail, Mapping) else None
        return self.failed(clean(str(said or item.get("error"))))

    def failed(self, said: str) -> BuildFailure:
        """Return why the build ended at the step it is at."""
        origin = self._dockerfile.origin_of_step(self._step)
        code = _CODE.search(said)
        if code is None:
            return failure(origin, reason(said), self._statement, [*self._said, said])
        name = self._statement[:STATEMENT_CHARACTERS]
        found = diagnosis.diagnose(self._said, name, int(code.group(1)))
        return failure(origin, found, self._statement, self._said)

    def refused(self, said: str) -> BuildFailure:
        """Return the failure of a Dockerfile that Docker did not begin with."""
        text = clean(said)
        if found := _PARSE.search(text):
            origin = self._dockerfile.origin_of_line(int(found.group(1)))
            lines = self._dockerfile.text.split("\n")
            statement = lines[min(int(found.group(1)), len(lines)) - 1].strip()
            why = found.group(2).strip(" .)\"'") or "it cannot be read"
            message = diagnosis.Diagnosis(message=f"the Dockerfile is not valid: {why}")
            return failure(origin, message, statement, [text])
        return failure(Origin(block=-1, block_type=""), reason(text), "", [text])

    def _is_next(self, step: int, steps: int) -> bool:
        """Tell Docker's own line from one that a command printed."""
        return step == self._step + 1 and self._steps in (0, steps)

    def _event(self, line: str, level: Level) -> BuildEvent:
        if (step := _STEP.match(line)) and self._is_next(int(step.group(1)), int(step.group(2))):
            self._step, self._steps = int(step.group(1)), int(step.group(2))
            self._statement = step.group(3)
            self._said = []
        else:
            self._said = [*self._said[-diagnosis.EVIDENCE_LINES :], line]
        if line.startswith(("ERROR", "E: ", "npm ERR!", "npm error")):
            level = Level.ERROR
        origin = self._dockerfile.origin_of_step(self._step)
        return BuildEvent(
            text=line, level=level, block=origin.block, block_type=origin.block_type,
            step=self._step, steps=self._steps,
        )  # fmt: skip


def failure(
    origin: Origin, found: diagnosis.Diagnosis, statement: str, said: list[str]
) -> BuildFailure:
    """Return a failure of somebody's statement, with the last lines as evidence."""
    return BuildFailure(
        message=found.message,
        block=origin.block,
        block_type=origin.block_type,
        line=origin.line,
        statement=statement[:STATEMENT_CHARACTERS],
        evidence=diagnosis.evidence(said),
        next=found.next,
    )


_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        r"(?:COPY|ADD) failed: .*\bstat (\S+?): ",
        "COPY found nothing at `{0}` in the build context",
        "add the file to the block's resources",
    ),
    (
        r"(?:pull access denied for|manifest for|repository) (\S+?),? .*"
        r"(?:does not exist|not found|unknown)",
        "there is no image `{0}`",
        "check its name and tag, or sign in: docker login",
    ),
    (
        r"unauthorized|denied: |no basic auth credentials|authentication required",
        "the registry refused the credentials",
        "sign in: docker login REGISTRY",
    ),
    (
        r"dial tcp|no such host|i/o timeout|connection refused|x509|http: server gave HTTP",
        "the registry could not be reached",
        "check the registry's address, and that Docker's daemon reaches it",
    ),
    (r"no space left on device", "the disk is full", "free some: cstudio image prune"),
    (
        r"requires BuildKit",
        "this statement needs BuildKit",
        'set builder = "buildx" under [build], or write it without --mount and --chmod',
    ),
)


def reason(said: str) -> diagnosis.Diagnosis:
    """Return the sentence for what the engine itself said."""
    for pattern, message, step in _REASONS:
        if found := re.search(pattern, said):
            words = [group for group in found.groups() if group]
            return diagnosis.Diagnosis(message=message.format(*words), next=step)
    return diagnosis.Diagnosis(message=f"Docker said: {said}")
