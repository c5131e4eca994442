"""What holds for every test: timeouts by folder, Hypothesis profiles, no silent skips."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

TESTS = Path(__file__).parent

# A shell starts its background jobs with SIGINT ignored, and children inherit
# that: commands under test would not hear a Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
UNIT_SECONDS = 2
PROPERTY_SECONDS = 600

hypothesis.settings.register_profile(
    "cstudio",
    max_examples=int(os.environ.get("CSTUDIO_PROPERTY_EXAMPLES", "50")),
    deadline=None,  # examples touch disks and processes; the test has a timeout
    derandomize="CSTUDIO_PROPERTY_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # a busy machine is no failure
)
hypothesis.settings.load_profile("cstudio")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give unit tests two seconds and properties ten minutes, unless they say otherwise."""
    for item in items:
        _check_needs(item)
        if item.get_closest_marker("timeout") or not item.path.is_relative_to(TESTS):
            continue
        folder = item.path.relative_to(TESTS).parts[0]
        if folder == "unit":
            item.add_marker(pytest.mark.timeout(UNIT_SECONDS))
        elif folder == "property":
            item.add_marker(pytest.mark.timeout(PROPERTY_SECONDS))


# What a garbage collector finds late belongs to another test than the one it
# fails; where real processes and sockets are at work that is only noise.
LATE_FINDS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
WITH_REAL_THINGS = ("conformance", "integration", "e2e", "hostile")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Do not blame a test for what an earlier one left to be collected."""
    if item.path.is_relative_to(TESTS) and (
        item.path.relative_to(TESTS).parts[0] in WITH_REAL_THINGS
    ):
        item.add_marker(LATE_FINDS)


def _check_needs(item: pytest.Item) -> None:
    """Refuse an end-to-end test that does not say what it needs: no stage would run it."""
    if not item.path.is_relative_to(TESTS / "e2e"):
        return
    if not (item.get_closest_marker("docker") or item.get_closest_marker("cluster")):
        raise pytest.UsageError(f"{item.nodeid} needs a mark, `docker` or `cluster`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where `tests/run --all` lets nothing be skipped."""
    report = yield
    if os.environ.get("CSTUDIO_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report
