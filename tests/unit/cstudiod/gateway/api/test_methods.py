"""What can be called."""

from __future__ import annotations

from cstudiod.gateway.api.methods import of_the_contract
from cstudiod.rpc.rights import PACKAGE, RIGHTS

METHODS = of_the_contract()


def test_every_method_of_the_contract_can_be_called_and_no_other() -> None:
    """Health and reflection are no business of a page."""
    assert set(METHODS) == {f"/{PACKAGE}.{name}" for name in RIGHTS}


def test_the_shape_of_a_method_is_known() -> None:
    """What it takes, what it gives, how often."""
    one = METHODS["/cstudio.v1.Studios/WatchStudios"]
    names = (one.request.DESCRIPTOR.name, one.response.DESCRIPTOR.name)
    assert names == ("WatchStudiosRequest", "WatchStudiosResponse")
    assert one.answers_often
    assert not one.is_talk
    talks = {path.rpartition("/")[2] for path, method in METHODS.items() if method.is_talk}
    assert talks == {"ExecuteInStudio", "ForwardStudioPort"}
