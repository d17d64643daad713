"""A signed export says where it was changed, cut off, or signed by somebody else."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from security.chain import ChainBroken, genesis
from security.signed_lines import NotAsSigned, Signing, as_text, checked
from tests.projectors.story import Story

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = as_text(KEY.public_key().public_bytes_raw())


def exported(after: int = 0, key: Ed25519PrivateKey = KEY) -> list[bytes]:
    story = Story()
    for name in ("하나", "둘", "셋"):
        story.created(name, n=name)
    prevhash = json.loads(story.messages[after].body)["prevhash"]
    signing = Signing("main", after, prevhash)
    return [signing.line(message.position, message.body) for message in story.messages[after:]] + [signing.seal(key)]


@pytest.mark.parametrize("after", [0, 2])
def test_what_was_signed_is_as_it_says(after: int):
    seal = checked(exported(after), PUBLIC)
    assert (seal.ontology, seal.first, seal.last, seal.key) == ("main", after + 1, 4, PUBLIC)


def test_each_line_holds_the_stored_bytes():
    assert json.loads(exported()[2])["event"]["subject"] == "object/Thing/둘"


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (lambda lines: [*lines[:2], lines[2].replace("둘".encode(), "돌".encode()), *lines[3:]], 3),
        (lambda lines: [*lines[:1], *lines[2:]], 2),
        (lambda lines: lines[1:], 4),
        (lambda lines: lines[:-1], 5),
        (lambda lines: [*lines[:3], *lines[4:]], 4),
        (lambda lines: [lines[0].replace(b'"position":1', b'"position":2'), *lines[1:]], 1),
        (lambda lines: [*lines[:-1], lines[-1].replace(b'"first":1', b'"first":2')], 5),
        (lambda lines: [*lines[:1], b"no JSON\n", *lines[1:]], 2),
        (lambda _: [], 1),
        (lambda _: exported(key=Ed25519PrivateKey.from_private_bytes(b"e" * 32)), 5),
    ],
)
def test_the_first_line_that_is_not_as_signed_is_named(changed, line: int):
    with pytest.raises(NotAsSigned) as refused:
        checked(changed(exported()), PUBLIC)
    assert refused.value.line == line, str(refused.value)


def test_what_does_not_follow_is_not_signed():
    story = Story()
    story.created("a", n=1)
    with pytest.raises(ChainBroken):
        Signing("main", 0, genesis("main")).line(2, story.messages[1].body)
