"""What an endpoint is shown, and that nothing of it is kept in plain."""

import base64
import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.credentials import (
    ASSERTION_TYPE,
    DEFAULT_SECONDS,
    LONGEST_SECONDS,
    Token,
    authorization,
    is_token,
    token_of,
    token_request,
)
from events.subscriptions.masking import MASK, SHORTEST, Masking
from events.subscriptions.outgoing import Answered, Failed

CLIENT = {
    "credentialtype": "CLIENTCREDENTIALS",
    "tokenurl": "https://login.example/token",
    "identifier": "게이트:1",
    "scope": "a b",
}


def answered(status, said):
    return Answered(status, {}, said if isinstance(said, bytes) else json.dumps(said).encode(), 0.1)


def test_basic_is_the_base64_of_both_in_utf_8():
    value = authorization({"credentialtype": "PLAIN", "identifier": "홍길동"}, "비밀")
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == "홍길동:비밀"
    assert authorization({"credentialtype": "ACCESSTOKEN"}, "abc") == "Bearer abc"


def test_a_client_names_itself_in_a_header_or_in_the_body():
    request = token_request(CLIENT, "p w%", 9.0, None)
    assert (request.url, request.timeout) == ("https://login.example/token", 9.0)
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == (
        "%EA%B2%8C%EC%9D%B4%ED%8A%B8%3A1:p%20w%25"
    )
    assert request.body == b"grant_type=client_credentials&scope=a+b"
    signed = token_request({**CLIENT, "authentication": "private_key_jwt"}, "a.b.c", 9.0, None)
    form = parse_qs(signed.body.decode())
    assert (form["client_assertion"], form["client_assertion_type"]) == (["a.b.c"], [ASSERTION_TYPE])
    assert "authorization" not in signed.headers
    posted = token_request({**CLIENT, "authentication": "client_secret_post", "audience": "x"}, "p w%", 9.0, None)
    assert "authorization" not in posted.headers
    assert posted.body.endswith(b"audience=x&client_id=%EA%B2%8C%EC%9D%B4%ED%8A%B8%3A1&client_secret=p+w%25")


@pytest.mark.parametrize(
    ("expires", "seconds"),
    [(3600, 3540.0), ("3600", 3540.0), (60, 30.0), (None, DEFAULT_SECONDS - 60), (0, 0.0), (-5, 0.0), ("x", 240.0),
     (1e12, LONGEST_SECONDS - 60), ([], 240.0)],
)  # fmt: skip
def test_a_token_is_used_until_shortly_before_its_end(expires, seconds):
    given = {"access_token": "t", "token_type": "bearer"} | ({} if expires is None else {"expires_in": expires})
    assert token_of(answered(200, given)) == Token("t", seconds)


@pytest.mark.parametrize(
    ("ended", "kind", "detail"),
    [
        (answered(400, {"error": "invalid_client", "error_description": "geheim"}), "token_refused", "400: invalid_client"),
        (answered(500, b"<html>geheim"), "token_refused", "500: no bearer token"),
        (answered(200, {"access_token": "geheim", "token_type": "mac"}), "token_refused", "200: no bearer token"),
        (answered(200, {"access_token": "a b\r\n"}), "token_refused", "200: no bearer token"),
        (answered(200, {"access_token": 3, "error": "geheim geheim"}), "token_refused", "200: no bearer token"),
        (answered(200, [1]), "token_refused", "200: no bearer token"),
        (answered(302, b""), "token_refused", "302: no bearer token"),
        (Failed("dns_error", "no such name", 0.1), "token_unreachable", "dns_error: no such name"),
    ],
)  # fmt: skip
def test_why_there_is_no_token_is_said_without_what_was_written(ended, kind, detail):
    failed = token_of(ended)
    assert failed.kind == kind
    assert failed.detail.endswith(detail)
    assert "geheim" not in failed.detail


def test_a_token_is_one_word():
    assert is_token("abc.DEF-_~+/==")
    assert not any(map(is_token, ("", "a b", "a\n", "토큰", "a" * 8_001, None)))


SECRET = 'p"ä ß/한글+%'


@pytest.mark.parametrize("written", [
    SECRET, json.dumps({"seen": SECRET}), json.dumps(SECRET, ensure_ascii=False), "p%22%C3%A4%20%C3%9F%2F%ED%95%9C%EA%B8%80%2B%25",
])  # fmt: skip
def test_a_secret_that_is_repeated_is_masked_however_it_is_written(written):
    masked = Masking([SECRET]).ended(Answered(500, {"x-seen": f"a{written}b"}, written.encode() + b"!", 0.1))
    assert masked.headers == {"x-seen": masked.headers["x-seen"]}
    assert MASK in masked.headers["x-seen"]
    for form in (SECRET, written.strip('"')):
        assert form.encode() not in masked.body
        assert form not in masked.headers["x-seen"]


@given(
    st.binary(max_size=60), st.text("abc", min_size=SHORTEST, max_size=12), st.binary(max_size=60), st.integers(0, 12)
)
def test_nothing_of_a_secret_is_left_not_even_where_the_end_cuts_it_off(before, secret, after, cut):
    body = before + secret.encode() + after + secret.encode()[: min(cut, len(secret))]
    masked = Masking([secret]).body(body)
    assert secret.encode() not in masked
    ends = secret.encode()[:SHORTEST]
    begun = masked.rfind(ends)
    assert begun < 0 or not secret.encode().startswith(masked[begun:])


def test_what_cannot_be_looked_into_is_not_kept():
    ended = Answered(200, {"content-encoding": "gzip"}, b"\x1f\x8b", 0.1)
    assert Masking(["a secret"]).ended(ended).body == b""
    assert Masking([]).ended(ended) is ended


def test_what_is_too_short_to_be_a_secret_masks_nothing():
    ended = Answered(200, {"a": "abc"}, b"abc", 0.1)
    assert Masking(["abc", ""]).ended(ended) is ended
    assert Masking(["abcd"]).ended(Failed("x", "seen abcd", 0.1)).detail == "seen ***"
