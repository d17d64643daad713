import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from events.wire import instants
from queries.moments import AtCommit, AtInstant, AtPosition, AtTag, Base, Now, moment, resolved
from tests.queries.histories import MAIN, SECOND, START, History, made

NOW = START + 3600 * SECOND


def at(text: str) -> AtInstant:
    return AtInstant(instants.from_text(text))


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.findings[0].code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Now()),
        (" NOW ", Now()),
        ("base", Base()),
        ("0", AtPosition(0)),
        ("123", AtPosition(123)),
        ("position:123", AtPosition(123)),
        ("20240229", AtPosition(20240229)),
        ("commit:1", AtCommit("1")),
        ("commit:ABC", AtCommit("abc")),
        ("0123abc", AtCommit("0123abc")),
        ("tag:v1.2", AtTag("v1.2")),
        ("TAG:첫-버전", AtTag("첫-버전")),
        ("2024-02-29", at("2024-02-29T00:00:00Z")),
        ("2024-02-29T10:30", at("2024-02-29T10:30:00Z")),
        ("2024-02-29T10:30:00", at("2024-02-29T10:30:00Z")),
        ("2024-02-29 10:30:00.5", at("2024-02-29T10:30:00.5Z")),
        ("2024-02-29T10:30:00,5Z", at("2024-02-29T10:30:00.5Z")),
        ("2024-02-29t10:30:00z", at("2024-02-29T10:30:00Z")),
        ("2024-02-29T00:30:00+09:00", at("2024-02-28T15:30:00Z")),
        ("2024-02-29T00:30:00+0900", at("2024-02-28T15:30:00Z")),
        ("2024-02-29T00:30:00-03", at("2024-02-29T03:30:00Z")),
        ("2024-02-29T10:30:00.123456789Z", at("2024-02-29T10:30:00.123456Z")),
        ("1969-12-31", at("1969-12-31T00:00:00Z")),
    ],
)
def test_moment(text, expected) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2023-02-29",
        "2024-13-01",
        "2024-02-29T25:00:00Z",
        "-1",
        "1.5",
        "commit:",
        "commit:xyz",
        "tag:",
        "tag:-",
        "abcdef",
        "12/31/2024",
        "2024-02",
        "2024-02-29T10:30:00+25:00",
        "position:",
        "position:-1",
        "٢٠٢٤-٠٢-٢٩",
        "99999999999999999999",
    ],
)
def test_what_names_no_moment_is_refused(text) -> None:
    with pytest.raises(Refused) as refused:
        moment(text)
    assert code(refused) == "TIME_UNPARSABLE"


def test_the_refusal_gives_examples() -> None:
    with pytest.raises(Refused, match=r"2013-01-01T12:00:00\.5"):
        moment("last week" * 1_000)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_refused(text) -> None:
    with suppress(Refused):
        assert moment(text) == moment(f" {text} ")


def told() -> MemoryVersions:
    """Positions 1 | 2 3 4 | 5, at START, one and two seconds later; the events of a commit one µs apart."""
    history = History()
    history.commit(MAIN, [made("A", "1"), made("A", "2"), made("A", "3")])
    history.commit(MAIN, [made("A", "4")])
    return history.into(MemoryVersions())


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Now(), 5),
        (AtPosition(0), 0),
        (AtPosition(1), 1),
        (AtPosition(2), 4),
        (AtPosition(4), 4),
        (AtPosition(5), 5),
        (AtInstant(START - 1), 0),
        (AtInstant(START), 1),
        (AtInstant(START + SECOND - 1), 1),
        (AtInstant(START + SECOND), 4),
        (AtInstant(START + SECOND + 1), 4),
        (AtInstant(START + 2 * SECOND), 5),
        (AtInstant(NOW), 5),
        (Base(), 3),
    ],
)
def test_a_moment_is_the_end_of_a_commit(asked, expected) -> None:
    assert resolved(asked, told(), now=NOW, base=3) == expected


@pytest.mark.parametrize("position", range(1, 6))
def test_the_time_and_the_position_of_an_event_are_the_same_moment(position) -> None:
    versions = told()
    time = next(one.time for known in versions.own.values() for one in known if one.since == position)
    assert resolved(AtInstant(time), versions, now=NOW) == resolved(AtPosition(position), versions, now=NOW)


def test_a_commit_by_any_of_its_ids_beginnings() -> None:
    versions = told()
    for commit in versions.commits:
        assert resolved(AtCommit(commit.id), versions, now=NOW) == commit.last
        assert resolved(AtCommit(commit.id[:12]), versions, now=NOW) == commit.last


def test_a_tag_is_the_commit_that_it_names() -> None:
    history = History()
    tag = {"name": "v1", "branch": MAIN, "position": 1, "commit": history.told[0][0].id}
    history.commit(MAIN, [(Key("tag/v1"), "created", tag)])
    assert resolved(AtTag("v1"), history.into(MemoryVersions()), now=NOW) == 1


@pytest.mark.parametrize(
    ("asked", "expected", "says"),
    [
        (AtPosition(6), "TIME_NOT_YET_READABLE", "which is at 5"),
        (AtInstant(NOW + 1), "TIME_IN_FUTURE", "2024-02-29T01:00:00.000001Z"),
        (AtCommit("0" * 64), "TIME_COMMIT_UNKNOWN", "0000"),
        (AtTag("v2"), "TIME_TAG_UNKNOWN", "v2"),
        (AtCommit(""), "TIME_COMMIT_AMBIGUOUS", "(position 5), …"),
    ],
)
def test_moments_that_cannot_be_resolved(asked, expected, says) -> None:
    with pytest.raises(Refused, match=re.escape(says)) as refused:
        resolved(asked, told(), now=NOW)
    assert code(refused) == expected


def test_a_writer_whose_clock_is_ahead_can_be_read() -> None:
    versions = told()
    assert resolved(AtInstant(START + 2 * SECOND), versions, now=START) == 5


def test_nothing_was_before_the_first_commit() -> None:
    assert [resolved(asked, MemoryVersions(), now=NOW) for asked in (Now(), AtPosition(0), AtInstant(NOW))] == [0, 0, 0]
