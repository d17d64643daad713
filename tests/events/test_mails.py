"""What was made of an event, as a letter."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.mails import LONGEST, mail, permitted
from events.subscriptions.sinks import sink_fault


@given(st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)))
def test_whatever_it_is_has_a_subject_of_one_line(value):
    made = mail(json.dumps(value).encode())
    assert made.subject.isprintable()
    assert 0 < len(made.subject) <= LONGEST
    assert not isinstance(value, str) or made.text == value


def test_subject_and_text_are_taken_as_they_are_said():
    assert mail(b'{"subject": "a", "text": "b\\nc"}') == ("a", "b\nc")
    assert mail(b'{"text": "\\n b\\nc"}') == ("b", "\n b\nc")
    assert mail(b'{"text": "b", "more": 1}').subject == "an event of OMS"


@pytest.mark.parametrize(
    ("address", "pattern", "may"),
    [
        ("a@b.c", "*", True),
        ("a@B.c", "*@b.C", True),
        ("a@b.c", "a@b.c", True),
        ("A@b.c", "a@b.c", False),
        ("a@x.b.c", "*@b.c", False),
        ("a@b.c", "*@b.c.d", False),
    ],
)
def test_who_may_be_written_to(address, pattern, may):
    assert permitted(address, (pattern,)) is may
    assert not permitted(address, ())


@pytest.mark.parametrize(
    ("sink", "right"),
    [
        ("mailto:ops@example.com", True),
        ("mailto:ops@example.com,a.b+c@example.co.kr", True),
        ("mailto:ops@example.com?subject=x", False),
        ("mailto:ops@example.com, a@example.com", False),
        ("mailto:a@b\r\nBcc: c@d.e", False),
        ("mailto:", False),
        ("ops@example.com", False),
        ("mailto:" + ",".join(f"a{n}@example.com" for n in range(21)), False),
    ],
)
def test_a_sink_is_addresses(sink, right):
    assert (sink_fault("MAIL", sink) is None) is right
