"""The daemon dies with -9 at each labelled step, its other side in a pod.

The pod has the test's folder mounted, so that both sides can be looked at from here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.crashes import die_and_go_on
from support.crashing import LABELS
from support.kubernetes import Namespace, Volume

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the pod has mounted under the same name."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def pod(shared_namespace: Namespace, shelf: Path) -> str:
    """The pod, as NAMESPACE/NAME."""
    volume = Volume(str(shelf), kind="hostPath", path=str(shelf))
    return f"{shared_namespace.name}/{shared_namespace.run_pod('crashes', volumes=[volume])}"


@pytest.mark.parametrize("label", LABELS)
def test_nothing_is_lost_or_torn_when_the_daemon_dies_at(label: str, shelf: Path, pod: str) -> None:
    """Invariants 1, 5 and 7; then it goes on, and both sides end equal."""
    folder = shelf / label.replace(" ", "-")
    folder.mkdir()
    die_and_go_on(folder, label, pod=pod)
