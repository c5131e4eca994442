"""What the kernel counts about our memory limit, for cgroups of both kinds."""

from __future__ import annotations

from typing import List, Tuple

_UNLIMITED = 1 << 60
_RECENT_SECONDS = 10.0


class Memory:
    """Reads the counters of the cgroup that this process is in."""

    def __init__(self) -> None:
        self._events, self._limits = _places(_read("/proc/self/cgroup"))
        self._seen = self._kills()
        self._when = 0.0
        self._last = 0
        self.total = 0

    def look(self, now: float) -> int:
        """Return how many kills for lack of memory there were since the last look."""
        count = self._kills()
        new, self._seen = max(0, count - self._seen), count
        if new:
            self.total += new
            self._last, self._when = new, now
        return new

    def recent(self, now: float) -> int:
        """Return how many there were just now: they explain an end by SIGKILL."""
        self.look(now)
        return self._last if self._last and now - self._when < _RECENT_SECONDS else 0

    def limit(self) -> str:
        """Return the limit for people; empty when there is none."""
        return readable(_first(self._limits))

    def _kills(self) -> int:
        return kills(_first(self._events))


def _places(cgroup: str) -> Tuple[List[str], List[str]]:
    """Return where the counters and the limits may be, most precise first.

    In a container the path in /proc/self/cgroup may be the host's, while its own
    group is mounted at the top.
    """
    events, limits = [], []
    for line in cgroup.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        top = path.rstrip("/")
        if not controllers:
            events.append("/sys/fs/cgroup%s/memory.events" % top)
            limits.append("/sys/fs/cgroup%s/memory.max" % top)
        elif "memory" in controllers.split(","):
            events.append("/sys/fs/cgroup/memory%s/memory.oom_control" % top)
            limits.append("/sys/fs/cgroup/memory%s/memory.limit_in_bytes" % top)
    events += ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"]
    limits += ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    return events, limits


def kills(text: str) -> int:
    """Read `oom_kill N` out of memory.events or memory.oom_control."""
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == "oom_kill" and value.strip().isdigit():
            return int(value)
    return 0


def readable(limit: str) -> str:
    """Turn a limit in bytes into words; `max` and absurdly much are no limit."""
    if not limit.strip().isdigit() or int(limit) >= _UNLIMITED:
        return ""
    return "%d MiB" % (int(limit) // (1024 * 1024))


def _first(paths: List[str]) -> str:
    for path in paths:
        text = _read(path)
        if text:
            return text
    return ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
