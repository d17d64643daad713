"""Long texts lose nothing when they are cut, and words of any script are found by pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.grams import grams
from documents.passages import MOST, PASSAGE_BYTES, folded, passages, size

texts = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], include_characters="\n가나다。"), max_size=4_000
)


@given(st.text(max_size=300), texts)
def test_every_passage_fits_and_no_character_is_lost(title, text):
    made = passages(title, text)
    assert all(0 < size(one) <= PASSAGE_BYTES for one in made)
    assert len(made) == len(set(made))
    if size(text) + 201 <= PASSAGE_BYTES:
        assert len(made) <= 1
    elif len(made) < MOST:
        cut = "".join("".join(made).split())
        assert all(word in cut for word in set("".join(text.split())))


def test_a_long_text_is_a_fold_and_its_pieces_each_with_the_title():
    text = "\n".join(f"Chapter {n} begins so. " + "한국어 문장이 이어진다. " * 30 for n in range(6))
    fold, *pieces = passages("Manual 7", text)
    assert all(f"Chapter {n} begins so." in fold for n in range(6))
    assert all(piece.startswith("Manual 7\n") for piece in pieces)
    assert "".join("".join(piece.removeprefix("Manual 7\n") for piece in pieces).split()) == "".join(text.split())


def test_nothing_is_no_passage_and_a_fold_takes_no_more_than_it_may():
    assert passages(" ", "\n") == []
    assert size(folded("한국어. " * 500, 300)) <= 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("KE 항공권 예매", ["ke", "항공", "공권", "예매"]),
        ("東京, a naïve Ｃafé_x 가", ["東京", "a", "naïve", "café", "x", "가"]),
        ("B-52H 2013:1", ["b", "52h", "2013", "1"]),
        ("오일을", ["오일", "일을"]),
        (" … ", []),
    ],
)
def test_words(text, words):
    assert grams(text) == words


@given(st.text(), st.text())
def test_what_a_text_holds_as_a_word_is_among_its_words(before, after):
    assert {"엔진"} <= set(grams(f"{before} 엔진 {after}"))
