"""Personal data: what is found in texts as people write them, and that its look-alikes are left alone."""

import csv
import gzip
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from security.pii import found, masked

DEMO = Path(__file__).parents[2] / "oms" / "demo" / "flights"

FOUND = [
    ("email", "kim@example.com", "문의는 {}으로 보내 주세요"),
    ("email", "hana.kim+ontology@mail.example.co.kr", "<{}>"),
    ("email", "홍길동@예시.한국", "담당 {}"),
    ("phone", "010-1234-5678", "전화{}입니다"),
    ("phone", "01012345678", "{}"),
    ("phone", "０１０－１２３４－５６７８", "연락처：{}"),
    ("phone", "+82 10-1234-5678", "{} 또는"),
    ("phone", "+1 650-253-0000", "call {}."),
    ("phone", "+442079460958", "{}"),
    ("phone", "02-123-4567", "대표 {}"),
    ("phone", "(031) 123-4567", "{}"),
    ("rrn", "900101-1234567", "주민번호 {} 확인"),
    ("rrn", "010228-3234567", "{}"),
    ("rrn", "201015-4000001", "2020년 10월 이후 {}"),
    ("rrn", "9001011234567", "주민등록번호는 {}"),
    ("rrn", "9710131019916", "{}"),
    ("card", "4111 1111 1111 1111", "카드 {} 결제"),
    ("card", "5555-5555-5555-4444", "Mastercard {}"),
    ("card", "378282246310005", "amex: {}"),
    ("card", "3782 822463 10005", "credit {}"),
    ("card", "3530111333300000", "card {}"),
    ("iban", "GB82 WEST 1234 5698 7654 32", "to {} OK THANKS"),
    ("iban", "DE89370400440532013000", "계좌 {}로"),
    ("ip", "192.168.0.17", "접속 {}에서"),
    ("ip", "2001:db8::8a2e:370:7334", "from {}"),
    ("ip", "fe80::1ff:fe23:4567:890a", "{}"),
    ("passport", "M12345678", "여권 {}"),
    ("passport", "M123A4567", "passport no. {}"),
    ("passport", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "{}"),
]

LEFT_ALONE = [
    "Seoul", "서울특별시 강남구 테헤란로 152", "N14228", "UA1545", "737-824", "HP:0000001", "2013-01-01",
    "2013-01-01T05:00:00.000000Z", "2024-02-29 12:00:00+09:00", "05:17:45", "00:1a:2b:3c:4d:5e", "std::string",
    "550e8400-e29b-41d4-a716-446655440000", "ri.oms.object-type.01900000-0000-7000-8000-010123456789",
    "prod/flights/main", "ada@flights", "김하나@항공", "icon@2x.png", "@handle", "package@1.2.3", "a@b", "@",
    "version 1.2.3.4", "펌웨어 버전 10.0.0.1", "127.0.0.1", "0.0.0.0", "256.1.1.1", "1.2.3.4.5",
    "1700000000123", "8801062001118", "9788932917245", "4111111111111111", "4111111111111112 card", "M12345678",
    "0000-0002-1825-0097", "https://orcid.example/0000-0002-1694-233X", "card 0000-0002-1825-0097",
    "900101-9234567", "901301-1234567", "900101-12345678", "2010-1234-5678", "010-1234-56789", "+0 123 456 7890",
    "1e10", "3.141592653589793", "-0.5", "2024.02.29", "GB00 WEST 1234 5698 7654 32", "1234567890123456789012345",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "around"), FOUND)
def test_it_is_found_where_it_stands(kind, value, around):
    text = around.format(value)
    assert [(hit.kind, text[hit.start : hit.end]) for hit in found(text)] == [(kind, value)]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_it_is_left_alone(text):
    assert list(found(text)) == []


@pytest.mark.parametrize(
    ("value", "name", "kind"),
    [
        ("4111111111111111", "creditCardNo", "card"),
        ("4111111111111111", "카드번호", "card"),
        ("9001011234567", "주민번호", "rrn"),
        ("M12345678", "passport_no", "passport"),
        ("M12345678", "여권번호", "passport"),
    ],
)
def test_the_name_of_a_property_says_what_a_number_is(value, name, kind):
    assert [hit.kind for hit in found(value, name)] == [kind]
    assert list(found(value, "receipt")) == []


def test_several_are_found_in_their_order_and_masked_in_their_place():
    text = "김하나 900101-1234567, 010-1234-5678, kim@example.com"
    hits = found(text)
    assert [hit.kind for hit in hits] == ["rrn", "phone", "email"]
    assert masked(text, hits) == "김하나 ******-*******, ***-****-****, ***@*******.***"


def test_no_orcid_that_passes_the_check_of_cards_is_a_card():
    passing = [orcid for orcid in map(orcid_of, range(15_000_000, 15_030_000)) if luhn.is_valid(orcid.replace("-", ""))]
    assert len(passing) > 1_000
    assert [orcid for orcid in passing if found(orcid, "card") or found(f"card {orcid}, 카드 {orcid}")] == []


def test_nothing_personal_is_in_the_flights():
    assert [(name, value) for name, value in demo_values() if found(value, name)] == []


@given(st.text(max_size=80), st.sampled_from(FOUND), st.text(max_size=80))
def test_what_is_masked_is_gone_and_as_long_as_before(before, one, behind):
    text = f"{before} {one[2].format(one[1])} {behind}"
    hits = found(text)
    assert all(left.end <= right.start for left, right in pairwise(hits))
    hidden = masked(text, hits)
    assert len(hidden) == len(text)
    assert list(found(hidden)) == []


@given(st.text("0123456789 @.:+-()<ABZabz가/", max_size=200))
def test_any_text_can_be_looked_through(text):
    for hit in found(text, "card passport 주민"):
        assert 0 <= hit.start < hit.end <= len(text)


def orcid_of(number: int) -> str:
    """ISO 7064 11,2, as ORCID numbers its people."""
    digits, total = f"{number:015d}", 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    text = digits + ("X" if check == 10 else str(check))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def demo_values():
    for path in DEMO.glob("*.csv.gz"):
        with gzip.open(path) as packed:
            for row in csv.DictReader(TextIOWrapper(packed, "utf-8")):
                yield from row.items()
