"""The loop: starts services, reads their output, reaps, tells, and ends them when asked."""

from __future__ import annotations

import os
import pwd
import secrets
import selectors
import signal
import socket
import subprocess
import time
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from cstudio_runner import exits, files, nginx, processes, readiness, variables
from cstudio_runner.launch import Entrypoint, Launch, Nginx, Port
from cstudio_runner.looks import Looks
from cstudio_runner.memory import Memory
from cstudio_runner.output import Log, Mouth
from cstudio_runner.service import Around, Program, Service
from cstudio_runner.state import State
from cstudio_runner.status import Look, Status

_KILLED_SECONDS = 2.0
"""After SIGKILL the kernel needs a moment; what hangs in a disk longer."""
_LEFTOVER_SECONDS = 3.0
_STEP_SECONDS = 0.05
_MEMORY_SECONDS = 1.0
_LAST_WORDS_SECONDS = 1.0
_HOLD_SECONDS = 0.1
_STARTING, _READY, _UNREADY, _STOPPING, _STOPPED = (
    "starting",
    "ready",
    "unready",
    "stopping",
    "stopped",
)


class Runner:
    """One studio, from start to stop."""

    def __init__(self, launch: Launch, state: State, environment: Mapping[str, str]) -> None:
        """Nothing is started before `run`.

        Args:
            launch: What to run.
            state: The folder, held already.
            environment: The container's.

        Raises:
            VariableMissing: the base path cannot be expanded.
        """
        self._launch = launch
        self._state = state
        self._base = variables.base_path(launch, environment)
        self._token = secrets.token_hex(8)
        self._started = time.time()
        self._phase = _STARTING
        self._look: Optional[Look] = None
        self._environment = environment
        self._held = True
        """Until its files are there nothing is started."""
        self._asked: List[int] = []
        self._memory_due = 0.0
        self._written: Dict[str, Any] = {}
        self._mouth = Mouth(1, Log(state.log_path("cstudio")))
        self._selector = selectors.DefaultSelector()
        around = Around(launch.timing, self._mouth, Memory(), self._selector)
        self._around = around
        self._services = [Service(one, around) for one in self._programs(environment)]
        plan = readiness.plan(launch, environment)
        self._looks = Looks(plan, launch.timing, self._not_started, self._take_look)
        self._wake, self._woken = socket.socketpair()

    # ---------------------------------------------------------------- what runs

    def _programs(self, environment: Mapping[str, str]) -> List[Program]:
        launch = self._launch
        first = [self._nginx_program(launch.nginx, environment)] if launch.nginx else []
        return first + [self._program(entry, environment) for entry in launch.entrypoints]

    def _program(self, entry: Entrypoint, environment: Mapping[str, str]) -> Program:
        launch = self._launch
        return Program(
            entry=entry,
            words=variables.command_of(entry, launch, environment),
            cwd=variables.cwd_of(entry, launch),
            environment={
                **variables.environment_of(entry, launch, environment),
                processes.TOKEN_VARIABLE: self._token,
            },
            port=launch.port_of(entry.port),
            log=self._state.log_path(entry.name),
        )

    def _nginx_program(self, settings: Nginx, environment: Mapping[str, str]) -> Program:
        build = _nginx_build(settings.program)
        user = _user_name() if os.geteuid() == 0 else ""
        place = nginx.Place(self._base, self._state.path, user, build)
        self._state.write_nginx(nginx.configuration(settings, list(self._launch.ports), place))
        words = nginx.command(settings, self._state.path, build)
        kept = {name: environment[name] for name in environment if name not in variables.HIDDEN}
        return Program(
            entry=Entrypoint("nginx", tuple(words)),
            words=words,
            cwd=self._state.path,
            environment={**kept, processes.TOKEN_VARIABLE: self._token},
            port=Port(settings.port, settings.port, public=settings.address == "0.0.0.0"),
            log=self._state.log_path("nginx"),
            takes_hangup=False,
        )

    # ----------------------------------------------------------------- the loop

    def run(self) -> int:
        """Run until a signal asks to stop; return the exit status."""
        self._hear_signals()
        self._save()
        self._end_earlier_run()
        processes.become_reaper()
        self._make_workdir()
        self._mouth.say("studio %s, state in %s" % (self._base, self._state.path))
        self._advance()
        self._looks.start()
        while not self._asked:
            self._turn(self._until_due())
            self._advance()
            self._watch_memory()
            self._save()
        self._stop()
        return 0

    def _turn(self, seconds: Optional[float]) -> None:
        """Wait for something, and take note of it."""
        for key, _ in self._selector.select(seconds):
            key.data()
        self._reap()

    def _advance(self) -> None:
        if self._held and not self._let_go():
            return
        for service in self._services:
            service.advance(time.monotonic())

    def _let_go(self) -> bool:
        """Tell whether the studio's files are there; write ours the first time."""
        word = self._launch.hold
        if word and self._state.said_go() != word:
            return False
        self._held = False
        for trouble in files.write_all(self._launch, self._environment):
            self._mouth.say(trouble)
        return True

    def _until_due(self) -> Optional[float]:
        if self._held:
            return _HOLD_SECONDS
        due = [service.due for service in self._services]
        times = [one for one in due if one is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _reap(self) -> None:
        pids = {service.pid: service for service in self._services if service.pid}
        for pid, wait_status in processes.reap().items():
            if pid in pids:
                pids[pid].ended(wait_status, time.monotonic())
                self._looks.hurry()

    def _hear_signals(self) -> None:
        """Turn signals into bytes that wake the loop."""
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ, self._drain_wakes)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in processes.STOPPERS:
            signal.signal(number, lambda number, frame: self._asked.append(number))

    def _drain_wakes(self) -> None:
        try:
            while self._wake.recv(4096):
                pass
        except BlockingIOError:
            return

    def _make_workdir(self) -> None:
        try:
            os.makedirs(self._launch.workdir, exist_ok=True)
        except OSError as error:  # each entrypoint will say that it is not there
            self._mouth.say("cannot make %s: %s" % (self._launch.workdir, error.strerror))

    # ---------------------------------------------------------------- readiness

    def _not_started(self) -> str:
        """Say which required program does not run; called by the thread that looks."""
        if self._held:
            return "waiting for its files"
        wanted = self._required()
        for service in self._services:
            status = service.status()
            if status.name not in wanted:
                continue
            if not (service.is_started if self._wants_ports() else service.is_settled):
                reason = status.reason
                return reason.message if reason else "`%s` is not started yet" % status.label
        return ""

    def _wants_ports(self) -> bool:
        ready = self._launch.readiness
        return bool(ready.ports or ready.url)

    def _required(self) -> List[str]:
        """Return the names of the programs without which nothing can be ready.

        A port that listens is not enough: on a shared machine it may be another's.
        """
        ready = self._launch.readiness
        ports = set(ready.ports)
        if ready.url:
            values = variables.prefixes(self._launch, {})
            ports.add(urlsplit(variables.expand(ready.url, values)).port or 0)
        entries = self._launch.entrypoints
        wanted = [entry.name for entry in entries if entry.port in ports or not ports]
        return ["nginx", *wanted]

    def _take_look(self, look: Look) -> None:
        """Keep a look and wake the loop; called by the thread that looks."""
        self._look = look
        try:
            self._woken.send(b"\0")
        except OSError:
            return  # full: it will wake anyway

    # ------------------------------------------------------------------- telling

    def _save(self) -> None:
        """Write status.json if it says something new; a look always does."""
        look = self._look
        ready = look is not None and look.ready and self._phase not in (_STOPPING, _STOPPED)
        self._enter(ready, look)
        entrypoints = tuple(service.status() for service in self._services)
        status = Status(
            pid=os.getpid(),
            token=self._token,
            started=self._started,
            phase=self._phase,
            base_path=self._base,
            ready=ready,
            readiness=look,
            entrypoints=entrypoints,
            reason=exits.gravest(entry.reason for entry in entrypoints),
            oom_kills=self._around.memory.total,
            output_dropped=self._mouth.dropped,
        ).to_dict()
        if status != self._written:
            self._written = status
            self._state.write_status(status)

    def _enter(self, ready: bool, look: Optional[Look]) -> None:
        if self._phase in (_STARTING, _UNREADY) and ready:
            self._phase = _READY
            self._mouth.say("ready")
        elif self._phase == _READY and not ready:
            self._phase = _UNREADY
            self._mouth.say("not ready any more: %s" % (look.message if look else ""))

    def _watch_memory(self) -> None:
        """Tell of kills: mostly it is a program in the studio, not an entrypoint."""
        now, memory = time.monotonic(), self._around.memory
        if now < self._memory_due:
            return
        self._memory_due = now + _MEMORY_SECONDS
        if memory.look(now):
            limit = memory.limit()
            called = " of %s" % limit if limit else ""
            self._mouth.say("the kernel ended a program: the memory limit%s is used up" % called)

    # ------------------------------------------------------------------ stopping

    def _stop(self) -> None:
        """Pass the signal on, wait, insist, and leave nothing behind."""
        number = self._asked[0]
        self._phase = _STOPPING
        self._mouth.say("asked to stop by %s" % signal.Signals(number).name)
        self._save()
        grace = self._launch.timing.grace
        steps: List[Tuple[float, int]] = [(grace, number)]
        if number != signal.SIGTERM:  # some ask back on SIGINT, or read anew on SIGHUP
            steps = [(grace / 2, number), (grace / 2, signal.SIGTERM)]
        for seconds, one in steps:
            if self._ends(one, seconds):
                break
        else:
            self._mouth.say("the grace of %g s is over: killing what is left" % grace)
        self._ends(signal.SIGKILL, _KILLED_SECONDS)
        for service in self._services:
            service.close()
        self._phase = _STOPPED
        self._save()
        self._mouth.say("stopped")
        self._mouth.settle(_LAST_WORDS_SECONDS)

    def _ends(self, number: int, seconds: float) -> bool:
        """Signal every group, and wait until none is left; a second request cuts it short."""
        for service in self._services:
            service.stop(number)
        processes.signal_each(self._strays(), number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(service.is_gone for service in self._services) and not self._strays():
                self._reap()  # a stray that just ended is a zombie yet
                return True
            if len(self._asked) > 1 and number != signal.SIGKILL:
                return False
            self._turn(_STEP_SECONDS)
        return False

    def _strays(self) -> List[int]:
        """Return what left its group, or whose parent died, and is still ours."""
        known = {service.pid for service in self._services}
        return [pid for pid in processes.left_over(self._token) if pid not in known]

    def _end_earlier_run(self) -> None:
        """End what a runner that was killed left running: it holds the ports."""
        status = self._state.read_previous() or {}
        token = status.get("token")
        if not isinstance(token, str) or not token:
            return
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        number = signal.SIGTERM
        while pids := processes.left_over(token):
            processes.signal_each(pids, number)
            if time.monotonic() > deadline:
                if number == signal.SIGKILL:
                    return
                number, deadline = signal.SIGKILL, deadline + _LEFTOVER_SECONDS
            time.sleep(_STEP_SECONDS)


def _nginx_build(program: str) -> nginx.Build:
    """Ask nginx how it was built; one that is not there is told when it is started."""
    try:
        done = subprocess.run(
            [program, "-V"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return nginx.Build()
    return nginx.build_of((done.stderr + done.stdout).decode("utf-8", "replace"))


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""
