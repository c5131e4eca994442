"""`python3 -m cstudio_runner [LAUNCH.json] | probe [LAUNCH.json] | status [LAUNCH.json]`.

Without a file, the environment variable CSTUDIO_LAUNCH names it.
`probe` and `status` also find the studio by CSTUDIO_RUNNER_STATE, the state folder.
"""

from __future__ import annotations

import json
import os
import sys
from typing import List, Mapping

from cstudio_runner.state import State

OK, NOT_READY, BAD_LAUNCH, IN_USE, NO_STATE = 0, 1, 2, 3, 4
"""Exit statuses. 0 of the runner itself: it was asked to stop, and did."""

_USAGE = "usage: python3 -m cstudio_runner [LAUNCH.json] | probe | status"


class _Unusable(Exception):
    """There is no launch document, or it cannot be read."""


def main() -> None:
    """Do what the command line says and end."""
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]):
        sys.stdout.write("%s\n\n%s" % (_USAGE, __doc__))
        sys.exit(OK)
    verb = words.pop(0) if words[:1] in (["probe"], ["status"]) else "run"
    try:
        code = {"run": _run, "probe": _probe, "status": _status}[verb](words, dict(os.environ))
    except _Unusable as error:
        code = _complain(BAD_LAUNCH, str(error))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads may wait for ever: for a reader, for a server


def _document(words: List[str], environment: Mapping[str, str]) -> str:
    if len(words) > 1:
        raise _Unusable(_USAGE)
    path = words[0] if words else environment.get("CSTUDIO_LAUNCH")
    if not path:
        raise _Unusable("no launch document: name its file, or set CSTUDIO_LAUNCH to it\n" + _USAGE)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise _Unusable("cannot read the launch document %s: %s" % (path, error)) from None


def _run(words: List[str], environment: Mapping[str, str]) -> int:
    from cstudio_runner.launch import LaunchRefused
    from cstudio_runner.reading import parse
    from cstudio_runner.runner import Runner
    from cstudio_runner.state import StateInUse, StateRefused
    from cstudio_runner.variables import VariableMissing

    try:
        launch = parse(_document(words, environment))
        state = State(launch.state)
        state.acquire()
        return Runner(launch, state, environment).run()
    except LaunchRefused as refused:
        return _complain(BAD_LAUNCH, "the launch document is not valid", *refused.problems)
    except VariableMissing as missing:
        return _complain(BAD_LAUNCH, str(missing))
    except StateInUse as refused:
        return _complain(IN_USE, str(refused))
    except StateRefused as refused:
        return _complain(NO_STATE, str(refused))
    except OSError as error:
        return _complain(NO_STATE, "cannot begin: %s" % error)


def _complain(code: int, *sentences: str) -> int:
    sys.stderr.write("cstudio runner: %s\n" % "\n  ".join(sentences))
    return code


def _probe(words: List[str], environment: Mapping[str, str]) -> int:
    """Exit with 0 when ready; else say why not."""
    from cstudio_runner.verdict import verdict

    state = _state(words, environment)
    ready, sentence = verdict(state.read_status(), state.is_held(), state.status_age())
    sys.stdout.write(sentence + "\n")
    return OK if ready else NOT_READY


def _status(words: List[str], environment: Mapping[str, str]) -> int:
    """Print status.json, with `alive` beside it."""
    state = _state(words, environment)
    status = {"alive": state.is_held(), **(state.read_status() or {})}
    sys.stdout.write(json.dumps(status, indent=1) + "\n")
    return OK


def _state(words: List[str], environment: Mapping[str, str]) -> State:
    """Find the folder cheaply: a probe runs every few seconds."""
    if not words and environment.get("CSTUDIO_RUNNER_STATE"):
        return State(environment["CSTUDIO_RUNNER_STATE"])
    default = "/tmp/cstudio-runner"
    if not words and not environment.get("CSTUDIO_LAUNCH"):
        return State(default)
    try:
        path = json.loads(_document(words, environment)).get("state", default)
    except (ValueError, AttributeError):
        raise _Unusable("the launch document is not a JSON object") from None
    return State(str(path))


if __name__ == "__main__":
    main()
