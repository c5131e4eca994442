"""Studios of a real daemon in the local runtime: they live on whatever happens to it."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from cstudio_api.v1 import studios_pb2
from support.workshop import RUNNING, STARTING, STOPPED, Workshop, eventually, fetched

pytestmark = pytest.mark.timeout(240)

SITE = """
name: site
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
      - {zone: project_lib_versioned, target: lib, one_way: true}
  - type: starter_files
    files:
      - {zone: code_studio_versioned, path: index.html, content: "one"}
  - type: entrypoint
    label: Site
    command: python3 -m http.server ${port} --bind ${host} --directory ${zone.code_studio_versioned}
    expose: {port: 8000, label: Site, subpath: /}
"""
SLOW = """
name: slow
blocks:
  - type: entrypoint
    label: Site
    command: "sleep 4; exec python3 -m http.server ${port} --bind ${host}"
    expose: {port: 8000, subpath: /}
"""


def runner_of(shop: Workshop, name: str) -> int:
    """Return the process that keeps a studio's runner."""
    uid = shop.show(name).uid
    found = re.search(r'"pid": ?(\d+)', (shop.state / "studios" / uid / "record.json").read_text())
    assert found is not None
    return int(found.group(1))


@pytest.fixture
def site(own_shop: Workshop) -> Workshop:
    """A daemon with a studio that runs."""
    own_shop.create("s", own_shop.template(SITE))
    own_shop.start("s")
    return own_shop


def test_from_template_to_page_and_back(site: Workshop) -> None:
    """Starter files are there, both sides see edits, a stop brings all back, a start goes on."""
    studio = site.show("s")
    (port,) = studio.ports
    assert port.url.rstrip("/").endswith("/code-studios/P/s/8000")
    assert fetched(port.url) == (200, "one")
    zone = site.zone("s")
    (zone / "index.html").write_text("two")
    eventually(lambda: fetched(port.url) == (200, "two"), "an edit here is not there")
    site.inside("s", "echo inside > site/new.txt; mkdir site/sub; echo x > site/sub/y")
    eventually(lambda: (zone / "sub" / "y").exists(), "an edit there is not here")
    site.inside("s", "echo last > site/last.txt")
    assert site.stop("s").state == STOPPED
    assert (zone / "last.txt").read_text() == "last\n"
    (zone / "index.html").unlink()
    (zone / "while-stopped").write_text("x")
    site.start("s")
    assert site.inside("s", "ls site").split() == ["last.txt", "new.txt", "sub", "while-stopped"]


def test_a_killed_daemon_finds_what_runs(site: Workshop) -> None:
    """The program goes on meanwhile; edits of both sides meet afterwards; a stop works."""
    pid, url, zone = runner_of(site, "s"), site.show("s").ports[0].url, site.zone("s")
    workdir = next(one.remote for one in site.show("s").zones)
    site.kill()
    (zone / "index.html").write_text("changed here")
    Path(workdir, "there.txt").write_text("changed there")
    site.begin()
    assert site.show("s").state == RUNNING
    eventually(lambda: (zone / "there.txt").exists(), "a change of meanwhile did not arrive")
    url = site.show("s").ports[0].url
    eventually(lambda: fetched(url)[1] == "changed here")
    assert runner_of(site, "s") == pid
    assert site.show("s").restarts == 0
    assert site.stop("s").state == STOPPED


def test_a_daemon_killed_while_starting_goes_on(own_shop: Workshop) -> None:
    """At every stage of a start: in the end it runs, once."""
    own_shop.create("s", own_shop.template(SLOW))
    own_shop.studios.StartStudio(studios_pb2.StartStudioRequest(name="s"))
    for delay in (0.0, 0.3, 1.0):
        time.sleep(delay)
        own_shop.killed_and_back()
        assert own_shop.show("s").state in (STARTING, RUNNING)
    own_shop.until("s", lambda one: one.state == RUNNING)
    assert len(list((own_shop.state / "studios").iterdir())) == 1


def test_a_daemon_killed_while_stopping_goes_on(site: Workshop) -> None:
    """What was written inside is back, and it is down."""
    site.inside("s", "for i in $(seq 200); do echo $i > site/f$i; done")
    site.studios.StopStudio(studios_pb2.StopStudioRequest(name="s"))
    site.killed_and_back()
    site.until("s", lambda one: one.state == STOPPED)
    assert len(list(site.zone("s").glob("f*"))) == 200
    assert site.show("s").reason.code == ""


def test_a_crash_of_the_runner_loses_nothing(site: Workshop) -> None:
    """It runs again, with the files of both sides, and says that it was restarted."""
    pid = runner_of(site, "s")
    site.inside("s", "echo inside > site/inside.txt")
    os.killpg(pid, signal.SIGKILL)
    studio = site.until("s", lambda one: one.restarts == 1 and one.state == RUNNING)
    eventually(lambda: (site.zone("s") / "inside.txt").exists())
    eventually(lambda: fetched(studio.ports[0].url)[0] == 200, "its server is not back")
    assert runner_of(site, "s") != pid


def test_it_was_killed_while_the_daemon_was_away(site: Workshop) -> None:
    """As after a restart of the machine: it is wanted, so it comes back, files and all."""
    pid, zone = runner_of(site, "s"), site.zone("s")
    site.inside("s", "echo inside > site/inside.txt")
    site.kill()
    os.killpg(pid, signal.SIGKILL)
    site.begin()
    studio = site.until("s", lambda one: one.state == RUNNING and runner_of(site, "s") != pid)
    eventually(lambda: fetched(studio.ports[0].url)[0] == 200)
    assert (zone / "inside.txt").read_text() == "inside\n"
    assert (zone / "index.html").read_text() == "one"


def test_a_program_that_ends_comes_back(site: Workshop) -> None:
    """The runner starts it again; the log of before can be read."""
    keeper = runner_of(site, "s")
    site.inside("s", f'pkill -f http.server -P "$(pgrep -d, -P {keeper})"')
    url = site.show("s").ports[0].url
    eventually(lambda: fetched(url)[0] == 200)
    assert site.show("s").state == RUNNING


def test_a_conflict_at_the_stop_keeps_both_versions(site: Workshop) -> None:
    """One under its name, the other beside it."""
    zone, session = site.zone("s"), site.session("s")
    site.flush(session)
    site.cstudio.run("sync", "pause", session)
    (zone / "index.html").write_text("here")
    site.inside("s", "echo there > site/index.html")
    site.cstudio.run("sync", "resume", session)
    eventually(lambda: site.show("s").zones[0].conflict_count == 1)
    assert site.stop("s").state == STOPPED
    contents = {path.read_text().strip() for path in zone.iterdir()}
    assert contents == {"here", "there"}


def test_a_stop_that_would_lose_something_is_refused(site: Workshop) -> None:
    """It says what, and goes on to run; `discard` takes it down all the same."""
    zone = site.zone("s")
    zone.rename(zone.with_name("moved-away"))
    site.inside("s", "echo precious > site/precious.txt")
    refused = site.stop("s")
    assert (refused.state, refused.reason.code) == (RUNNING, "unsynced")
    assert "--discard" in refused.reason.next
    time.sleep(1)
    assert site.show("s").reason.code == "unsynced"
    assert site.inside("s", "cat site/precious.txt") == "precious\n"
    with pytest.raises(Exception, match="is not deleted"):
        site.delete("s")
    assert site.stop("s", discard=True).state == STOPPED


def test_two_starts_at_once_give_one_studio(own_shop: Workshop) -> None:
    """Eight callers, one process group."""
    own_shop.create("s", own_shop.template(SITE))
    start = studios_pb2.StartStudioRequest(name="s")
    callers = [
        threading.Thread(target=own_shop.studios.StartStudio, args=(start,)) for _ in range(8)
    ]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    own_shop.until("s", lambda one: one.state == RUNNING)
    uid = own_shop.show("s").uid
    keepers = [
        path
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if uid.encode() in _read(path) and b"keeper" in _read(path)
    ]
    assert len(keepers) == 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_ten_at_once_stay_responsive(own_shop: Workshop) -> None:
    """All run; an answer never takes seconds; all end."""
    template = own_shop.template(SITE)
    names = [f"s{number}" for number in range(10)]
    for name in names:
        own_shop.create(name, template)
    for name in names:
        own_shop.studios.StartStudio(studios_pb2.StartStudioRequest(name=name))
    longest = 0.0
    running: set[str] = set()
    end = time.monotonic() + 120
    while len(running) < len(names):
        began = time.monotonic()
        shown = own_shop.studios.ListStudios(studios_pb2.ListStudiosRequest()).studios
        longest = max(longest, time.monotonic() - began)
        running = {one.name for one in shown if one.state == RUNNING}
        assert time.monotonic() < end, [f"{one.name} {one.stage} {one.reason}" for one in shown]
        time.sleep(0.1)
    assert longest < 5
    urls = [own_shop.show(name).ports[0].url for name in names]
    assert {fetched(url) for url in urls} == {(200, "one")}
    for name in names:
        own_shop.studios.StopStudio(studios_pb2.StopStudioRequest(name=name))
    for name in names:
        own_shop.until(name, lambda one: one.state == STOPPED)


def test_an_owner_change_takes_the_studio_along(site: Workshop) -> None:
    """Only while it is stopped; the studio's zones stay."""
    change = studios_pb2.ChangeStudioOwnerRequest(name="s", owner="ada")
    with pytest.raises(Exception, match="runs"):
        site.studios.ChangeStudioOwner(change)
    site.stop("s")
    zone = site.zone("s")
    assert site.studios.ChangeStudioOwner(change).owner == "ada"
    assert site.zone("s") == zone
    assert (zone / "index.html").read_text() == "one"


def test_a_deleted_studio_leaves_its_files_and_nothing_else(site: Workshop) -> None:
    """No process, no session, no folder of the runtime; files go only when asked."""
    pid, zone, uid = runner_of(site, "s"), site.zone("s"), site.show("s").uid
    site.delete("s")
    assert (zone / "index.html").read_text() == "one"
    assert not (site.state / "studios" / uid).exists()
    assert site.cstudio.json("sync", "list") == []
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    site.create("s", "site")
    again = site.zone("s")
    assert again != zone
    site.delete("s", with_files=True)
    assert not again.exists()
    assert zone.exists()


def test_a_restart_takes_the_template_as_it_is_now(site: Workshop) -> None:
    """Until then the studio is shown as outdated, and survives a daemon's restart."""
    site.template(SITE.replace("target: site", "target: elsewhere"), "site")
    assert site.show("s").outdated
    site.killed_and_back()
    eventually(lambda: site.show("s").zones[0].state == "WATCHING" or site.show("s").zones[0].state)
    (site.zone("s") / "more.txt").write_text("x")
    eventually(lambda: "more.txt" in site.inside("s", "ls site"))
    site.studios.RestartStudio(studios_pb2.RestartStudioRequest(name="s"))
    site.until("s", lambda one: one.state == RUNNING and not one.outdated)
    assert "more.txt" in site.inside("s", "ls elsewhere")
