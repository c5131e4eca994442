"""Why an entrypoint ended and when it is started again: decisions."""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass
from typing import Iterable, Optional, Sequence, Tuple

from cstudio_runner.launch import Entrypoint, Timing
from cstudio_runner.status import Reason

CRASH_LOOP = 3
"""So many ends one after another, each soon after its start, are a crash loop."""
_GRAVEST = (
    "bad_command",
    "mount_failed",
    "port_in_use",
    "oom_killed",
    "crash_loop",
    "entrypoint_exited",
)
_IN_USE = re.compile(
    r"EADDRINUSE|address (?:is )?already in use|address in use"
    r"|port \d+ is (?:already )?(?:in use|not available|allocated)",
    re.IGNORECASE,
)
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_KILLED = 137
"""What a shell exits with when its program was ended by SIGKILL."""


@dataclass(frozen=True)
class Facts:
    """What is known about an end."""

    entry: Entrypoint
    seconds: float
    code: Optional[int]
    signal: str
    tail: Tuple[str, ...]
    failures: int
    """Ends one after another, this one included; see `failures_after`."""
    oom_kills: int = 0
    """Kills for lack of memory that were counted just before it."""
    memory_limit: str = ""
    """For people, like `512 MiB`; empty when there is none or it is not known."""
    listen: int = 0
    """Where its server was to listen."""
    owner: str = ""
    """Who listens there, for people; empty when nobody does or it is its own."""


def failures_after(failures: int, seconds: float, timing: Timing) -> int:
    """Count an end; who ran long enough begins anew."""
    return 1 if seconds >= timing.backoff_reset else failures + 1


def delay(failures: int, timing: Timing) -> float:
    """Return the seconds before the next start: doubled each time, up to the longest."""
    return min(timing.backoff_first * 2.0 ** min(failures - 1, 30), timing.backoff_longest)


def is_restarted(entry: Entrypoint, code: Optional[int]) -> bool:
    """Tell whether the restart policy wants another start."""
    return entry.restart == "always" or (entry.restart == "on-failure" and code != 0)


def split_wait_status(wait_status: int) -> Tuple[Optional[int], str]:
    """Return exit status and signal's name; one of them is None or empty."""
    if os.WIFSIGNALED(wait_status):
        number = os.WTERMSIG(wait_status)
        try:
            return None, signal.Signals(number).name
        except ValueError:
            return None, "signal %d" % number
    return os.WEXITSTATUS(wait_status), ""


def ended_how(code: Optional[int], signal_name: str) -> str:
    """Say it as part of a sentence."""
    return "was ended by %s" % signal_name if signal_name else "exited with status %s" % code


def explain(facts: Facts) -> Optional[Reason]:
    """Return why an entrypoint ended, or None when that is as it should be."""
    entry = facts.entry
    how = ended_how(facts.code, facts.signal)
    evidence = "\n".join(facts.tail) or "it said nothing"
    if facts.code == 0 and entry.restart != "always":
        return None
    if facts.oom_kills and (facts.signal == "SIGKILL" or facts.code == _KILLED):
        return _oom_killed(facts, how)
    said = line_in_use(facts.tail)
    if said and facts.code != 0:
        return port_in_use(entry.title, facts.listen, facts.owner, said)
    if isinstance(entry.command, str) and facts.code in (_NOT_FOUND, _NOT_EXECUTABLE):
        return _bad_command(entry, evidence)
    if facts.failures >= CRASH_LOOP:
        message = "`%s` keeps ending: %d times in a row; the last one %s after %.1f s"
        message = message % (entry.title, facts.failures, how, facts.seconds)
        return Reason("crash_loop", message, evidence, "read its log and correct its command")
    message = "`%s` %s after %.1f s" % (entry.title, how, facts.seconds)
    if facts.code == 0:
        next_step = "keep its server in the foreground, or give it the restart policy on-failure"
        return Reason("entrypoint_exited", message, evidence, next_step)
    return Reason("entrypoint_exited", message, evidence, "read its log")


def line_in_use(tail: Sequence[str]) -> str:
    """Return the last line that complains of a taken port, or nothing."""
    return next((line for line in reversed(tail) if _IN_USE.search(line)), "")


def _oom_killed(facts: Facts, how: str) -> Reason:
    limit = " of %s" % facts.memory_limit if facts.memory_limit else ""
    message = "`%s` %s: the studio used its whole memory limit%s" % (facts.entry.title, how, limit)
    evidence = "the cgroup counted %d oom_kill just before" % facts.oom_kills
    return Reason("oom_killed", message, evidence, "raise the memory limit")


def port_in_use(title: str, port: int, owner: str, evidence: str) -> Reason:
    """Return the reason of a server that finds its port taken."""
    which = "port %d" % port if port else "its port"
    by = " by %s" % owner if owner else ""
    message = "`%s` cannot listen: %s is already in use%s" % (title, which, by)
    return Reason("port_in_use", message, evidence, "stop what uses it, or choose another port")


def _bad_command(entry: Entrypoint, evidence: str) -> Reason:
    message = "the command of `%s` is not found or not executable" % entry.title
    return Reason("bad_command", message, evidence, "check its name and that it is installed")


def not_started(entry: Entrypoint, words: Sequence[str], cwd: str, error: OSError) -> Reason:
    """Return why a command could not be started at all."""
    if error.filename == cwd or error.errno == errno.ENOTDIR:
        message = "`%s` cannot start in %s: %s" % (entry.title, cwd, error.strerror)
        return Reason("bad_command", message, str(error), "correct its working folder")
    what = {
        errno.ENOENT: "is not found",
        errno.EACCES: "is not executable",
        errno.ENOEXEC: "is no program for this machine, and has no #! line",
        errno.E2BIG: "has too many or too long arguments",
    }.get(error.errno or 0, "cannot be started (%s)" % error.strerror)
    message = "the command of `%s`, %s, %s" % (entry.title, words[0], what)
    return Reason("bad_command", message, str(error), "check its name and that it is installed")


def gravest(reasons: Iterable[Optional[Reason]]) -> Optional[Reason]:
    """Return the reason that is told first."""
    known = [reason for reason in reasons if reason is not None]
    return min(known, key=lambda reason: _GRAVEST.index(reason.code), default=None)
