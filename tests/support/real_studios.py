"""What must be true of each kind of studio that people begin with, wherever it runs.

`CHECKS` has, for each example template, what its pages say and what it can do; `lives`
takes a studio through a whole life with it; `cached` is a daemon that need not install
the virtual environments of the local runtime each time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from support import apps
from support.workshop import STOPPED, Workshop, eventually, fetched, workshop

START_SECONDS = 420.0
"""With the build, on a cold machine that does other things as well."""


@contextlib.contextmanager
def cached() -> Iterator[Workshop]:
    """Run a daemon whose state folder is always the same one, and empty but for environments.

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


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What is looked at in one kind of studio."""

    port: int
    page: str
    """Below the port's URL."""
    says: str
    works: Callable[[Workshop, str, str], None]
    """Given the daemon, the studio's name and its URL."""
    action: tuple[str, ...] = ("sh", "-c", "test -d code_studio-versioned && pwd")


def _jupyter(shop: Workshop, name: str, url: str) -> None:
    assert "py-data" in apps.kernels(url)
    code = "import pandas; print(pandas.DataFrame({'a': [20, 22]}).a.sum())"
    assert apps.executed(url, "py-data", code) == "42\n"
    (shop.zone(name, "project_lib_versioned") / "python").mkdir(exist_ok=True)
    library = shop.zone(name, "project_lib_versioned") / "python" / f"{name}_lib.py"
    library.write_text("value = 7\n")
    eventually(lambda: f"{name}_lib.py" in shop.inside(name, "ls project-lib-versioned/python"))
    assert apps.executed(url, "py-data", f"import {name}_lib; print({name}_lib.value)") == "7\n"


def _r(shop: Workshop, name: str, url: str) -> None:
    assert apps.kernels(url)["r"]["spec"]["language"] == "R"
    code = "library(jsonlite); cat(toJSON(list(a = sum(20, 22)), auto_unbox = TRUE))"
    assert json.loads(apps.executed(url, "r", code)) == {"a": 42}


def _streamlit(shop: Workshop, name: str, url: str) -> None:
    app = shop.zone(name) / "streamlit" / "app.py"
    assert app.exists(), "the starter app is not there"
    assert fetched(f"{url.rstrip('/')}/_stcore/health") == (200, "ok")
    app.write_text("import streamlit\nstreamlit.write('first sight')\n")
    shop.flush(shop.session(name))
    apps.rerun(
        url,
        "first sight",
        lambda: app.write_text("import streamlit\nstreamlit.write('second thought')\n"),
        "second thought",
    )


def _vscode(shop: Workshop, name: str, url: str) -> None:
    status, alive = fetched(f"{url.rstrip('/')}/healthz")
    assert (status, json.loads(alive)["status"] in ("alive", "expired")) == (200, True)
    script = "cat .vscode/launch.json .vscode/settings.json || find . -name launch.json"
    assert "python" in shop.inside(name, script)


CHECKS = {
    "jupyter": Checks(port=8888, page="/api", says='"version"', works=_jupyter, action=()),
    "r-kernel": Checks(port=8888, page="/lab", says="JupyterLab", works=_r),
    "streamlit": Checks(port=8501, page="/", says="Streamlit", works=_streamlit),
    "vscode": Checks(port=8080, page="/", says="workbench", works=_vscode),
}


def lives(shop: Workshop, stem: str, name: str, runtime: str) -> None:
    """Build, start, use, stop, start again and delete a studio of an example."""
    checks = CHECKS[stem]
    shop.create(name, shop.example(stem), runtime=runtime)
    url = next(one.url for one in shop.start(name, START_SECONDS).ports if one.port == checks.port)
    assert url.rstrip("/").endswith(f"/code-studios/P/{name}/{checks.port}")
    _page(url, checks)
    checks.works(shop, name, url)
    _files_go_both_ways(shop, name)
    _an_action_runs(shop, name, checks)
    assert shop.stop(name).state == STOPPED
    zone = shop.zone(name)
    assert (zone / "inside.txt").read_text() == "inside\n"
    shop.start(name, START_SECONDS)
    assert shop.inside(name, "cat code_studio-versioned/inside.txt") == "inside\n"
    _page(url, checks)
    shop.delete(name)
    assert (zone / "inside.txt").exists()


def _page(url: str, checks: Checks) -> None:
    status, text = fetched(url.rstrip("/") + checks.page)
    assert status == 200, text[:500]
    assert checks.says in text


def _files_go_both_ways(shop: Workshop, name: str) -> None:
    zone: Path = shop.zone(name)
    (zone / "outside.txt").write_text("outside\n")
    shop.inside(name, "echo inside > code_studio-versioned/inside.txt")
    eventually(lambda: (zone / "inside.txt").exists(), "an edit there is not here")
    eventually(
        lambda: shop.run_in(name, "cat", "code_studio-versioned/outside.txt") == (0, "outside\n"),
        "an edit here is not there",
    )


def _an_action_runs(shop: Workshop, name: str, checks: Checks) -> None:
    if checks.action:
        run, said = shop.ran(name, "", *checks.action)
        assert (run.exit_status, said.strip().endswith("workspace")) == (0, True)
        return
    (shop.zone(name, "project_lib_versioned") / "test_it.py").write_text(
        "import unittest\n\nclass It(unittest.TestCase):\n    def test_it(self):\n        pass\n"
    )
    eventually(lambda: "test_it.py" in shop.inside(name, "ls project-lib-versioned"))
    run, said = shop.ran(name, "test")
    assert (run.exit_status, "Ran 1 test" in said) == (0, True), said
