"""A studio that nobody uses is stopped, where the configuration says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cstudio_api.v1 import studios_pb2
from support.workshop import RUNNING, STOPPED, Workshop, eventually, fetched, workshop

pytestmark = pytest.mark.timeout(180)

SITE = """
name: site
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
  - type: entrypoint
    label: Site
    command: python3 -m http.server ${port} --bind ${host} --directory site
    expose: {port: 8000, label: Site, subpath: /}
"""
IDLE_SECONDS = 4.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """A daemon that is impatient."""
    settings = f"[studios]\nidle_minutes = {IDLE_SECONDS / 60}\n"
    with workshop(tmp_path / "idle", settings) as made:
        made.template(SITE)
        yield made


def test_files_pages_and_commands_keep_a_studio_up(shop: Workshop) -> None:
    """Each for itself; then it is warned, and stopped with its files and the reason."""
    shop.create("s", "site")
    url = shop.start("s").ports[0].url
    zone = shop.zone("s")

    def touch(number: int) -> None:
        (zone / "f").write_text(str(number))

    for use in (touch, lambda _: fetched(url), lambda _: shop.inside("s", "true")):
        for number in range(6):
            use(number)
            time.sleep(IDLE_SECONDS / 4)
        assert shop.show("s").state == RUNNING
    shop.ran("s", "", "sleep", str(IDLE_SECONDS * 1.5))
    assert shop.show("s").state == RUNNING
    shop.inside("s", "echo last > site/last")
    eventually(lambda: shop.show("s").reason.code == "idle", "it was not warned")
    stopped = shop.until("s", lambda one: one.state == STOPPED)
    assert stopped.reason.code == "idle"
    assert "studio start s" in stopped.reason.next
    assert (zone / "last").exists()
    assert shop.start("s").reason.code == ""


def test_a_stop_can_be_put_off(shop: Workshop) -> None:
    """For a time that is shown; a restart of the daemon does not forget it."""
    shop.create("s", "site")
    shop.start("s")
    request = studios_pb2.KeepStudioAliveRequest(name="s")
    request.time.FromSeconds(3600)
    kept = shop.studios.KeepStudioAlive(request)
    assert kept.idle_stop_time.seconds > time.time() + 3500
    shop.killed_and_back()
    time.sleep(IDLE_SECONDS * 1.5)
    assert shop.show("s").state == RUNNING
    assert shop.show("s").idle_stop_time == kept.idle_stop_time
