"""What the daemon and the agents have cost so far: CPU, memory, bytes on the wire."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_AGENT = b"cstudio-bootstrap:"


@dataclass(frozen=True)
class Cost:
    """Of some processes together."""

    cpu_seconds: float = 0.0
    switches: int = 0

    def since(self, before: Cost) -> Cost:
        """Return what came in between."""
        return Cost(self.cpu_seconds - before.cpu_seconds, self.switches - before.switches)


def cost(pids: Sequence[int]) -> Cost:
    """Return what processes have used; those that ended count for nothing."""
    seconds, switches = 0.0, 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            for task in Path(f"/proc/{pid}/task").iterdir():
                found = re.findall(r"ctxt_switches:\s*(\d+)", (task / "status").read_text())
                switches += sum(map(int, found))
        except OSError:
            continue
    return Cost(seconds, switches)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def agents_in(namespace: str) -> list[int]:
    """Return the agents among the processes of a mount namespace (a link's text)."""
    return [pid for pid in _agents() if _mounts(pid) == namespace]


def agents_under(parent: int) -> list[int]:
    """Return the agents among a process's children."""
    return [pid for pid in _agents() if _parent(pid) == parent]


def wire_bytes(pid: int) -> int:
    """Return the bytes sent and received by a process's TCP connections, as the kernel counts."""
    shown = subprocess.run(["ss", "-tinpH"], capture_output=True, text=True).stdout
    total, is_ours = 0, False
    for line in shown.splitlines():
        if not line[:1].isspace():
            is_ours = f"pid={pid}," in line
        elif is_ours:
            total += sum(map(int, re.findall(r"bytes_(?:sent|received):(\d+)", line)))
    return total


def _agents() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if _AGENT in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _mounts(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
