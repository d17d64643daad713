"""Authors as one line: read by grammar, and believed only as far as they are signed."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from security.secure_author import SecureAuthor, SecureAuthorRefused, parsed

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
EVENT, OTHER = "018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"
TIME = "2024-02-29T12:00:00Z"


def verify(_who: str, said: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, said)
    except InvalidSignature:
        return False
    return True


def signed(author: SecureAuthor, event: str = EVENT) -> SecureAuthor:
    return author._replace(signature=base64.urlsafe_b64encode(KEY.sign(author.signed(event))).decode().rstrip("="))


@pytest.mark.parametrize(
    ("line", "author"),
    [
        (f"Alice Kim (u-17)|ts:{TIME}", SecureAuthor("Alice Kim", "u-17", TIME)),
        (f"importer (svc-7) [service]|ts:{TIME}", SecureAuthor("importer", "svc-7", TIME, service=True)),
        (
            f"김하나 (김하나@항공) [service] [delegated|on_behalf_of:bob|reason:휴가 중 (3월)]|ts:{TIME}",
            SecureAuthor("김하나", "김하나@항공", TIME, service=True, on_behalf_of="bob", reason="휴가 중 (3월)"),
        ),
        (f"A (B) (c)|ts:{TIME}", SecureAuthor("A (B)", "c", TIME)),
    ],
)
def test_a_line_is_read_by_its_grammar(line, author):
    assert parsed(line, EVENT, verify) == author
    assert author.line() == line


@pytest.mark.parametrize(
    "line",
    [
        "", "Alice", "Alice (u-17)", f"Alice (u-17)|verified|ts:{TIME}", f"Alice (u|17)|ts:{TIME}", f"Al[i]ce (u-17)|ts:{TIME}",
        f"Alice (u-17) [admin]|ts:{TIME}", f"Alice (u-17)|ts:{TIME}|verified", f"Alice (u-17)|ts:{TIME}\n", f"Ali\nce (u-17)|ts:{TIME}",
        f"Ali\u202ece (u-17)|ts:{TIME}", f"Ali\u200bce (u-17)|ts:{TIME}", f" Alice (u-17)|ts:{TIME}", "Alice (u-17)|ts:yesterday",
        f"Alice (u-17) [delegated|on_behalf_of:bob]|ts:{TIME}", f"Alice (u-17) [delegated|on_behalf_of:b|reason:]|ts:{TIME}",
        f"Alice (u-17) [delegated|on_behalf_of:b|x|reason:y]|ts:{TIME}", f"Alice (u-17)|ts:{TIME}|sig:", f"Alice (u-17)|ts:{TIME}|sig:A",
        f"Alice (u-17)|verified|ts:{TIME}|sig:AAAA",
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_or_is_not_proven_is_refused(line):
    with pytest.raises(SecureAuthorRefused):
        parsed(line, EVENT, verify)


def test_a_signature_is_of_one_event_and_of_all_that_the_line_says():
    author = signed(SecureAuthor("Alice", "u-17", TIME, verified=True, on_behalf_of="bob", reason="대리"))
    assert parsed(author.line(), EVENT, verify) == author
    forged = (
        (author.line(), OTHER),
        (author._replace(on_behalf_of="eve").line(), EVENT),
        (author._replace(verified=False).line(), EVENT),
    )
    for line, event in forged:
        with pytest.raises(SecureAuthorRefused, match="not one over event"):
            parsed(line, event, verify)


@given(st.text(max_size=20), st.text(max_size=20), st.none() | st.text(min_size=1, max_size=20), st.booleans())
def test_a_line_that_can_be_written_is_read_as_it_was_meant(name, identity, reason, service):
    author = SecureAuthor(name, identity, TIME, service=service, on_behalf_of=reason and "bob", reason=reason)
    try:
        line = author.line()
    except SecureAuthorRefused:
        return
    assert parsed(line, EVENT, verify) == author
