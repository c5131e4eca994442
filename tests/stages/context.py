"""What stages share: the options, the environment of their commands, pytest."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from stages import checkout, environments, machine, metadata, outcomes

STAGE_SECONDS = 2700
NO_TESTS_COLLECTED = 5
FEW = 3
"""More failures than that are no accident of the machine."""
SCRUBBED = ("PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS", "VIRTUAL_ENV", "CSTUDIO_SOCKET")
"""What a person's shell may have set, and what must not leak into a test."""


@dataclass(kw_only=True)
class Context:
    """One run of `tests/run`."""

    everything: bool
    """`--all`: nothing may be skipped."""
    examples: int | None
    """`--property-examples`."""
    pytest_arguments: Sequence[str]
    scratch: Path
    """A folder that is gone afterwards."""
    wheel_python: Path | None = None
    """The environment with the built wheel; set by the stage that makes it."""
    extra: dict[str, str] = field(default_factory=dict)
    """Environment variables that the set-up found."""
    output: IO[str] | None = None
    """Where everything is said; None: on our own standard output, as it comes."""

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=self.output, flush=True)

    def environment(self, *, sources: bool) -> dict[str, str]:
        """Return the variables of a command, with our sources importable or not."""
        env = {key: value for key, value in os.environ.items() if key not in SCRUBBED}
        env.update(self.extra)
        env["CSTUDIO_POD_PYTHONS"] = os.pathsep.join(machine.pythons())
        env["CSTUDIO_TEST_TOOLS"] = str(environments.tools())
        if kubeconfig := machine.kubeconfig():
            env["KUBECONFIG"] = kubeconfig
        if sources:
            paths = (*checkout.SOURCES, metadata.write(self.scratch))
            env["PYTHONPATH"] = os.pathsep.join(str(path) for path in paths)
        else:
            env["CSTUDIO_EXPECT_INSTALLED"] = "1"
        if self.everything:
            env["CSTUDIO_NO_SKIP"] = "1"
        if self.examples is not None:
            env["CSTUDIO_PROPERTY_EXAMPLES"] = str(self.examples)
        return env

    def check(self, *command: str | Path) -> outcomes.Outcome:
        """Run a command over the sources; its exit status is the outcome."""
        status = self.command(command, self.environment(sources=True))
        return outcomes.failure() if status else outcomes.PASSED

    def command(self, command: Sequence[str | Path], env: Mapping[str, str]) -> int:
        """Run a command in the checkout, its output with ours; return its status."""
        try:
            done = subprocess.run(
                [str(word) for word in command],
                check=False,
                cwd=checkout.ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=None if self.output is None else subprocess.STDOUT,
                timeout=STAGE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            self.say(f"not done after {STAGE_SECONDS} s: ended")
            return 1
        return done.returncode

    def pytest(
        self, folder: str, *, installed: bool = False, marked: str = "", steady: bool = True
    ) -> outcomes.Outcome:
        """Run the tests of a folder, against the sources or the installed wheel.

        Where tests wait for machines, as those of a stage that is not `steady` do, up to
        `FEW` that failed are run again, alone: the report names them, and passes.
        """
        if not any((checkout.TESTS / folder).rglob("test_*.py")):
            return outcomes.NO_TESTS
        python = self.wheel_python if installed else environments.tools()
        if python is None:
            return outcomes.failure("there is no wheel to test")
        words: list[str | Path] = [python, "-P", "-m", "pytest", checkout.TESTS / folder]
        words += ["-o", f"cache_dir={self.scratch / 'cache' / folder}", *self.pytest_arguments]
        words += ["-m", marked] if marked else []
        # Folders of our own: pytest's common one is cleaned by other runs meanwhile. One
        # letter, because the paths of sockets have a limit.
        words += [f"--basetemp={self.scratch / folder[0]}"]
        first, failed = self._pytest(folder, words, sources=not installed)
        if steady or not 0 < len(failed) <= FEW:
            return first
        self.say(f"\n{len(failed)} failed: once more, alone")
        again, _ = self._pytest(folder, [*words, "--last-failed"], sources=not installed)
        return outcomes.second_try(first, failed, again)

    def _pytest(
        self, folder: str, words: Sequence[str | Path], *, sources: bool
    ) -> tuple[outcomes.Outcome, list[str]]:
        """Return the outcome, and the names of the tests that failed."""
        junit = self.scratch / f"{folder}.xml"
        junit.unlink(missing_ok=True)
        status = self.command([*words, f"--junitxml={junit}"], self.environment(sources=sources))
        if status == NO_TESTS_COLLECTED:
            return outcomes.NO_TESTS, []
        if not junit.exists():
            return outcomes.failure(), []
        text = junit.read_text(encoding="utf-8")
        return outcomes.from_junit(text, status), outcomes.failures(text)
