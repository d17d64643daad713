import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.findings import EnvelopeError
from events.wire.strict_json import parse, too_deep
from tests.events.samples import json_values


@given(json_values, st.sampled_from([None, 2]), st.booleans())
def test_json_reads_as_the_standard_library_reads_it(value, indent, ascii_only):
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "EVENT_NOT_JSON", ""),
        (b"{", "EVENT_NOT_JSON", ""),
        (b"{}{}", "EVENT_NOT_JSON", ""),
        (b"{'a':1}", "EVENT_NOT_JSON", ""),
        (b"[1,]", "EVENT_NOT_JSON", ""),
        (b"01", "EVENT_NOT_JSON", ""),
        (b'"\x01"', "EVENT_NOT_JSON", ""),
        (b'"\xff"', "EVENT_NOT_JSON", ""),
        (b'"\xed\xa0\x80"', "EVENT_NOT_JSON", ""),  # a surrogate as UTF-8
        (b"\xef\xbb\xbf{}", "EVENT_NOT_JSON", ""),
        (b"NaN", "EVENT_NUMBER", ""),
        (b'{"a":[-Infinity]}', "EVENT_NUMBER", ""),
        (b'{"a":[0,1e999]}', "EVENT_NUMBER", "/a/1"),
        (b"9" * 5000, "EVENT_NUMBER", ""),
        (b'{"a":1,"a":1}', "EVENT_DUPLICATE_KEY", "/a"),
        (b'{"a":1,"\\u0061":1}', "EVENT_DUPLICATE_KEY", "/a"),
        (b'{"x":[0,{"a/b":1,"c":2,"a/b":3}]}', "EVENT_DUPLICATE_KEY", "/x/1/a~1b"),
        (b'{"x":["\\ud800"]}', "EVENT_SURROGATE", "/x/0"),
        (b'{"\\udfff":1}', "EVENT_SURROGATE", ""),
        (b"[" * 65 + b"]" * 65, "EVENT_TOO_DEEP", ""),
        (b'{"a":' * 200_000, "EVENT_TOO_DEEP", ""),
    ],
)
def test_what_is_refused_and_where(body, code, path):
    with pytest.raises(EnvelopeError) as refused:
        parse(body)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_surrogate_pairs_are_characters():
    assert parse(b'"\\ud83d\\ude00"') == "😀"


def test_depth_is_counted_outside_of_strings():
    assert parse(b"[" * 64 + b"]" * 64)
    assert not too_deep(json.dumps(["[" * 1000, '\\"[' * 1000, "{" * 1000]).encode())
    assert not too_deep(b"[" + b"[]," * 1000 + b"[]]")


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 260_000, b'"' * 520_000, b"\\" * 520_000 + b"[" * 65, b'"[' * 260_000]
)
def test_hostile_strings_are_measured_in_one_pass(body):
    too_deep(body + b"[" * 65)  # quadratic, this would take minutes


@given(st.recursive(st.just(None), lambda inner: st.lists(inner, max_size=3), max_leaves=40), st.integers(1, 6))
def test_too_deep_agrees_with_a_walk(value, limit):
    def depth(item):
        return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0

    assert too_deep(json.dumps(value).encode(), limit) == (depth(value) > limit)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u d8ea0 1eNtf.-', max_size=60).map(str.encode))
def test_whatever_comes_is_read_or_refused(body):
    try:
        value = parse(body)
    except EnvelopeError as refused:
        str(refused).encode()
    else:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
