"""The command that the RStudio block makes, run with a stand-in for `rserver`."""

from __future__ import annotations

import contextlib
import getpass
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.templates import read_template
from cstudiod.model.blueprints import LaunchPlan
from cstudiod.model.templates import Resource
from support import rstudio_stand_in

TEXT = "name: rstudio\nblocks:\n  - {type: rstudio, package: rstudio.deb}\n"
PREFIX = "/code-studios/P/s/8787"


def _plan() -> LaunchPlan:
    deb = Resource(path="rstudio.deb", content=rstudio_stand_in.package())
    return blueprint(read_template(TEXT, "t.yaml", resources=[deb])).launch


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found.group(1)], text)


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[int]:
    """Run the block's command as this user; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    state = folder / "state"
    values = {
        "state": str(state),
        "workdir": str(folder),
        "host": "127.0.0.1",
        "port": str(port),
        "baseUrlPort8787": PREFIX,
    }
    plan = _plan()
    for file in plan.files:
        path = Path(_filled(file.path, values))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(file.content, values))
    (entry,) = plan.entrypoints
    program = folder / "rserver"
    program.write_text(rstudio_stand_in.RSERVER)
    me = getpass.getuser()
    words = [_filled(word, values) for word in entry.command[1:]]
    command = [word.replace("--server-user=dataiku", f"--server-user={me}") for word in words]
    process = subprocess.Popen(
        [sys.executable, program, *command],
        env={**os.environ, "USER": me},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "rserver ended"
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError("rserver does not listen")


def _get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_it_starts_and_knows_its_prefix(tmp_path: Path) -> None:
    """Flags, files and user are what it wants; links and cookies have the prefix."""
    with _served(tmp_path) as port:
        page = _get(port, "/")
        assert page.status == 200
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert f"path={PREFIX};" in page.headers["Set-Cookie"]
        assert _get(port, "/auth-sign-in").headers["Location"] == f"{PREFIX}/"
        assert _get(port, f"{PREFIX}/").status == 404


def test_the_package_is_one(tmp_path: Path) -> None:
    """Dpkg unpacks it, and it says that it is a stand-in."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("dpkg-deb is not here")
    deb = tmp_path / "r.deb"
    deb.write_bytes(rstudio_stand_in.package())
    said = subprocess.run(["dpkg-deb", "-f", deb], capture_output=True, check=True, text=True)
    assert f"Package: {rstudio_stand_in.NAME}" in said.stdout
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path / "out"], check=True)
    program = tmp_path / "out" / rstudio_stand_in.PROGRAM
    assert program.read_text() == rstudio_stand_in.RSERVER
    assert os.access(program, os.X_OK)
