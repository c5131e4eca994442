"""The script that VS Code is started by, in a shell, with a stand-in for code-server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cstudiod.blocks.visual_studio_code import START
from support.template_samples import made

STAND_IN = """#!/bin/sh
echo "$*" >> "$CALLS"
case " $* " in *bad.vsix*) exit 1 ;; esac
"""


class Studio:
    """A studio's folders, with spaces in their names."""

    def __init__(self, root: Path) -> None:
        self.root = root / "a studio"
        self.data = self.root / "data"
        self.settings = self.root / "user versioned" / "settings"
        self.machine = self.root / "machine"
        self.extensions = self.root / "extensions"
        self.baked = self.root / "baked"
        self.calls = self.root / "calls"
        (self.root / "bin").mkdir(parents=True)
        self.baked.mkdir()
        (self.root / "bin" / "code-server").write_text(STAND_IN)
        (self.root / "bin" / "code-server").chmod(0o755)
        files = made("  - {type: visual_studio_code}\n").launch.files
        (script,) = [file.content for file in files if file.path == START]
        self.script = self.root / "start.sh"
        self.script.write_text(script)

    def start(self, machine: bool = True) -> list[str]:
        """Run the script; return what code-server was called with."""
        self.calls.unlink(missing_ok=True)
        folders = [self.data, self.settings, self.machine if machine else "", self.extensions]
        subprocess.run(
            ["/bin/sh", self.script, *folders, self.baked, "code-server", "--port", "1"],
            env={
                **os.environ,
                "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                "CALLS": str(self.calls),
            },
            check=True,
            capture_output=True,
        )
        return self.calls.read_text().splitlines()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """One that was never started."""
    return Studio(tmp_path)


def test_settings_are_people_s_own(studio: Studio) -> None:
    """What VS Code writes is in their zone, and a second start finds it."""
    assert studio.start() == ["--port 1"]
    assert (studio.data / "User" / "keybindings.json").read_text() == "[]\n"
    (studio.data / "User" / "settings.json").write_text('{"a": 1}')
    (studio.data / "Machine" / "settings.json").write_text("[]")
    assert (studio.settings / "settings.json").read_text() == '{"a": 1}'
    assert (studio.machine / "settings.json").read_text() == "[]"
    assert studio.start() == ["--port 1"]
    assert (studio.settings / "settings.json").read_text() == '{"a": 1}'


def test_what_is_in_the_data_folder_is_left(studio: Studio) -> None:
    """A file that somebody put there is not replaced by a link."""
    (studio.data / "User").mkdir(parents=True)
    (studio.data / "User" / "settings.json").write_text("mine")
    studio.start(machine=False)
    assert (studio.data / "User" / "settings.json").read_text() == "mine"
    assert not (studio.data / "Machine").exists()


def test_one_extension_that_fails_does_not_stop_it(studio: Studio) -> None:
    """The others are installed, and VS Code starts."""
    (studio.baked / "00.bad.vsix").touch()
    (studio.baked / "01.vsix").touch()
    calls = studio.start()
    assert [call.rsplit("/", 1)[-1] for call in calls[:2]] == ["00.bad.vsix", "01.vsix"]
    assert calls[2] == "--port 1"
