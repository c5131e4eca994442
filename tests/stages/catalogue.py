"""The stages of `tests/run`, fastest first; each is a few lines and a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from stages import checkout, environments, machine, outcomes
from stages.context import Context
from stages.outcomes import Outcome

TYPED = ("tests/conftest.py", "tests/house", "tests/stages", "tests/support", "proto/generate.py")
"""What is type-checked beside the packages, as far as it is there."""

END_TO_END = ("setup", "wheel")

IMPORT_EACH = """
import importlib, pathlib, sys
for package in sys.argv[2:]:
    for path in sorted(pathlib.Path(sys.argv[1], package).rglob("*.py")):
        parts = path.relative_to(sys.argv[1]).with_suffix("").parts
        if parts[-1] != "__main__":
            importlib.import_module(".".join(part for part in parts if part != "__init__"))
"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One thing that is proved."""

    name: str
    proves: str
    perform: Callable[[Context], Outcome]
    after: tuple[str, ...] = ()
    """Stages that must have run before; named ones bring them along."""
    only_all: bool = False
    beside: str = ""
    """The stage before it that it may run beside: both wait for machines most of the time."""


def setup(context: Context) -> Outcome:
    """Make what the machine lacks: Docker, the cluster, Chromium, old Pythons."""
    for script in ("setup", "chromium", "toolchain"):
        path = checkout.TESTS / "cluster" / script
        if not path.exists():
            print(f"tests/cluster/{script} is not there yet")
        elif context.command([path], os.environ):
            return outcomes.failure(f"tests/cluster/{script} failed")
    return outcomes.PASSED


def contract(context: Context) -> Outcome:
    """Check generated code, buf lint, buf format and breaking changes."""
    return context.check(environments.generator(), "proto/generate.py", "--check")


def style(context: Context) -> Outcome:
    """Check the format of every Python file."""
    return context.check(environments.tools(), "-m", "ruff", "format", "--check", ".")


def lint(context: Context) -> Outcome:
    """Look for likely mistakes."""
    return context.check(environments.tools(), "-m", "ruff", "check", ".")


def types(context: Context) -> Outcome:
    """Check types, strictly."""
    packages = context.check(environments.tools(), "-m", "mypy")
    beside = [path for path in TYPED if (checkout.ROOT / path).exists()]
    rest = context.check(environments.tools(), "-m", "mypy", *beside)
    return outcomes.failure() if packages.failed or rest.failed else outcomes.PASSED


def layers(context: Context) -> Outcome:
    """Check who imports whom."""
    return context.check(environments.tools().with_name("lint-imports"), "--no-cache")


def wheel(context: Context) -> Outcome:
    """Build the wheel and install it in an environment of its own."""
    built = environments.build_wheel(context.scratch)
    context.wheel_python = environments.installed(built, context.scratch / "installed")
    for program in ("cstudio", "cstudiod"):
        path = context.wheel_python.with_name(program)
        if context.command([path, "--help"], context.environment(sources=False)):
            return outcomes.failure(f"`{program} --help` failed")
    return outcomes.PASSED


def pods(context: Context) -> Outcome:
    """Hold the pod packages to Python 3.8, and load them with every Python here.

    Python 3.8 itself is not to be had from Debian 12; where it is found, it is
    among those that load them.
    """
    folders = [checkout.ROOT / "daemon" / name for name in checkout.POD_PACKAGES]
    vermin = environments.tools().with_name("vermin")
    counts = [not context.check(vermin, "-t=3.8-", "--violations", "--no-tips", *folders).failed]
    for python in machine.pythons():
        print(python, flush=True)
        words = [python, "-I", "-B", "-W", "error", "-c", _import_script(), *_pod_arguments()]
        counts.append(not context.command(words, os.environ))
    return Outcome(passed=sum(counts), failed=len(counts) - sum(counts))


def docker(context: Context) -> Outcome:
    """Run the end-to-end tests that need a Docker daemon."""
    if missing := machine.docker_missing(environments.tools()):
        return Outcome(skipped_whole=missing)
    return context.pytest("e2e", installed=True, marked="docker and not cluster", steady=False)


def cluster(context: Context) -> Outcome:
    """Run the end-to-end tests that need a Kubernetes cluster."""
    if missing := machine.cluster_missing(environments.tools()):
        return Outcome(skipped_whole=missing)
    return context.pytest("e2e", installed=True, marked="cluster", steady=False)


def _pod_arguments() -> list[str]:
    return [str(checkout.ROOT / "daemon"), *checkout.POD_PACKAGES]


def _import_script() -> str:
    return "import sys; sys.path.insert(0, sys.argv[1])\n" + IMPORT_EACH


def _tests(folder: str, proves: str) -> Stage:
    return Stage(name=folder, proves=proves, perform=lambda context: context.pytest(folder))


def _installed(folder: str, proves: str, beside: str = "") -> Stage:
    return Stage(
        name=folder,
        proves=proves,
        perform=lambda context: context.pytest(folder, installed=True, steady=False),
        after=("wheel",),
        beside=beside,
    )


STAGES = (
    Stage(name="setup", proves="what is missing can be made", perform=setup, only_all=True),
    Stage(name="contract", proves="generated code is current, the API lints", perform=contract),
    Stage(name="format", proves="one format", perform=style),
    Stage(name="lint", proves="no likely mistakes", perform=lint),
    Stage(name="types", proves="mypy --strict", perform=types),
    Stage(name="layers", proves="who may import whom", perform=layers),
    _tests("house", "the house rules"),
    _tests("unit", "each file does what it says"),
    _tests("property", "the invariants hold for histories nobody thought of"),
    Stage(name="wheel", proves="the distribution installs and starts", perform=wheel),
    _installed("conformance", "every implementation of a seam sits one exam"),
    _installed("integration", "a real daemon on a real socket, from the wheel", "conformance"),
    _installed("bench", "the benchmarks still run, and say what they measured"),
    Stage(
        name="pods",
        proves="pod code loads on the Pythons of images",
        perform=pods,
        after=("setup",),
    ),
    Stage(name="docker", proves="end to end, in Docker", perform=docker, after=END_TO_END),
    Stage(name="cluster", proves="end to end, in Kubernetes", perform=cluster, after=END_TO_END),
)
