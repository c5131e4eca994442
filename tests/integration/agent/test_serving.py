"""The agent over pipes, on every Python from 3.8 on that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cstudio_agent import bootstrap
from cstudio_sync import records
from cstudio_sync.entries import Entry
from cstudio_sync.frames import Decoder, Encoder, Frame, greeting
from cstudio_sync.operations import OK, PUT_FILE, Operation
from cstudio_sync.rules import NO_RULES

VERSIONS = ["3.8", "3.9", "3.10", "3.12", "3.13", "3.14"]


def _works(python: str) -> bool:
    return not subprocess.run([python, "-c", ""], capture_output=True).returncode


def _pythons() -> dict[str, str]:
    """Return one working interpreter a version; this one always is."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    installed = Path.home() / ".pyenv" / "versions"
    for version in VERSIONS:
        candidates = [*map(str, installed.glob(version + ".*/bin/python"))]
        candidates += filter(None, [shutil.which("python" + version)])
        for candidate in filter(_works, candidates):
            found.setdefault(version, candidate)
    return found


PYTHONS = _pythons()


class Agent:
    """One agent and our end of its stream."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, "-I", "-c", bootstrap.BOOTSTRAP], stdin=-1, stdout=-1, stderr=-1
        )
        self._decoder, self._encoder = Decoder(), Encoder()
        self._frames: list[Frame] = []
        zipped = bootstrap.bundle()
        self._write(len(zipped).to_bytes(8, "big") + zipped + greeting())

    def _write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ask(self, verb: str, body: bytes = b"", **fields: Any) -> list[Frame]:
        """Send a request; return the frames of its answer."""
        self._write(self._encoder.encode({"verb": verb, "id": 7, **fields}, body))
        answer: list[Frame] = []
        while not answer or not answer[-1].header.get("end"):
            answer += [frame for frame in [self.next()] if frame.header.get("id") == 7]
        return answer

    def next(self) -> Frame:
        """Return the next frame."""
        while not self._frames:
            assert self.process.stdout is not None
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, self.process.communicate()[1].decode()
            self._frames += self._decoder.feed(data)
        return self._frames.pop(0)

    def open(self, root: Path) -> dict[str, Any]:
        """Open a root."""
        answer = self.ask(
            "open", root=str(root), session="s", owner="test", create=False, plant=False,
            poll_seconds=1.0, rules=NO_RULES.to_dict(),
        )  # fmt: skip
        return answer[-1].header

    def end(self) -> int:
        """Close its stdin; return how it ended."""
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.mark.parametrize("version", PYTHONS)
def test_a_conversation(version: str, tmp_path: Path) -> None:
    """Open, observe, write, hear of a change, and end with the stream."""
    (tmp_path / "a").write_bytes(b"hello")
    agent = Agent(PYTHONS[version])
    opened = agent.open(tmp_path)
    assert opened["watch"] == "inotify", opened
    answer = agent.ask("observe", records.pack_paths([b""]))
    seen = [one for frame in answer if frame.body for one in records.unpack_seen(frame.body)]
    assert [(one.path, one.entry and one.entry.size) for one in seen] == [(b"a", 5)]
    empty = Entry("f", bytes.fromhex(_EMPTY), 0)
    body = records.pack_operations([Operation(PUT_FILE, b"b", empty, data=b"")])
    outcome = records.unpack_outcomes(agent.ask("apply", body)[0].body)[0]
    assert outcome.status == OK
    (tmp_path / "c").write_bytes(b"new")
    while True:
        frame = agent.next()
        if frame.header.get("push") == "changes":
            told = records.unpack_seen(frame.body)
            assert [(one.path, one.content) for one in told] == [(b"c", b"new")]
            break
    assert agent.end() == 0


_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_unknown_root_is_refused_in_words(tmp_path: Path) -> None:
    """The reason is machine-readable, and the agent goes on."""
    agent = Agent(sys.executable)
    refused = agent.open(tmp_path / "nothing")
    assert refused["error"]["reason"] == "missing"
    assert "error" not in agent.open(tmp_path)
    assert "error" in agent.ask("no such verb")[-1].header
    assert agent.end() == 0


def test_an_agent_that_nobody_reads_ends_with_its_stream(tmp_path: Path) -> None:
    """A killed daemon's cluster may keep the output open: nobody must own the root for ever."""
    (tmp_path / "large").write_bytes(bytes(8_000_000))
    agent = Agent(sys.executable)
    agent.open(tmp_path)
    answer = agent.ask("observe", records.pack_paths([b"large"]))
    agent._write(agent._encoder.encode({"verb": "stream", "id": 8}, answer[0].body))
    time.sleep(0.5)  # its output is full now, and whoever writes next waits
    agent._write(agent._encoder.encode({"verb": "apply", "id": 9}, records.pack_operations([])))
    assert agent.process.stdin is not None
    agent.process.stdin.close()
    assert agent.process.wait(timeout=10) != 0
    for pipe in (agent.process.stdout, agent.process.stderr):
        assert pipe is not None
        pipe.close()


def test_a_bundle_is_the_same_every_time() -> None:
    """Equal sources give equal bytes."""
    assert bootstrap.bundle() == bootstrap.bundle()
