"""One entrypoint over its life: started, ended, started again."""

from __future__ import annotations

import os
import selectors
import signal
import time
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from cstudio_runner import exits, listeners, processes
from cstudio_runner.exits import Facts
from cstudio_runner.launch import Entrypoint, Port, Timing
from cstudio_runner.memory import Memory
from cstudio_runner.output import Lines, Log, Mouth
from cstudio_runner.processes import Child
from cstudio_runner.status import ENDED, RUNNING, STOPPED, WAITING, EntryStatus, Exit, Reason

_READ_BYTES = 64 * 1024
_LAST_BYTES = 1024 * 1024
_EXITS = 5
_KILL_SECONDS, _KILL_STEP_SECONDS = 2.0, 0.02
"""So long a start waits for what was killed before it; what hangs in a disk is not waited for."""


@dataclass(frozen=True)
class Program:
    """What a service starts, with every variable expanded."""

    entry: Entrypoint
    words: List[str]
    cwd: str
    environment: Dict[str, str]
    port: Optional[Port]
    log: str
    takes_hangup: bool = True
    """False: SIGHUP means something else to it than the end."""


@dataclass(frozen=True)
class Around:
    """What all services of a runner share."""

    timing: Timing
    mouth: Mouth
    memory: Memory
    selector: selectors.BaseSelector


class _Stream:
    """The output of one run; it may outlive the program that was started."""

    def __init__(self, fd: int, label: str, around: Around, log: Log) -> None:
        self._fd = fd
        self._around = around
        self._log = log
        self.lines = Lines(label)
        around.selector.register(fd, selectors.EVENT_READ, self.read)

    def read(self) -> int:
        """Read once; return how much there was, 0 at the end, -1 for nothing now."""
        if self._fd < 0:
            return 0
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return -1
        labelled = self.lines.feed(data) if data else self.lines.end()
        self._log.write(labelled)
        self._around.mouth.put(labelled)
        if not data:
            self._around.selector.unregister(self._fd)
            os.close(self._fd)
            self._fd = -1
        return len(data)

    def read_rest(self) -> None:
        """Read what was printed so far, even if someone goes on printing."""
        left = _LAST_BYTES
        while left > 0:
            count = self.read()
            if count <= 0:
                return
            left -= count


class Service:
    """Keeps one program running as its restart policy says."""

    def __init__(self, program: Program, around: Around) -> None:
        self._program = program
        self._entry = program.entry
        self._around = around
        self._log = Log(program.log)
        self._child: Optional[Child] = None
        self._group: Optional[int] = None
        self._stream: Optional[_Stream] = None
        self._state = WAITING
        self._began = 0.0
        self._started_at: Optional[float] = None
        self._due: Optional[float] = 0.0
        self._patience = 0.0
        self._failures = 0
        self._restarts = 0
        self._reason: Optional[Reason] = None
        self._exits: List[Exit] = []

    # ------------------------------------------------------------- what it is

    @property
    def pid(self) -> Optional[int]:
        """The process that runs, if one does."""
        return self._child.pid if self._child else None

    @property
    def due(self) -> Optional[float]:
        """When something is to be done, on the monotonic clock."""
        if self._state == RUNNING and self._reason:
            return self._began + self._around.timing.backoff_reset
        return self._due if self._state == WAITING else None

    @property
    def is_started(self) -> bool:
        """It runs, or has ended as it should."""
        return self._state == RUNNING or (self._state == ENDED and self._reason is None)

    @property
    def is_settled(self) -> bool:
        """The same, and it did not just begin: one that dies at once was never up."""
        ran = time.monotonic() - self._began
        return self.is_started and (self._state == ENDED or ran >= self._around.timing.settled)

    def status(self) -> EntryStatus:
        """Return what is told about it."""
        waits = self._state == WAITING and self._due is not None
        next_start = time.time() + (self._due or 0.0) - time.monotonic()
        return EntryStatus(
            name=self._entry.name,
            label=self._entry.title,
            state=self._state,
            pid=self.pid,
            started=self._started_at,
            next_start=round(next_start, 1) if waits else None,
            restarts=self._restarts,
            reason=self._reason,
            exits=tuple(self._exits),
            log=self._log.path,
        )

    # ----------------------------------------------------------- what it does

    def advance(self, now: float) -> None:
        """Do what is due: start it, or forgive what was."""
        if self._due is not None and self._state == WAITING and now >= self._due:
            self._start(now)
        elif self._state == RUNNING and self._reason and self.due is not None and now >= self.due:
            self._reason, self._failures = None, 0

    def _start(self, now: float) -> None:
        if self._is_held_up(now):
            return
        program, port = self._program, self._program.port
        self._began = now
        taken = listeners.taken(port.host, port.listen) if port else None
        if port and taken:
            owner = listeners.owner(port.listen)
            self._failed(exits.port_in_use(self._entry.title, port.listen, owner, str(taken)))
            return
        try:
            child = processes.start(program.words, program.cwd, program.environment)
        except OSError as error:
            self._failed(exits.not_started(self._entry, program.words, program.cwd, error))
            return
        self._child, self._group = child, child.pid
        self._state, self._due, self._started_at = RUNNING, None, time.time()
        self._stream = _Stream(child.output, self._entry.title, self._around, self._log)
        self._around.mouth.say("started `%s` as process %d" % (self._entry.title, child.pid))

    def _is_held_up(self, now: float) -> bool:
        """Kill what is left of the run before; it still holds the port for an instant."""
        if not self._end_group(signal.SIGKILL) or now > self._patience:
            return False
        self._due = now + _KILL_STEP_SECONDS
        return True

    def ended(self, wait_status: int, now: float) -> None:
        """Take note that its process was reaped."""
        if self._child is None or self._stream is None:
            return
        self._child.reaped(wait_status)
        self._stream.read_rest()
        self._child = None
        code, signal_name = exits.split_wait_status(wait_status)
        if self._state == STOPPED:
            self._record(now, code, signal_name, (), None)
            return
        seconds = now - self._began
        self._failures = exits.failures_after(self._failures, seconds, self._around.timing)
        facts = self._facts(seconds, code, signal_name, self._stream.lines.tail())
        self._record(now, code, signal_name, facts.tail, exits.explain(facts))
        self._then(code)

    def _facts(
        self, seconds: float, code: Optional[int], signal_name: str, tail: Tuple[str, ...]
    ) -> Facts:
        port = self._program.port
        who = listeners.owner(port.listen) if port and exits.line_in_use(tail) else ""
        memory = self._around.memory
        return Facts(
            entry=self._entry,
            seconds=seconds,
            code=code,
            signal=signal_name,
            tail=tail,
            failures=self._failures,
            oom_kills=memory.recent(time.monotonic()),
            memory_limit=memory.limit(),
            listen=port.listen if port else 0,
            owner=who,
        )

    def _record(
        self,
        now: float,
        code: Optional[int],
        signal_name: str,
        tail: Tuple[str, ...],
        reason: Optional[Reason],
    ) -> None:
        seconds = round(now - self._began, 3)
        self._exits.append(Exit(time.time(), seconds, code, signal_name, tail, reason))
        del self._exits[:-_EXITS]
        self._reason = reason

    def _failed(self, reason: Reason) -> None:
        """Take note that it could not even be started."""
        self._failures += 1
        self._record(self._began, None, "", (), reason)
        self._then(None)

    def _then(self, code: Optional[int]) -> None:
        say = self._around.mouth.say
        said = self._reason.message if self._reason else "`%s` is done" % self._entry.title
        if not exits.is_restarted(self._entry, code):
            self._state = ENDED
            say(said)
            return
        self._end_group(signal.SIGTERM)
        seconds = exits.delay(self._failures, self._around.timing)
        self._state, self._due = WAITING, time.monotonic() + seconds
        self._patience = self._due + _KILL_SECONDS
        self._restarts += 1
        say("%s; it is started again in %g s" % (said, seconds))

    # ------------------------------------------------------------------ ending

    def stop(self, number: int) -> None:
        """Pass a signal on to everything that it started; nothing is started any more."""
        if self._state != ENDED:
            self._state = STOPPED
        self._due = None
        if number == signal.SIGHUP and not self._program.takes_hangup:
            number = signal.SIGTERM
        self._end_group(number)

    def _end_group(self, number: int) -> bool:
        """Signal its group, and tell whether anybody is in it."""
        if self._group is not None and not processes.signal_group(self._group, number):
            self._group = None
        return self._group is not None

    @property
    def is_gone(self) -> bool:
        """Nobody of its group is left."""
        return not self._end_group(0) and self._child is None

    def close(self) -> None:
        """Read the last words and close the log."""
        if self._stream is not None:
            self._stream.read_rest()
        self._log.close()
