"""An event in another shape: by JMESPath, within bounds, and refused with its place where it cannot be."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.mails import mail
from events.subscriptions.messages import event_headers, message
from events.subscriptions.shaping import MAX_WORK, Unshaped, shape_faults, shaped
from events.wire.cloudevents import decode_batch
from events.wire.content_modes import from_http
from events.wire.envelope import encode
from tests.events.samples import EVENT

BODY = encode(EVENT)
CONFIG = {"mode": "structured"}


def reshaped(expression, of="data", mode="structured"):
    return message({"mode": mode, "transform": {"expression": expression, "of": of}}, [BODY])


def test_without_a_transformation_the_bytes_are_those_of_the_log():
    assert message(CONFIG, [BODY]).body is BODY


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("data.key", "2013:1:1:UA"),
        ("data.properties.hours", "5.25"),
        ("`true`", "true"),
        ("'KE 17'", "KE 17"),
        ("data.missing", None),
        ("'편 17'", "%ED%8E%B8%2017"),
        ("join('', ['a', `\"\\r\\nX-Evil: 1\"`])", "a%0D%0AX-Evil:%201"),
    ],
)
def test_a_header_is_made_of_an_event(expression, value):
    assert event_headers({"X-A": expression}, BODY) == ({} if value is None else {"X-A": value})


def test_a_header_is_one_value_of_some_length():
    for expression in ("data", "[id]", f"join('', [{', '.join(['id'] * 150)}])"):
        with pytest.raises(Unshaped):
            event_headers({"X-A": expression}, BODY)


def test_the_answer_takes_the_place_of_data_and_the_envelope_stays():
    headers, body = reshaped('{"운항": key, "시간": properties.hours}')
    event = json.loads(body)
    assert event["data"] == {"운항": "2013:1:1:UA", "시간": 5.25}
    assert (event["id"], event["type"], event["sequence"]) == (EVENT.id, EVENT.type, EVENT.sequence)
    assert "dataschema" not in event
    assert headers["Content-Type"].startswith("application/cloudevents+json")


def test_of_the_whole_event_the_answer_is_the_body():
    headers, body = reshaped("{text: join(' ', [type, data.key])}", "event")
    assert (dict(headers), json.loads(body)) == (
        {"Content-Type": "application/json"},
        {"text": f"{EVENT.type} 2013:1:1:UA"},
    )


def test_in_binary_mode_attributes_stay_beside_it():
    for of, expression in (("data", "key"), ("event", "data.key")):
        headers, body = reshaped(expression, of, "binary")
        (event,) = from_http(headers.items(), body)
        assert (body, event.attributes["id"]) == (b'"2013:1:1:UA"', EVENT.id)


def test_a_batch_holds_several():
    assert len(decode_batch(message({"mode": "batch"}, [BODY, BODY]).body)) == 2
    transform = {"expression": "data.key", "of": "event"}
    assert json.loads(message({"mode": "batch", "transform": transform}, [BODY, BODY]).body) == ["2013:1:1:UA"] * 2


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("lenght(l)", "there is no function 'lenght'; is it length?"),
        ("length(l", "it cannot be read at character 9: Invalid jmespath expression"),
        ("length(a, b)", "length takes 1 argument, 2 are given"),
        ("", "it cannot be read: Invalid JMESPath expression: cannot be empty."),
        ("(" * 1_500, "it is nested too deep, at most 40 may be"),
        ("|".join(["[@]"] * 60), "it is nested too deep, at most 40 may be"),
        ("a" * 2_001, "it has 2,001 characters, at most 2,000 are taken"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_place(expression, text):
    assert [(each.code, each.path, each.text) for each in shape_faults(expression, "/at")] == [
        ("SUBSCRIPTION_TRANSFORM", "/at", text)
    ]


@pytest.mark.parametrize("expression", ["nope", "sum(name)", "ceil(to_number('1e999'))"])
def test_what_comes_to_nothing_is_said_and_is_no_crash(expression):
    assert list(shape_faults(expression, "")) == []
    with pytest.raises(Unshaped):
        shaped(expression, b'{"name": "x"}')


@pytest.mark.parametrize(
    "expression", ["|".join(["[@, @, @]"] * 20), "|".join(["[@, @]"] * 10 + ["[]"] * 10 + ["to_string([@, @, @, @])"])]
)
def test_one_that_grows_without_end_is_stopped(expression):
    with pytest.raises(Unshaped, match=f"more than {MAX_WORK:,} steps"):
        shaped(expression, json.dumps(list(range(2_000))).encode())


def test_letters_stay_letters():
    assert shaped("to_string(@)", '{"이름":"편"}'.encode()) == json.dumps('{"이름":"편"}', ensure_ascii=False).encode()


@given(st.text(max_size=40))
def test_any_text_is_either_refused_or_ends(expression):
    faults = list(shape_faults(expression, ""))
    try:
        shaped(expression, b'{"a": [1, {"b": "c"}]}')
    except Unshaped:
        return
    assert faults == []


def test_what_the_page_makes_of_a_report_for_people_is_a_letter_and_a_message():
    report = {**json.loads(BODY), "type": "io.oms.subscription.failing.v1", "data": {"name": "탑승구", "percent": 50}}
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    letter, text = re.findall(r'--transform-of event \\\n +--transform "(.*)"\n', page)
    made = mail(shaped(letter, json.dumps(report).encode()))
    assert made.subject == "OMS: 탑승구 io.oms.subscription.failing.v1"
    assert made.text == '{"name":"탑승구","percent":50} — see oms webhook tries 탑승구'
    assert json.loads(shaped(text, json.dumps(report).encode()))["text"].startswith(":warning: 탑승구 io.oms")
