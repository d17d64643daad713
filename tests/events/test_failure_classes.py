"""Failures are named by their kind, or by a class of kinds; what owners are told as one is one to them."""

import pytest

from events.subscriptions.failure_classes import NoSuchClass, kinds
from events.subscriptions.outgoing import SENTENCES, UNREACHABLE, told


def test_classes_are_what_they_say():
    assert kinds(["timeout", "status_503"]) == {"timeout", "status_503"}
    assert kinds(["http_503"]) == {"status_503"}
    assert kinds(["status_5xx"]) == {f"status_{number}" for number in range(500, 600)}
    assert kinds([UNREACHABLE]) == {kind for kind in SENTENCES if told(kind) == UNREACHABLE}
    assert kinds(["dns_error"]) == {"dns_error"}


@pytest.mark.parametrize("said", ["", "status_", "status_6xx", "timeuot", "5xx", "status_50x"])
def test_what_nothing_is_called_is_refused(said):
    with pytest.raises(NoSuchClass, match="no delivery fails by"):
        kinds([said])


def test_an_owner_finds_out_nothing_about_our_network():
    for kind in kinds([UNREACHABLE]):
        with pytest.raises(NoSuchClass):
            kinds([kind], owner=True)
    assert kinds(["timeout", UNREACHABLE], owner=True) == kinds(["timeout", UNREACHABLE])
