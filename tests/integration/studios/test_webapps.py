"""Web apps of a real daemon, in the local runtime."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Any

import grpc
import pytest
from cstudio_api.v1 import webapps_pb2 as pb
from support import webapps
from support.webapps import asked, publish, replica_cookie, until, until_ready
from support.workshop import STOPPED, Workshop, eventually

pytestmark = pytest.mark.timeout(240)


def runner_of(shop: Workshop, uid: str) -> int:
    """Return the process that keeps a replica's runner."""
    record = (shop.state / "studios" / uid / "record.json").read_text()
    found = re.search(r'"pid": ?(\d+)', record)
    assert found is not None
    return int(found.group(1))


@pytest.fixture(scope="module")
def gallery(shop: Workshop) -> Workshop:
    """A daemon with a studio `s` that does not run."""
    shop.create("s", shop.template(webapps.template()))
    return shop


def test_from_publishing_to_its_end(own_shop: Workshop) -> None:
    """Two replicas serve, one is lost and comes back, the daemon is killed, all is restarted."""
    own_shop.template(webapps.template())

    def lose(replica: Any) -> None:
        os.kill(runner_of(own_shop, replica.uid), signal.SIGKILL)

    webapps.lives(own_shop, "local", lose, 60)
    assert own_shop.show("p").state == STOPPED, "the studio itself never ran"


def test_a_visitor_stays_with_one_replica(gallery: Workshop) -> None:
    """New visitors are spread; who comes back is served by the one that they had."""
    app = until_ready(gallery, publish(gallery, "s", replicas=2).id)
    cookies = [replica_cookie(asked(app.url)) for _ in range(6)]
    assert {cookies.count(one) for one in set(cookies)} == {3}
    mine = asked(app.url + "env.txt", cookies[0])
    assert not replica_cookie(mine), "told once"
    assert {asked(app.url + "env.txt", cookies[0]).text for _ in range(5)} == {mine.text}
    webapps.unpublish(gallery, app.id)


def test_a_server_that_must_know_its_prefix(gallery: Workshop) -> None:
    """What it makes of its prefix is told in terms of the address that was asked for."""
    app = until_ready(gallery, publish(gallery, "s", port=8002).id)
    (replica,) = app.replica_states
    path = app.url.partition(webapps.BASE)[2]
    origin = app.url.partition(webapps.BASE)[0]
    prefix = f"{webapps.BASE}{path[:-1]}_{replica.pod}/8002"
    home = asked(app.url + "a%2Fb?q=%20", "seen=1")
    assert (home.status, home.text) == (200, f"{prefix}/a%2Fb?q=%20 seen=1")
    assert f"seen=1; Path={webapps.BASE}{path}" in home.cookies
    assert f"seen=1; Path={prefix}/" in home.cookies
    assert asked(app.url + "moved").location == f"{webapps.BASE}{path}home?x=1"
    inside = asked(f"{origin}{prefix}/moved")
    assert inside.location == f"{prefix}/home?x=1"
    gone = asked(f"{origin}{prefix.replace(replica.pod, 'cstudio-gone')}/x?y")
    assert (gone.status, gone.location) == (307, f"{webapps.BASE}{path}x?y")
    assert asked(app.url[:-1]).location == webapps.BASE + path
    assert asked(f"{origin}{prefix}/../../../../code-studios/P/s/8000/").status in (400, 404)
    webapps.unpublish(gallery, app.id)


def test_changes_arrive_live_when_asked(gallery: Workshop) -> None:
    """A live web app follows the zone; what it writes itself never comes back."""
    live = publish(gallery, "s", live=True)
    still = publish(gallery, "s")
    until_ready(gallery, live.id)
    until_ready(gallery, still.id)
    zone = gallery.zone("s")
    (zone / "index.html").write_text("three")
    eventually(lambda: asked(live.url).text == "three", "a live one did not follow")
    assert asked(still.url).text != "three"
    time.sleep(1)  # a moment in which something could come back
    assert not (zone / "env.txt").exists()
    webapps.restart(gallery, still.id)
    assert asked(still.url).text == "three"
    for app in (live, still):
        webapps.unpublish(gallery, app.id)


def test_a_published_studio_is_not_deleted(gallery: Workshop) -> None:
    """Its zones are read: who deletes it is told what to end first."""
    app = publish(gallery, "s")
    with pytest.raises(grpc.RpcError) as refused:
        gallery.delete("s")
    assert app.id in str(refused.value.details())
    webapps.unpublish(gallery, app.id)
    assert gallery.show("s").name == "s"


def test_a_web_app_that_cannot_run_says_why(gallery: Workshop) -> None:
    """By the reasons that studios have, with what to do about a web app."""
    zone = gallery.zone("s")
    (zone / "whole.py").write_text("raise SystemExit('out of paint')\n")
    app = publish(gallery, "s", port=8002)
    failed = until(gallery, app.id, lambda one: one.state == pb.WebApp.STATE_FAILED)
    assert failed.reason.code in ("crash_loop", "entrypoint_exited"), failed.reason
    assert "out of paint" in failed.reason.evidence
    assert f"cstudio webapp logs {app.id}" in failed.reason.next
    page = asked(app.url)
    assert (page.status, "out of paint" in page.text) == (502, True)
    webapps.unpublish(gallery, app.id)


def test_a_restart_that_fails_leaves_the_others(gallery: Workshop) -> None:
    """One replica after another: what does not come up ends that, and the rest still serves."""
    zone = gallery.zone("s")
    (zone / "whole.py").write_text(webapps.WHOLE)
    app = until_ready(gallery, publish(gallery, "s", port=8002, replicas=2).id)
    first, second = (one.uid for one in app.replica_states)
    (zone / "whole.py").write_text("raise SystemExit('out of paint')\n")
    gallery.webapps.RestartWebApp(pb.RestartWebAppRequest(id=app.id))
    half = until(gallery, app.id, lambda one: one.reason.code == "crash_loop")
    assert half.state == pb.WebApp.STATE_DEGRADED
    ready = {one.uid: one.ready for one in half.replica_states}
    assert ready == {first: False, second: True}
    assert asked(app.url).status == 200
    (zone / "whole.py").write_text(webapps.WHOLE)
    webapps.restart(gallery, app.id)
    webapps.unpublish(gallery, app.id)


def test_the_command_line(gallery: Workshop) -> None:
    """Publish and wait, list, show, read what it says, restart and wait, unpublish."""
    cstudio = gallery.cstudio
    made = cstudio.json("webapp", "publish", "s", "--port", "8001", "--group", "b", "--group", "a",
                        "--wait")  # fmt: skip
    assert (made["state"], made["studio"], made["project"]) == ("RUNNING", "s", "P")
    assert (made["port"], made["live"], made["reason"]) == (8001, False, None)
    assert made["replicas"] == {"ready": 1, "wanted": 1}
    assert made["access"] == {"public": False, "groups": ["a", "b"]}
    id = made["id"]
    assert made in cstudio.json("webapp", "list", "--project", "P")
    assert cstudio.json("webapp", "show", id) == made
    assert asked(made["url"]).text, "whoever runs the daemon may visit"
    eventually(lambda: "GET / " in cstudio.run("webapp", "logs", id).stdout)
    again = cstudio.json("webapp", "restart", id, "--wait")
    assert (again["state"], again["replicas"]) == ("RUNNING", made["replicas"])
    assert "unpublish" in cstudio.run("studio", "delete", "s", "--yes", status=12).stderr
    assert cstudio.json("webapp", "unpublish", id) == {"unpublished": id}
    refused = cstudio.run("webapp", "show", id, status=11)
    assert "no web app" in refused.stderr


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"port": 8000}, "cannot be published at port 8000"),
        ({"port": 0}, "several ports"),
        ({"replicas": 1000}, "1000 replicas"),
        ({"access": pb.WebAppAccess(public=True, groups=["a"])}, "not both"),
    ],
)
def test_what_cannot_be_published(gallery: Workshop, how: dict[str, Any], said: str) -> None:
    """Is refused with what can be, and nothing is made."""
    before = len(gallery.webapps.ListWebApps(pb.ListWebAppsRequest()).webapps)
    with pytest.raises(grpc.RpcError) as refused:
        publish(gallery, "s", **how)
    assert said in str(refused.value.details())
    assert len(gallery.webapps.ListWebApps(pb.ListWebAppsRequest()).webapps) == before
