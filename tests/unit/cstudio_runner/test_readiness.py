"""What is tried to tell whether a studio is ready, and what is said about the answers."""

from __future__ import annotations

import pytest
from cstudio_runner import readiness
from cstudio_runner.launch import Launch, Nginx, Port, Readiness
from cstudio_runner.readiness import Plan
from cstudio_runner.status import PortLook, UrlLook

BASE = "/code-studios/P/s"
PORTS = (Port(8888, 40001), Port(8501, 8501))
API = "http://localhost:40001"


@pytest.mark.parametrize(
    ("wanted", "plan"),
    [
        (Readiness(), Plan()),
        (Readiness((8888,)), Plan(((8888, 40001),))),
        (
            Readiness(url="http://localhost:8888${baseUrlPort8888}/api", headers={"A": "b"}),
            Plan((), API + BASE + "/8888/api", (API + "/api",), {"A": "b"}),
        ),
        (
            Readiness(url="http://127.0.0.1:8501/healthz?x=1"),
            Plan(
                (),
                "http://127.0.0.1:8501/healthz?x=1",
                ("http://127.0.0.1:8501%s/8501/healthz?x=1" % BASE,),
            ),
        ),
        (
            Readiness(url="http://localhost:8501${baseUrl}/x"),
            Plan(
                (),
                "http://localhost:8501%s/x" % BASE,
                ("http://localhost:8501/x", "http://localhost:8501%s/8501/x" % BASE),
            ),
        ),
        (
            Readiness(url="http://elsewhere:8888/"),
            Plan((), "http://elsewhere:8888/", ("http://elsewhere:8888%s/8888/" % BASE,)),
        ),
    ],
)
def test_what_is_tried(wanted: Readiness, plan: Plan) -> None:
    launch = Launch(base_path=BASE, ports=PORTS, readiness=wanted)
    assert readiness.plan(launch, {}) == plan


def test_nginx_must_listen_too() -> None:
    launch = Launch(base_path=BASE, ports=PORTS, nginx=Nginx(port=99), readiness=Readiness((8501,)))
    assert readiness.plan(launch, {}).ports == ((8501, 8501), (0, 99))


@pytest.mark.parametrize(
    ("status", "location", "leads_to"),
    [
        (302, "/lab", "http://localhost:80/lab"),
        (301, "http://localhost:80/x?y", "http://localhost:80/x?y"),
        (302, "lab", "http://localhost:80/a/lab"),
        (302, "https://localhost:80/", ""),
        (302, "http://elsewhere/", ""),
        (302, "http://localhost:99999/", ""),
        (302, "", ""),
        (200, "/lab", ""),
    ],
)
def test_redirects_are_followed_on_the_same_server_only(
    status: int, location: str, leads_to: str
) -> None:
    assert readiness.next_url("http://localhost:80/a/b", status, location) == leads_to


OPEN = PortLook(8888, 8888, "ok")


@pytest.mark.parametrize(
    ("ports", "url", "started", "ready", "message"),
    [
        ([OPEN], None, "", True, "ready"),
        ([], None, "", True, "ready"),
        ([OPEN], None, "`a` is not started yet", False, "`a` is not started yet"),
        (
            [
                OPEN,
                PortLook(8501, 40001, "refused"),
                PortLook(0, 99, "timeout", "no answer in time"),
            ],
            None,
            "",
            False,
            "nothing listens on port 8501 (here 40001) yet; "
            "nginx does not answer: no answer in time",
        ),
        ([OPEN], UrlLook("http://l/", "ok", 200), "", True, "ready"),
        ([], UrlLook("http://l/", "status", 503), "", False, "http://l/ answers 503"),
        (
            [],
            UrlLook("http://l/", "status", 403, redirected_to="http://l/in"),
            "",
            False,
            "http://l/in answers 403",
        ),
        ([], UrlLook("http://l/", "refused"), "", False, "http://l/: nothing listens there yet"),
        (
            [],
            UrlLook("http://l/", "timeout", 0, "no answer in time"),
            "",
            False,
            "http://l/: no answer in time",
        ),
        (
            [],
            UrlLook("http://l/p/x", "wrong_prefix", 404, other_url="http://l/x", other_status=200),
            "",
            False,
            "http://l/p/x answers 404, but http://l/x answers 200; its server does not know "
            "the path prefix: choose the subpath `/`, or configure the prefix in the server",
        ),
        (
            [],
            UrlLook("http://l/x", "wrong_prefix", 404, other_url="http://l/p/x", other_status=200),
            "",
            False,
            "http://l/x answers 404, but http://l/p/x answers 200; its server is configured "
            "with a path prefix: choose the subpath `$request_uri`, "
            "and put the prefix into the readiness URL",
        ),
    ],
)
def test_what_is_said(
    ports: list[PortLook], url: UrlLook | None, started: str, ready: bool, message: str
) -> None:
    look = readiness.judged(1.0, ports, url, started)
    assert (look.ready, look.message) == (ready, message)
