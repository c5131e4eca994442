"""Virtual environments for the local runtime, built once for each content.

An environment cannot be moved, so it is built in its place: under a lock, and
complete only when a marker, written last, says so. The programs that build it
hold the lock too, so an orphan of a killed daemon is waited for, and what it
left is built anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from pathlib import Path

from cstudiod.builders import diagnosis, places, process, reach
from cstudiod.builders.diagnosis import Diagnosis
from cstudiod.builders.environments import Interpreter, changes, content_hash, inputs, refusal
from cstudiod.builders.shared import Shared
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Environment
from cstudiod.model.builds import BuildEvent, BuildFailure, EnvironmentResult, Level

REQUIREMENTS = "cstudio-requirements.txt"
_ASK = (
    "import json, sys, sysconfig, platform;"
    "print(json.dumps([platform.python_version(), sysconfig.get_platform(), sys.base_prefix]))"
)

Told = BuildEvent | EnvironmentResult | BuildFailure


class Venvs:
    """The virtual environments of one folder."""

    def __init__(
        self, folder: Path, settings: BuildSettings, environment: Mapping[str, str]
    ) -> None:
        """`folder` holds one folder an environment; `environment` is the daemon's own."""
        self._folder = folder
        self._settings = settings
        self._environment = environment
        self._shared: Shared[Told] = Shared()

    async def build(self, environment: Environment) -> AsyncGenerator[Told, None]:
        """Yield log lines, then an `EnvironmentResult` or a `BuildFailure`.

        Whoever asks for the same content at the same time follows the same
        build. Closing the generator cancels it when nobody else follows.
        """
        if why := refusal(environment):
            yield _for(environment, _failure(Diagnosis(message=why)))
            return
        interpreter = await self._interpreter(environment.python)
        if isinstance(interpreter, Diagnosis):
            yield _for(environment, _failure(interpreter))
            return
        content = inputs(environment, interpreter)
        key = content_hash(content)

        def make() -> AsyncGenerator[Told, None]:
            return self._make(environment, interpreter, content)

        async with contextlib.aclosing(self._shared.follow(key, make)) as told:
            async for item in told:
                yield _for(environment, item)

    async def explain(self, environment: Environment, before: str) -> tuple[str, Sequence[str]]:
        """Return the content hash, and why it has to be built; nothing: it is there.

        Args:
            environment: What is asked about.
            before: Path of what the build before made; empty: there was none.
        """
        if why := refusal(environment):
            return "", [why]
        interpreter = await self._interpreter(environment.python)
        if isinstance(interpreter, Diagnosis):
            return "", [interpreter.message]
        content = inputs(environment, interpreter)
        folder = self._folder / content_hash(content)
        if places.is_complete(folder):
            return folder.name, []
        known = places.inputs_of(Path(before)) if before else {}
        found = list(changes(known, json.loads(content))) if known else []
        return folder.name, found or ["it is not there"]

    async def prune(self, keep: Collection[str], *, dry_run: bool = False) -> list[str]:
        """Delete environments that nobody uses, the longest unused first; return their paths.

        Args:
            keep: Paths in use (`EnvironmentResult.path`); they stay, and so do the
                ``build.keep`` others that were used last, and all that are being built.
            dry_run: Only say which.
        """
        return await asyncio.to_thread(self._prune, frozenset(keep), dry_run)

    async def close(self) -> None:
        """Cancel all builds and wait until their programs are gone."""
        await self._shared.close()

    async def _make(
        self, environment: Environment, interpreter: Interpreter, content: str
    ) -> AsyncGenerator[Told, None]:
        folder = self._folder / content_hash(content)
        result = EnvironmentResult(name=environment.name, path=str(folder), hash=folder.name)
        with places.lock(folder) as lock:
            if not places.take(lock):
                yield _line("waiting for another build of the same environment")
                await places.wait_for(lock)
            if places.is_complete(folder) and (folder / "bin" / "python").exists():
                places.use(folder)
                yield dataclasses.replace(result, up_to_date=True)
                return
            await asyncio.to_thread(places.clear, folder)
            async with contextlib.aclosing(
                self._fill(environment, interpreter, folder, lock)
            ) as told:
                async for item in told:
                    yield item
                    if isinstance(item, BuildFailure):
                        await asyncio.to_thread(places.clear, folder)
                        return
            places.complete(folder, content)
            yield result

    async def _fill(
        self, environment: Environment, interpreter: Interpreter, folder: Path, lock: int
    ) -> AsyncGenerator[BuildEvent | BuildFailure, None]:
        """Make the environment and install into it; nothing more after a failure."""
        bundle = reach.ca_bundle(self._settings.ca_bundle, self._environment, os.path.isfile)
        variables = reach.pip_environment(self._settings, self._environment, bundle)
        steps = [[interpreter.program, "-m", "venv", str(folder)]]
        if lines := [line for one in environment.requirements if (line := one.strip())]:
            python = str(folder / "bin" / "python")
            steps.append([python, "-m", "pip", "install", "-r", str(folder / REQUIREMENTS)])
        for number, argv in enumerate(steps, 1):
            name = "pip install" if number > 1 else f"python{interpreter.version} -m venv"
            if number > 1:
                (folder / REQUIREMENTS).write_text("\n".join(lines) + "\n", "utf-8")
            yield _line(f"{name} ({environment.name})", number, len(steps))
            said: list[str] = []
            async with contextlib.aclosing(
                process.stream(argv, variables, folder=self._folder, inherit=(lock,))
            ) as told:
                async for item in told:
                    if isinstance(item, str):
                        said = [*said[-diagnosis.EVIDENCE_LINES :], item]
                        yield _line(item, number, len(steps))
                    elif item.code:
                        found = diagnosis.diagnose(said, name, item.code)
                        yield _failure(found, name, said)
                        return

    async def _interpreter(self, wanted: str) -> Interpreter | Diagnosis:
        """Find the Python of a version: this daemon's own, else one on the path."""
        own = ".".join(map(str, sys.version_info[:2]))
        if not wanted or wanted == own:
            return Interpreter(
                program=sys.executable,
                version=".".join(map(str, sys.version_info[:3])),
                platform=sysconfig.get_platform(),
                base=sys.base_prefix,
            )
        program = shutil.which(f"python{wanted}", path=self._environment.get("PATH"))
        missing = Diagnosis(
            message=f"there is no Python {wanted} on this machine",
            next=f"install python{wanted}, or leave the version out to use {own}",
        )
        if program is None:
            return missing
        said: list[str] = []
        async with contextlib.aclosing(
            process.stream([program, "-I", "-c", _ASK], self._environment)
        ) as told:
            async for item in told:
                if isinstance(item, str):
                    said.append(item)
                elif item.code:
                    return missing
        version, platform, base = json.loads(said[-1])
        return Interpreter(program=program, version=version, platform=platform, base=base)

    def _prune(self, keep: frozenset[str], dry_run: bool) -> list[str]:
        if not self._folder.is_dir():
            return []
        unused = [one for one in self._folder.iterdir() if one.is_dir() and str(one) not in keep]
        unused.sort(key=places.last_used, reverse=True)
        victims = unused[self._settings.keep :]
        gone = [one for one in reversed(victims) if dry_run or places.remove(one)]
        return [str(one) for one in gone]


def _line(text: str, step: int = 0, steps: int = 0) -> BuildEvent:
    is_warning = text.startswith("WARNING")
    level = Level.ERROR if text.startswith("ERROR") else Level.INFO
    return BuildEvent(
        text=text, level=Level.WARNING if is_warning else level, step=step, steps=steps
    )


def _failure(found: Diagnosis, statement: str = "", said: list[str] | None = None) -> BuildFailure:
    return BuildFailure(
        message=found.message,
        statement=statement,
        evidence=diagnosis.evidence(said or []),
        next=found.next,
    )


def _for(environment: Environment, told: Told) -> Told:
    """Return what a build says as it concerns one of those who share it."""
    if isinstance(told, EnvironmentResult):
        return dataclasses.replace(told, name=environment.name)
    if isinstance(told, BuildEvent):
        return dataclasses.replace(told, block=environment.block)
    message = f"the environment `{environment.name}` could not be built: {told.message}"
    return dataclasses.replace(told, block=environment.block, message=message)
