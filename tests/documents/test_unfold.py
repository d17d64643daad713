"""A large document is split into sections and put together again; a fold never exceeds what it may show."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.sections import SECTION_BYTES, digest, encoded, named_in, shown_stub, stub_in
from documents.splitting import INLINE_BYTES, split
from documents.unfold import PathUnknown, UnfoldableDocument, UnfoldContext, UnfoldLevel, fold, unfold_path

small = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=30)
long = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=9), st.integers(1, 9_000))
names = st.sampled_from(["a", "b", "", "a/b", "~", "한글", "_folded", "0", "z" * 300, "\x01" * 99, "가" * 99])
many = st.builds(lambda item, times: [[item, index] for index in range(times)], small, st.integers(0, 3_000))
wide = st.builds(lambda item, times: {f"n{i}": item for i in range(times)}, small, st.integers(0, 3_000))
documents = st.recursive(
    small | long | many | wide, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=6,
)  # fmt: skip
levels = st.sampled_from(list(UnfoldLevel))


def kept(value):
    """The document as it is stored, and what loads its sections."""
    found = split(value)
    return (value, {}.__getitem__) if found is None else (found.stub.json(), found.sections.__getitem__)


def chapters(count: int, lines: int = 60):
    chance = random.Random(5)
    words = ["비행", "gate", "delay", "정비", "runway", "fuel", "날씨", "crew"]
    text = lambda: "\n".join(" ".join(chance.choices(words, k=9)) for _ in range(lines))  # noqa: E731
    return [{"title": f"제{n}장", "data": {"number": n, "text": text()}, "tags": ["a", n]} for n in range(count)]


@given(documents)
@settings(max_examples=60, deadline=None)
def test_unfolding_everything_gives_the_document(value) -> None:
    assert encoded(UnfoldableDocument(*kept(value)).unfold()) == encoded(value)


@given(documents)
@settings(max_examples=60, deadline=None)
def test_no_section_is_too_large_and_each_comes_behind_those_that_it_names(value) -> None:
    found = split(value)
    if found is None:
        assert len(encoded(value)) <= INLINE_BYTES
        return
    seen = set()
    for name, content in found.sections.items():
        assert len(encoded(content)) <= SECTION_BYTES
        assert name == digest(content)
        assert set(named_in(content)) <= seen
        seen.add(name)
    assert stub_in(found.stub.json()) == found.stub
    assert found.stub.bytes == len(encoded(value))


@given(documents, levels, st.integers(0, 5), st.integers(0, 30), st.integers(4_096, 30_000))
@settings(max_examples=100, deadline=None)
def test_a_fold_never_exceeds_its_limits(value, level, depth, items, size) -> None:
    shown = fold(*_swapped(kept(value), UnfoldContext.of(level, depth=depth, items=items, bytes=size)))
    assert len(encoded(shown)) <= size
    assert (shown is None) == (value is None)
    assert _depth(shown) <= depth
    assert _widest(shown) <= items + 1  # of a list, the rest is one more


@given(documents)
@settings(max_examples=60, deadline=None)
def test_an_expanded_fold_without_limits_is_the_document(value) -> None:
    assert encoded(fold(*_swapped(kept(value), UnfoldContext.of(UnfoldLevel.EXPANDED)))) == encoded(value)


@given(documents, st.data())
@settings(max_examples=60, deadline=None)
def test_every_path_leads_to_what_stands_there(value, data) -> None:
    place, path = value, ""
    while isinstance(place, dict | list) and place and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        place, path = place[step], f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"
    stored, load = kept(value)
    assert encoded(unfold_path(stored, path, load)) == encoded(place)


def test_one_path_is_opened_by_a_few_sections() -> None:
    book = {"title": "정비 지침", "sections": chapters(2_000)}
    document = UnfoldableDocument(*kept(book))
    assert document.unfold_path("/sections/1234/data/number") == 1_234
    assert document.loaded <= 5


def test_a_fold_of_a_large_document_looks_into_a_few_sections() -> None:
    document = UnfoldableDocument(*kept({"title": "정비 지침", "sections": chapters(2_000)}))
    shallow = document.fold(UnfoldContext.of(UnfoldLevel.SHALLOW))
    folded = shallow["sections"]["_folded"]
    assert shallow["title"] == "정비 지침"
    assert (folded["kind"], folded["items"], folded["types"], folded["first"]) == (
        "array",
        2_000,
        {"object": 2_000},
        "제0장",
    )
    assert document.loaded == 1
    partial = document.fold(UnfoldContext.of(UnfoldLevel.PARTIAL, items=3))
    assert len(partial["sections"]) == 4
    assert document.loaded <= 5


@pytest.mark.parametrize("at", [0, 700, 1_999])
def test_what_is_put_in_leaves_most_sections_as_they_were(at) -> None:
    before = chapters(2_000)
    after = [*before[:at], {"title": "새 장"}, *before[at:]]
    new = split(after).sections.keys() - split(before).sections.keys()
    assert 0 < len(new) <= 12


def test_an_unchanged_document_has_the_same_stub() -> None:
    assert split(chapters(300)).stub == split(chapters(300)).stub


@pytest.mark.parametrize("path", ["x", "/nothing", "/sections/9", "/sections/01", "/sections/-", "/title/0"])
def test_a_path_that_leads_nowhere_is_said_so(path) -> None:
    with pytest.raises(PathUnknown):
        unfold_path({"title": "t", "sections": [1, 2]}, path)


def _swapped(stored, context):
    value, load = stored
    return value, context, load


def _below(shown):
    """What is shown in it: not what stands for what is not."""
    if isinstance(shown, dict):
        return [
            each
            for name, each in shown.items()
            if not (name == "_folded" and isinstance(each, dict) and "kind" in each)
        ]
    return shown if isinstance(shown, list) else []


def _depth(shown) -> int:
    below = _below(shown)
    return 1 + max(map(_depth, below)) if below else 0


def _widest(shown) -> int:
    below = _below(shown)
    return max(len(below), *map(_widest, below)) if below else 0


def test_the_key_of_an_encrypted_document_is_not_shown_and_stands_in_no_section():
    stub = {"kind": "text", "bytes": 3, "items": 1, "section": "ab" * 32}
    assert shown_stub({"_folded": {**stub, "key": "cd" * 32}}) == {"_folded": stub}
    for other in ({"_folded": stub}, {"key": "cd" * 32}, "key", None):
        assert shown_stub(other) is other
    with pytest.raises(ValueError, match="holds a key"):
        named_in({"array": [{**stub, "key": "cd" * 32}], "folded": [0]})
