"""The demo, step by step; each does something, waits until it happened, and says so.

A step whose outcome does not come ends the demo with a sentence and exit
status 1. Nothing is claimed that was not looked at on both sides.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cstudio_api.v1 import sync_sessions_pb2 as pb

from cstudio import words
from cstudio.client.sessions import Exclusions
from cstudio.demo import places, project
from cstudio.demo.stage import Stage, set_up
from cstudio.errors import CstudioError
from cstudio.targets import Where

NAME = "demo"
STEP_SECONDS = 10.0
LOOK_SECONDS = 0.0005
EDITS = 3
QUIET_SECONDS = 0.3
"""Between edits, so that each is measured from rest, as a person's save is."""


class DemoFailedError(CstudioError):
    """A step did not happen."""


@dataclass(frozen=True, kw_only=True)
class Show:
    """One performance."""

    stage: Stage
    place: places.Place
    where: Where
    say: Callable[[str], None]


def run(target: str, where: Where, *, keep: bool, say: Callable[[str], None]) -> None:
    """Perform the demo.

    Raises:
        CstudioError: a step did not happen; nothing is left behind.
    """
    began = time.monotonic()
    with set_up(keep=keep) as stage:
        say(f"daemon      started, with a state folder of its own in {stage.folder}")
        place = places.choose(target, where, stage.folder)
        with places.opened(place):
            _perform(Show(stage=stage, place=place, where=where, say=say))
    if keep:
        say(f"kept        {stage.folder}")
    left = "the project is kept" if keep else "nothing is left behind"
    say(f"done        in {time.monotonic() - began:.1f} s; {left}")


def _perform(show: Show) -> None:
    mirror(show)
    edit_here(show)
    edit_there(show)
    ask_studio(show)
    disagree(show)
    leave_out(show)
    show.stage.client.sessions.delete(NAME)
    show.say("stopped     the session has ended; both folders keep their files")


def mirror(show: Show) -> None:
    """Make the project, and mirror it."""
    count = project.make(show.stage.project)
    show.say(f"project     {count} files in {show.stage.project}")
    began = time.monotonic()
    show.stage.client.sessions.create(
        str(show.stage.project),
        show.place.target,
        name=NAME,
        exclusions=Exclusions(patterns=["*.log"]),
        where=show.where,
        create_folder=True,
    )
    session = _until(show, _is_watching, "the two sides did not come into step")
    took = _milliseconds(time.monotonic() - began)
    show.say(f"mirrored    {session.files} files, two-way, in {took}, to {show.place.target}")
    _must_hold(show, project.PROGRAM, project.PROGRAM_TEXT)


def edit_here(show: Show) -> None:
    """Save files here, and see them there."""
    took = [_edit_here(show, number) for number in _edits()]
    show.say(f"edited here, there after  {_measured(took)}")


def edit_there(show: Show) -> None:
    """Save files there, and see them here."""
    took = [_edit_there(show, number) for number in _edits()]
    show.say(f"edited there, here after  {_measured(took)}")


def ask_studio(show: Show) -> None:
    """Start what was mirrored; write a question here, which it answers there."""
    process = show.place.start()
    if not process:
        show.say("studio      not started: there is no Python there to run the program")
        return
    show.say(f"studio      runs what was mirrored: {project.PROGRAM}, as {process}")
    took = []
    for number in _edits():
        began = _write_here(show, project.QUESTION, f"what comes after {number}\n")
        answer = f"4 words, backwards: {number} after comes what\n"
        took.append(_here_after(show, project.ANSWER, answer, began))
    show.say(f"asked the studio, answered here after  {_measured(took)}")


def disagree(show: Show) -> None:
    """Change one file differently on both sides, then decide for ours."""
    sessions = show.stage.client.sessions
    sessions.pause(NAME)
    _write_here(show, project.NOTES, "Noted here.\n")
    show.place.write(project.NOTES, "Noted there.\n")
    sessions.resume(NAME)
    _until(show, lambda one: one.conflict_count == 1, "the conflict was not noticed")
    _check_untouched(show)
    show.say(f"conflict    {project.NOTES} changed on both sides; neither was touched")
    sessions.resolve(NAME, "local", paths=[project.NOTES.encode()])
    _until(show, lambda one: one.conflict_count == 0, "the conflict was not resolved")
    _there_after(show, project.NOTES, "Noted here.\n", time.monotonic())
    kept = [item for item in sessions.trash(NAME) if item.path.raw == project.NOTES.encode()]
    if not kept:
        raise DemoFailedError("the version that lost is not in the trash")
    show.say(f"resolved    ours is there; theirs is in the trash as {kept[0].id}")


def leave_out(show: Show) -> None:
    """Write a file that a rule excludes, and show that it stays here."""
    sessions = show.stage.client.sessions
    _write_here(show, project.LOG, "for nobody else\n")
    if not sessions.flush(NAME, STEP_SECONDS).in_step:
        raise DemoFailedError("the two sides are not in step at the end")
    if show.place.read(project.LOG) is not None:
        raise DemoFailedError(f"{project.LOG} was mirrored although it is excluded")
    said = sessions.explain(NAME, project.LOG.encode())
    if words.verdict(said.verdict) != "excluded":
        raise DemoFailedError(f"{project.LOG} is not reported as excluded")
    show.say(f"excluded    {project.LOG} stayed here, because of {said.rule}")


def _is_watching(session: pb.SyncSession) -> bool:
    return words.state(session) == "watching"


def _edits() -> Iterator[int]:
    for number in range(1, EDITS + 1):
        time.sleep(QUIET_SECONDS)
        yield number


def _edit_here(show: Show, number: int) -> float:
    text = f"SLOPE = {number}.5\n"
    return _there_after(show, "src/model.py", text, _write_here(show, "src/model.py", text))


def _edit_there(show: Show, number: int) -> float:
    text = f"result number {number}\n"
    began = time.monotonic()
    show.place.write("result.txt", text)
    return _here_after(show, "result.txt", text, began)


def _write_here(show: Show, name: str, text: str) -> float:
    """Save a file here; return when."""
    began = time.monotonic()
    (show.stage.project / name).write_text(text, encoding="utf-8")
    return began


def _here_after(show: Show, name: str, text: str, began: float) -> float:
    """Return how many seconds after `began` the local file held `text`."""
    path = show.stage.project / name
    return _after(lambda: path.read_bytes() if path.exists() else None, text, began, name, "here")


def _there_after(show: Show, name: str, text: str, began: float) -> float:
    """Return how many seconds after `began` the studio's file held `text`."""
    return _after(lambda: show.place.read(name), text, began, name, "there")


def _after(
    read: Callable[[], bytes | None], text: str, began: float, name: str, side: str
) -> float:
    wanted = text.encode()
    while time.monotonic() < began + STEP_SECONDS:
        if read() == wanted:
            return time.monotonic() - began
        time.sleep(LOOK_SECONDS)
    raise DemoFailedError(f"what was saved as `{name}` did not arrive {side}")


def _must_hold(show: Show, name: str, text: str) -> None:
    if show.place.read(name) != text.encode():
        raise DemoFailedError(f"`{name}` is not there although the two sides are in step")


def _check_untouched(show: Show) -> None:
    here = (show.stage.project / project.NOTES).read_bytes()
    there = show.place.read(project.NOTES)
    if (here, there) != (b"Noted here.\n", b"Noted there.\n"):
        raise DemoFailedError("a side was changed although the two disagree")


def _until(show: Show, holds: Callable[[pb.SyncSession], bool], otherwise: str) -> pb.SyncSession:
    """Follow the session until something holds.

    Raises:
        DemoFailedError: it halts first, or the time is up.
    """
    deadline = time.monotonic() + STEP_SECONDS
    session = show.stage.client.sessions.get(NAME)
    while not holds(session):
        if words.state(session) == "halted" or time.monotonic() > deadline:
            because = session.reason.message or f"the session is {words.state(session)}"
            raise DemoFailedError(f"{otherwise}: {because}")
        time.sleep(0.005)
        session = show.stage.client.sessions.get(NAME)
    return session


def _measured(seconds: list[float]) -> str:
    """Return the median, and all of them."""
    each = ", ".join(f"{one * 1000:.1f}" for one in seconds)
    return f"{_milliseconds(statistics.median(seconds))} (each: {each})"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
