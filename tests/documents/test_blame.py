import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.blame import Said, blame
from tests.documents.test_diff import documents, names, same


def test_each_value_was_said_by_the_document_that_changed_it_last() -> None:
    history = [
        {"origin": "JFK", "gate": {"name": "A1", "open": True}, "stops": ["ICN"]},
        {"origin": "EWR", "gate": {"name": "A1", "open": True}, "stops": ["ICN"]},
        {"origin": "EWR", "gate": {"name": "A1", "open": False}, "stops": ["김포", "ICN"], "memo": None},
    ]
    assert blame(history) == [
        Said("/origin", "EWR", 1), Said("/gate/name", "A1", 0), Said("/gate/open", False, 2),
        Said("/stops/0", "김포", 2), Said("/stops/1", "ICN", 0), Said("/memo", None, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([1], [Said("", 1, 0)]),
        ([{}, {"a": 1}, {}], [Said("", {}, 2)]),
        ([{"a": [1]}, {"a": []}], [Said("/a", [], 1)]),
        ([{"a": 1}, {"a": 2}, {"a": 1}], [Said("/a", 1, 2)]),
        ([{"a": 1}, {"a": {"b/c": 1}}, {"a": {"b/c": 1, "~": 2}}], [Said("/a/b~1c", 1, 1), Said("/a/~0", 2, 2)]),
        ([[1, 2, 3], [1, 3]], [Said("/0", 1, 0), Said("/1", 3, 0)]),
        ([{"a": 1}, {"a": 1.0}, {"a": 1.0}], [Said("/a", 1.0, 1)]),
    ],
)
def test_what_is_said_by_whom(history, said) -> None:
    assert blame(history) == said


flat = st.dictionaries(names, st.integers(0, 2), max_size=4)


@given(st.lists(flat, min_size=1, max_size=8))
def test_a_name_was_said_where_its_value_began_to_be_what_it_is(history) -> None:
    newest = history[-1]
    found = {said.value_of(newest): said.by for said in map(Named, blame(history)) if newest}
    for name, value in newest.items():
        since = len(history)
        while since and history[since - 1].get(name) == value:
            since -= 1
        assert found[name] == since


class Named:
    def __init__(self, said: Said) -> None:
        self.path, self.by = said.path, said.by

    def value_of(self, document: dict[str, int]) -> str:
        return next(name for name in document if self.path == "/" + name.replace("~", "~0").replace("/", "~1"))


@given(st.lists(documents, min_size=1, max_size=6))
def test_every_value_of_the_newest_has_somebody_who_said_it(history) -> None:
    found = blame(history)
    assert all(0 <= said.by < len(history) for said in found)
    assert len({said.path for said in found}) == len(found)
    assert same([said.value for said in found if said.path == ""], [history[-1]] if found[0].path == "" else [])
