"""A registry of images on this machine, Debian's `docker-registry`, for one test."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SECONDS = 20
CONFIGURATION = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
log: {{accesslog: {{disabled: true}}, level: error}}
"""


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry that keeps its images in `folder`, and give its ``HOST:PORT``.

    Skips the test, with the reason, where the program is missing.
    """
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("no docker-registry (tests/cluster/toolchain installs it)")
    port = free_port()
    configuration = folder / "registry.yml"
    configuration.write_text(CONFIGURATION.format(folder=folder / "images", port=port))
    process = subprocess.Popen([program, "serve", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError("the registry does not listen")
