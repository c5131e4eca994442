"""What other tools take for the same tree on the same machine, where they are installed.

Each keeps two folders of this machine alike over a pipe, as it would over ssh:
its server runs here, in the place of ssh stands a script that runs the command
it is given. Debian: `apt-get install rsync unison`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# rsync calls it with the host and the command, unison with `-e none` in between.
_INSTEAD_OF_SSH = """#!/bin/sh
shift
if [ "$1" = -e ]; then shift 2; fi
exec sh -c "$*"
"""

Tool = Callable[[Path, Path, Path], list[str]]


def _rsync(ssh: Path, local: Path, remote: Path) -> list[str]:
    return ["rsync", "-a", "-e", str(ssh), f"{local}/", f"there:{remote}/"]


def _unison(ssh: Path, local: Path, remote: Path) -> list[str]:
    words = ["unison", str(local), f"ssh://there/{remote}", "-sshcmd", str(ssh)]
    return [*words, "-ui", "text", "-batch", "-silent", "-auto", "-confirmbigdel=false"]


_TOOLS: dict[str, Tool] = {"rsync": _rsync, "unison": _unison}


def seconds(local: Path, runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return tool to seconds, medians: for an empty other side, and for one that is equal."""
    first: dict[str, float] = {}
    again: dict[str, float] = {}
    for name, tool in _TOOLS.items():
        if shutil.which(name):
            taken = [_both(tool, local) for _ in range(runs)]
            first[name] = statistics.median(one for one, _ in taken)
            again[name] = statistics.median(other for _, other in taken)
    return first, again


def beside(figures: dict[str, float]) -> str:
    """Return figures as words that follow others."""
    return "".join(f", {name} {value:.2f} s" for name, value in figures.items())


def _both(tool: Tool, local: Path) -> tuple[float, float]:
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # as a pod's folder is
    with tempfile.TemporaryDirectory(prefix="cstudio-peer-", dir=memory) as folder:
        home = Path(folder)
        ssh = home / "ssh"
        ssh.write_text(_INSTEAD_OF_SSH)
        ssh.chmod(0o755)
        (home / "there").mkdir()
        words = tool(ssh, local, home / "there")
        return _run(words, home), _run(words, home)


def _run(words: list[str], home: Path) -> float:
    began = time.perf_counter()
    environment = {**os.environ, "HOME": str(home), "UNISON": str(home / "unison")}
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return took
