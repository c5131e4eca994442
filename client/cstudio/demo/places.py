"""Where the demo's studio is: a folder, and a process that works in it.

The story only says "write there", "read there"; how, depends on the place. On
this machine that is done directly. In a pod or a container it is done by a
small shell script, through `cstudiod exec`: a connection of its own, not the
session's, which is what the demo is to prove.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from cstudio.demo import project
from cstudio.demo.stage import undisturbed
from cstudio.errors import USAGE, CstudioError, TargetError, UsageError
from cstudio.targets import Where

STOP_SECONDS = 5.0
_DOCKER = re.compile(r"docker:(?P<name>[^:/]+):(?P<path>/.*)")
_WORKLOAD = re.compile(r"(?P<kind>[a-z.]+)/(?P<name>[^:/]+):(?P<path>/.*)")

HELPER = r"""
LC_ALL=C; export LC_ALL
folder=$1; program=
mkdir -p "$folder" && cd "$folder" || exit 1
finish() {
  [ -z "$program" ] || kill "$program" 2>/dev/null
  set -- $(ls -di "$folder/studio")
  cd / && rm -rf "$folder" "${TMPDIR:-/tmp}"/.cstudio-lease-*-"${1:-none}"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
echo ready
while read -r verb name text; do
  case $verb in
    write) printf '%s\n' "$text" > "studio/$name"; echo done ;;
    read)
      if [ -f "studio/$name" ]; then
        held=$(cat "studio/$name"; echo .); held=${held%.}
        printf 'yes %d\n%s' "${#held}" "$held"
      else echo no; fi ;;
    start)
      if python=$(command -v python3); then
        (cd studio && exec "$python" -I "$name") < /dev/null > /dev/null 2>&1 & program=$!
        echo "process $program"
      else echo; fi ;;
  esac
done
"""
"""Runs there: writes and reads files when told to, and cleans up when its input ends."""


class Place(Protocol):
    """The other side of the demo."""

    target: str
    """The folder of the demo there, as `sync create` takes it."""

    def open(self) -> None:
        """Make ready for the rest.

        Raises:
            TargetError: it cannot be reached.
        """

    def start(self) -> str:
        """Start the studio's program; return which process that is.

        Nothing is returned where there is no Python to run it.
        """

    def write(self, name: str, text: str) -> None:
        """Save a file of one line there."""

    def read(self, name: str) -> bytes | None:
        """Return what a file holds there; None when it is not there."""

    def close(self) -> None:
        """Stop the program and remove the folder; idempotent."""


class Local:
    """A folder of this machine and a process: what needs nothing installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.target = str(folder / "studio")

    def open(self) -> None:
        """Make the folder."""
        self._folder.mkdir()

    def start(self) -> str:
        """Start the program that was mirrored into the folder."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", project.PROGRAM],
            cwd=self.target,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops it
        )
        return f"process {self._process.pid}"

    def write(self, name: str, text: str) -> None:
        """Save a file in the folder."""
        Path(self.target, name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> bytes | None:
        """Return what a file of the folder holds."""
        with contextlib.suppress(OSError):
            return Path(self.target, name).read_bytes()
        return None

    def close(self) -> None:
        """Stop the process and remove the folder."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        shutil.rmtree(self._folder, ignore_errors=True)


class Remote:
    """A folder in a pod or a container, reached by a command of its own."""

    def __init__(self, command: Sequence[str], target: str, folder: str) -> None:
        self._command = [*command, "sh", "-c", HELPER, "sh", folder]
        self._process: subprocess.Popen[bytes] | None = None
        self.target = f"{target}/studio"

    def open(self) -> None:
        """Start the script there."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        if self._line() != "ready":
            raise TargetError("no script can be run there")

    def start(self) -> str:
        """Start the program that was mirrored."""
        return self._ask(f"start {project.PROGRAM}")

    def write(self, name: str, text: str) -> None:
        """Save a file there; returns when it is written."""
        self._ask(f"write {name} {text.rstrip()}")

    def read(self, name: str) -> bytes | None:
        """Return what a file there holds."""
        found, _, size = self._ask(f"read {name}").partition(" ")
        if found != "yes":
            return None
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.read(int(size))

    def close(self) -> None:
        """End the script, which then stops the program and removes the folder."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            process.communicate(timeout=STOP_SECONDS)
        _end(process)

    def _ask(self, line: str) -> str:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error
        return self._line()

    def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return line.decode("utf-8", "replace").rstrip("\n")

    def _ended(self) -> CstudioError:
        """Return the error that says why the script is no more."""
        process, self._process = self._process, None
        assert process is not None
        _, output = process.communicate(timeout=STOP_SECONDS)
        said = output.decode("utf-8", "replace").strip()
        if not said.startswith("error: "):
            return TargetError(f"the script there has ended: {said[-300:] or 'nothing was said'}")
        message, _, hint = said.removeprefix("error: ").partition("\nhint: ")
        kind = UsageError if process.returncode == USAGE else TargetError
        return kind(message, hint=hint)


def choose(target: str, where: Where, folder: Path) -> Place:
    """Return the place that a target names, in a folder of its own below it.

    Raises:
        UsageError: the target is none.
    """
    name = f"cstudio-demo-{secrets.token_hex(4)}"
    if not target:
        return Local(folder / "there")
    if found := _DOCKER.fullmatch(target):
        inside = f"{found['path'].rstrip('/')}/{name}"
        named = f"docker:{found['name']}"
        return Remote(_exec(target, Where()), f"{named}:{inside}", inside)
    if found := _WORKLOAD.fullmatch(target):
        inside = f"{found['path'].rstrip('/')}/{name}"
        workload = f"{found['kind']}/{found['name']}"
        return Remote(_exec(target, where), f"{workload}:{inside}", inside)
    base = Path(target).expanduser().absolute()
    if not base.is_dir():
        raise UsageError(
            f"`{target}` is neither a folder nor deploy/NAME:/path or docker:NAME:/path"
        )
    return Local(base / name)


def _exec(target: str, where: Where) -> list[str]:
    flags = (
        ("--kubeconfig", where.kubeconfig),
        ("--context", where.context),
        ("--namespace", where.namespace),
        ("--container", where.container),
        ("--pod", where.pod),
    )
    given = [f"{flag}={value}" for flag, value in flags if value]
    return [sys.executable, "-P", "-m", "cstudiod", "exec", *given, target, "--"]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Place]:
    """Have a place, and leave it as it was."""
    try:
        place.open()
        yield place
    finally:
        with undisturbed():
            place.close()
