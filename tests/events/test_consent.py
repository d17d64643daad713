"""Consent is both headers and nothing else."""

import pytest

from events.subscriptions.consent import (
    AGAIN,
    MOST_RATE,
    WAITS,
    BadRate,
    Consent,
    allowed_rate,
    answer,
    carried,
    digest_of,
    question,
    token,
    with_origin,
)
from events.subscriptions.outgoing import Answered, Failed, Request

STATE = {"id": "ri.1", "name": "a", "status": "active", "sink": "https://example.com/a?b",
         "config": {"timeout": 20, "handshake": True, "rate": 2}}  # fmt: skip
FREE = {**STATE, "config": {"timeout": 20, "handshake": True}}
NOW = 1_000_000


def answered(ended, digest="", before=None, state=STATE):
    return answer(state, "oms.example", digest, before, ended, NOW, 0.5)


def said(status=200, **headers):
    return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.1)


def test_the_question_is_put_to_exactly_the_sink():
    asked = question(STATE, "oms.example", "https://oms.example/consent/t")
    assert (asked.method, asked.url, asked.body) == ("OPTIONS", STATE["sink"], b"")
    assert asked.headers == {
        "webhook-request-origin": "oms.example",
        "webhook-request-callback": "https://oms.example/consent/t",
        "webhook-request-rate": "120",
    }
    assert question(FREE, "oms.example", None).headers == {"webhook-request-origin": "oms.example"}


@pytest.mark.parametrize(
    ("ended", "status", "rate"),
    [
        (said(webhook_allowed_origin="*", webhook_allowed_rate="*"), "granted", None),
        (said(webhook_allowed_origin="oms.example", webhook_allowed_rate="60"), "granted", 60),
        (said(405, webhook_allowed_origin="OMS.example", webhook_allowed_rate="1"), "granted", 1),
        (said(webhook_allowed_origin="*"), "refused", None),
        (said(webhook_allowed_rate="*"), "refused", None),
        (said(webhook_allowed_origin="other.example", webhook_allowed_rate="*"), "refused", None),
        (said(webhook_allowed_origin="oms.example, *", webhook_allowed_rate="*"), "refused", None),
        (said(webhook_allowed_origin="*", webhook_allowed_rate="0"), "refused", None),
        (said(webhook_allowed_origin="*", webhook_allowed_rate="many"), "refused", None),
        (said(200), "refused", None),
        (said(405), "refused", None),
        (Failed("timeout", "", 20.0), "asked", None),
    ],
)
def test_consent_is_both_headers_whatever_the_status(ended, status, rate):
    consent = answered(ended)
    assert (consent.status, consent.rate, consent.next is None) == (status, rate, status == "granted")


def test_with_a_callback_silence_is_no_refusal_but_another_origin_is():
    assert answered(said(405), digest="d").status == "asked"
    assert answered(said(webhook_allowed_origin="other.example"), digest="d").status == "refused"


def test_it_is_asked_again_ever_less_often():
    consent, waits = None, []
    for _ in range(len(AGAIN) + 2):
        consent = answered(said(405), before=consent)
        waits.append((consent.next - consent.time) / 1e6)
    assert waits == [*AGAIN, AGAIN[-1], AGAIN[-1]]
    elsewhere = answered(said(405), before=consent, state={**STATE, "sink": "https://example.com/other"})
    assert elsewhere.tries == 1


@pytest.mark.parametrize(
    ("text", "rate"), [(None, None), ("*", 0), (" 7 ", 7), (str(MOST_RATE + 1), 0), ("9" * 400, 0)]
)
def test_a_rate_is_a_positive_number_or_all(text, rate):
    assert allowed_rate({} if text is None else {"webhook-allowed-rate": text}) == rate


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "٣", "1/s"])
def test_anything_else_is_no_rate(text):
    with pytest.raises(BadRate):
        allowed_rate({"webhook-allowed-rate": text})


def test_who_did_not_consent_waits_and_who_did_is_no_faster_than_was_permitted():
    granted = answered(said(webhook_allowed_origin="*", webhook_allowed_rate="60"))
    assert carried(STATE, None, "oms.example")["status"] == WAITS
    assert carried(STATE, answered(said(405)), "oms.example")["status"] == WAITS
    assert carried(STATE, granted, "other.example")["status"] == WAITS
    assert carried({**STATE, "sink": "https://b"}, granted, "oms.example")["status"] == WAITS
    assert carried(STATE, granted, "oms.example")["config"]["rate"] == 1
    assert carried(FREE, granted, "oms.example")["config"]["rate"] == 1
    assert carried(STATE, granted._replace(rate=6_000), "oms.example")["config"]["rate"] == 2
    assert carried(STATE, granted._replace(rate=None), "oms.example") is STATE
    paused = {**STATE, "status": "paused"}
    assert carried(paused, None, "oms.example") is paused
    silent = {**STATE, "config": {"timeout": 20}}
    assert carried(silent, None, "oms.example") is silent
    assert isinstance(granted, Consent)


def test_deliveries_say_whom_was_consented_to():
    request = Request(STATE["sink"], {"a": "b"}, b"{}", 20.0)
    assert with_origin(STATE, request, "oms.example").headers == {"a": "b", "webhook-request-origin": "oms.example"}
    assert with_origin({**STATE, "config": {}}, request, "oms.example") is request


def test_a_token_is_of_one_question_and_not_stored_itself():
    tokens = {token(key, one, sink, "o") for key in (b"k", b"l") for one in ("a", "b") for sink in ("c", "d")}
    assert len(tokens) == 8
    assert all(len(each) == 43 and each not in digest_of(each) for each in tokens)
