"""The command: choose stages, run them in order, report, exit."""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stages import checkout, environments, outcomes
from stages.catalogue import STAGES, Stage
from stages.context import Context


def main() -> int:
    """Run what the arguments ask for; 0 when nothing failed."""
    options, pytest_arguments = _arguments(sys.argv[1:])
    chosen = choose(options.stages, everything=options.all)
    if options.screenshots:
        os.environ["CSTUDIO_SCREENSHOTS"] = str(checkout.ROOT / "client" / "screenshots")
    with tempfile.TemporaryDirectory(prefix="cst-", ignore_cleanup_errors=True) as scratch:
        context = Context(
            everything=options.all,
            examples=options.property_examples,
            pytest_arguments=pytest_arguments,
            scratch=Path(scratch),
        )
        rows = [row for group in groups(chosen) for row in _perform_group(group, context)]
    print("\n" + outcomes.report(rows, everything=options.all), flush=True)
    return 1 if any(row.outcome.failed for row in rows) else 0


def choose(names: Sequence[str], *, everything: bool) -> list[Stage]:
    """Return the stages to run, in order, with those that named ones come after."""
    wanted = set(names)
    for stage in reversed(STAGES):
        if stage.name in wanted:
            wanted.update(stage.after)
    return [
        stage
        for stage in STAGES
        if (stage.name in wanted if names else True) and (everything or not stage.only_all)
    ]


def groups(chosen: Sequence[Stage]) -> list[list[Stage]]:
    """Return the stages in order, those that may run beside each other together."""
    found: list[list[Stage]] = []
    for stage in chosen:
        if found and stage.beside == found[-1][0].name:
            found[-1].append(stage)
        else:
            found.append([stage])
    return found


def _perform_group(group: Sequence[Stage], context: Context) -> list[outcomes.Row]:
    if len(group) == 1:
        return [_perform(group[0], context)]
    names = " and ".join(stage.name for stage in group)
    print(f"\n── {names}, side by side; what they print follows at their end", flush=True)
    with concurrent.futures.ThreadPoolExecutor(len(group)) as threads:
        return list(threads.map(lambda stage: _perform_aside(stage, context), group))


def _perform_aside(stage: Stage, context: Context) -> outcomes.Row:
    """Perform a stage, and print what it printed when it is over."""
    path = context.scratch / f"{stage.name}.out"
    with path.open("w", encoding="utf-8") as output:
        row = _perform(stage, dataclasses.replace(context, output=output))
    print(path.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
    return row


def _perform(stage: Stage, context: Context) -> outcomes.Row:
    context.say(f"\n── {stage.name}: {stage.proves}")
    began = time.monotonic()
    try:
        outcome = stage.perform(context)
    except environments.EnvironmentFailedError as error:
        context.say(str(error))
        outcome = outcomes.failure("its environment could not be made")
    if context.everything and outcome.skipped_whole:
        context.say(f"skipped, where nothing may be: {outcome.skipped_whole}")
        outcome = outcomes.failure(outcome.skipped_whole)
    seconds = time.monotonic() - began
    context.say(f"── {stage.name}: {outcome.word()} in {seconds:.1f} s")
    return outcomes.Row(stage=stage.name, seconds=seconds, outcome=outcome)


def _arguments(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        prog="tests/run",
        description="Run every check and test that can run on this machine.",
        epilog="stages: "
        + ", ".join(stage.name for stage in STAGES)
        + "; what follows `--` is for pytest",
    )
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help="only these, and what they come after"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="set up what is missing (root on Debian 12), and let nothing be skipped",
    )
    parser.add_argument(
        "--property-examples",
        type=int,
        metavar="N",
        help="random examples a property is tried with",
    )
    parser.add_argument(
        "--screenshots",
        action="store_true",
        help="take the READMEs' pictures of the page anew (stage `integration`)",
    )
    options = parser.parse_args(words[:cut])
    unknown = set(options.stages) - {stage.name for stage in STAGES}
    if unknown:
        parser.error("no such stage: " + ", ".join(sorted(unknown)))
    return options, words[cut + 1 :]
