"""Who wrote what: services that act for somebody, and commands that must be signed by who sends them."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from events.wire.envelope import decode
from producers.receive import address, receive
from security.signers import Signers, signed_bytes
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
DELEGATED = {"author": "svc-import@flights", "onBehalfOf": "김하나@desk", "reason": "휴가 대리"}


def told(principal: str, **said: Any) -> tuple[list[str], str]:
    """The findings' codes of a command as it is received, and its message."""
    body = {"id": "c1", "type": "CreateObject", "branch": MAIN, "data": plane("N1"), **said}
    signers = Signers({"alice": [base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).decode().rstrip("=")]})
    subject = command_subject("main", principal, MAIN, "CreateObject")
    submitted = receive(address(subject), json.dumps(body).encode(), signers)
    return [finding.code for finding in submitted.findings], submitted.message


def signature(**said: Any) -> str:
    body = {"id": "c1", "type": "CreateObject", "branch": MAIN, "data": plane("N1"), **said}
    return base64.urlsafe_b64encode(KEY.sign(signed_bytes(body))).decode().rstrip("=")


async def test_delegated_work_is_by_the_service_and_says_for_whom_and_why():
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    (outcome,) = await desk.group({**asked("CreateObjectType", **PLANE), **DELEGATED, "message": "매월 수입"})
    event = decode((await outbox.row(outcome["position"])).body)
    assert (event.author, event.onbehalfof) == ("svc-import@flights", "김하나@desk")
    assert event.message == "매월 수입\n\nReason: 휴가 대리"


@pytest.mark.parametrize(
    ("said", "found", "message"),
    [
        ({"onBehalfOf": "bob@desk", "reason": "ill"}, [], "Reason: ill"),
        ({"onBehalfOf": "bob@desk"}, [], ""),
        ({"reason": "ill"}, ["COMMAND_REASON"], ""),
        ({"onBehalfOf": "bob", "reason": "ill"}, ["COMMAND_AUTHOR"], ""),
    ],
)
def test_a_reason_belongs_to_somebody_who_is_acted_for(said, found, message):
    assert told("local", **said) == (found, message)


def test_who_has_a_key_signs_what_it_sends():
    assert told("alice", signature=signature())[0] == []
    assert told("alice", message="x", signature=signature(message="x"))[0] == []
    assert told("alice")[0] == ["TAMPER_SIGNATURE"]
    assert told("alice", message="y", signature=signature(message="x"))[0] == ["TAMPER_SIGNATURE"]
    assert told("bob", signature=signature())[0] == ["TAMPER_SIGNATURE"]
    assert told("bob")[0] == []


async def test_what_was_tampered_with_stands_among_the_refusals():
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    (outcome,) = await desk.group({**asked("CreateObjectType", **PLANE), "signature": "AAAA"})
    assert (outcome["status"], codes(outcome)) == ("rejected", ["TAMPER_SIGNATURE"])
    ((_, refusal),) = await outbox.refusals(0, 10)
    assert json.loads(refusal.findings)[0][0] == "TAMPER_SIGNATURE"
