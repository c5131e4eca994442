#!/usr/bin/env python3
"""Compile proto/ into proto/gen/, or check that what is committed is current.

    python proto/generate.py            write proto/gen/
    python proto/generate.py --check    fail on drift, lint, format, or a breaking change
    python proto/generate.py --release  make the present surface the one not to break

It runs in an environment with the `proto` group of pyproject.toml installed
(`tests/run contract` makes one). The contract imports nothing but protobuf's
own well-known types, so that any language's tools work on the folder as it
is, offline.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
GENERATED = HERE / "gen"
SURFACE = HERE / "surface.binpb"
PACKAGES = {
    "cstudio_api": "The generated contract: made by proto/generate.py, never edited.",
    "cstudio_api/v1": "Version 1 of the contract: made by proto/generate.py, never edited.",
}


def sources() -> list[str]:
    """Return the contract's files, relative to this folder."""
    return sorted(str(path.relative_to(HERE)) for path in HERE.glob("cstudio_api/**/*.proto"))


def has_service(source: str) -> bool:
    """Tell whether a file declares a service; others need no stubs."""
    return "\nservice " in (HERE / source).read_text(encoding="utf-8")


def tool(name: str) -> str:
    """Return a program of this very environment, which need not be on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"`{name}` is missing: install the `proto` group of pyproject.toml")
    return found


def run(*command: str) -> None:
    """Run a tool in this folder and leave with its status when it fails."""
    done = subprocess.run(command, cwd=HERE, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(done.returncode)


def generate(folder: Path) -> None:
    """Write the whole of proto/gen/ into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    protoc = (sys.executable, "-m", "grpc_tools.protoc", "-I", str(HERE))
    run(*protoc, f"--python_out={folder}", f"--pyi_out={folder}", *sources())
    stubs = f"--plugin=protoc-gen-mypy_grpc={tool('protoc-gen-mypy_grpc')}"
    outputs = (f"--grpc_python_out={folder}", f"--mypy_grpc_out=quiet:{folder}")
    run(*protoc, stubs, *outputs, *(name for name in sources() if has_service(name)))
    for package, docstring in PACKAGES.items():
        (folder / package / "__init__.py").write_text(f'"""{docstring}"""\n')
    (folder / "cstudio_api" / "py.typed").touch()


def files(folder: Path) -> set[str]:
    """Return every file below `folder`, caches aside, relative to it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found if "__pycache__" not in path.parts}


def drift() -> list[str]:
    """Return the generated files that are not what the sources say."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        generate(fresh)
        names = files(fresh) | files(GENERATED)
        _, mismatch, missing = filecmp.cmpfiles(fresh, GENERATED, sorted(names), shallow=False)
        return mismatch + missing


def check() -> None:
    """Fail on drift, on what buf finds, and on a break with the released surface."""
    stale = drift()
    if stale:
        sys.exit("not what proto/ says, run proto/generate.py: " + ", ".join(stale))
    run(tool("buf"), "lint")
    run(tool("buf"), "format", "--diff", "--exit-code")
    if SURFACE.exists():
        run(tool("buf"), "breaking", "--against", str(SURFACE))


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail on drift")
    parser.add_argument("--release", action="store_true", help="write the surface not to break")
    arguments = parser.parse_args()
    if arguments.check:
        check()
        return
    shutil.rmtree(GENERATED, ignore_errors=True)
    generate(GENERATED)
    if arguments.release:
        run(tool("buf"), "build", "-o", str(SURFACE))


if __name__ == "__main__":
    main()
