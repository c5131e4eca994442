"""Which address is opened."""

from __future__ import annotations

import pytest
from cstudio import errors
from cstudio.cli.studio.opening import address
from cstudio_api.v1 import studios_pb2 as pb

API = pb.StudioPort(port=9000, url="http://127.0.0.1:1/9000/")
LAB = pb.StudioPort(port=8888, html=True, url="http://127.0.0.1:1/8888/")


def studio(*ports: pb.StudioPort, state: pb.Studio.State = pb.Studio.STATE_RUNNING) -> pb.Studio:
    return pb.Studio(name="lab", state=state, ports=ports)


def test_the_first_page_or_the_port_that_is_named() -> None:
    assert address(studio(API, LAB), None) == LAB.url
    assert address(studio(API, LAB), 9000) == API.url


@pytest.mark.parametrize(("ports", "port"), [((API,), None), ((API, LAB), 80), ((), None)])
def test_what_it_does_not_have_is_not_found(ports: tuple[pb.StudioPort, ...], port: int) -> None:
    with pytest.raises(errors.NotFoundError):
        address(studio(*ports), port)


@pytest.mark.parametrize(
    "found",
    [
        studio(LAB, state=pb.Studio.STATE_STOPPED),
        studio(LAB, state=pb.Studio.STATE_STARTING),
        studio(pb.StudioPort(port=8888, html=True)),
    ],
)
def test_one_that_does_not_run_has_no_address(found: pb.Studio) -> None:
    with pytest.raises(errors.StateError) as caught:
        address(found, None)
    assert caught.value.hint == "cstudio studio start lab --wait"
