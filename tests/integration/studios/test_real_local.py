"""JupyterLab and Streamlit in the local runtime: no Docker, no cluster, nothing to install.

Their virtual environments stay in the user's cache folder from one run to the next.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from support.real_studios import lives
from support.workshop import Workshop, workshop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """A daemon whose state folder is always the same one, and empty but for the environments.

    A virtual environment cannot be moved, so the folder cannot be a new one.
    """
    folder = Path(platformdirs.user_cache_dir("cstudio", appauthor=False)) / "tests" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another checkout's tests may run
        state = folder / "state"
        for path in state.iterdir() if state.is_dir() else ():
            if path.is_dir() and path.name != "venvs":
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
        with workshop(state) as made:
            yield made


@pytest.mark.parametrize("stem", ["jupyter", "streamlit"])
def test_an_example_runs_as_plain_processes(shop: Workshop, stem: str) -> None:
    """From the template to a page, files both ways, an action, a stop and a start."""
    lives(shop, stem, f"l{stem}", "local")
