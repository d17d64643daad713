"""Rows of a long commit are ready before it is whole, where none behind them can be refused."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from events.findings import Refused
from events.names import Key
from producers.ahead import Worded
from producers.command import Limits, Submitted
from producers.draft import AT_ONCE, AT_ONCE_BYTES, Drawing, Drawn, at_once, draw
from producers.outbox import CommandKey, LogHead, Row
from security import chain

HEAD = LogHead(7, 1_700_000_000_000_000, "ab" * 32)


def drawing(words: Sequence[Worded], message: str = "") -> Drawing:
    submitted = Submitted(CommandKey("ann", "m"), "", "MergeBranch", "dev/main/한", "ann@desk", message=message)
    return draw("main", submitted, words, parents=[], head=HEAD, now=HEAD.time, limits=Limits())


def words(count: int) -> list[Worded]:
    return [word(f"object/Plane/{n}") for n in range(count)]


def word(key: str, data: bytes = b'{"n":"\xea\xb0\x80"}', subject: str = "oms.evt.main.a") -> Worded:
    return Worded(Key(key), None, "io.oms.object.updated.v1", data, chain.body_hash(data), subject)


def drawn(rows: Drawing) -> tuple[list[Row], Drawn]:
    """What was ready before the end, and the end."""
    ready: list[Row] = []
    while True:
        try:
            ready += next(rows)
        except StopIteration as ended:
            return ready, ended.value


def test_whole_thousands_are_ready_before_the_end():
    ready, whole = drawn(drawing(words(2 * AT_ONCE + 1)))
    assert (len(ready), len(whole.rows)) == (2 * AT_ONCE, 1)
    assert chain.verify([row.body for row in [*ready, *whole.rows]], HEAD.position, HEAD.hash) == whole.head.hash
    assert at_once(drawing(words(2 * AT_ONCE + 1))) == replace(whole, rows=[*ready, *whole.rows])


def test_large_rows_are_ready_as_soon_as_they_are_some_megabytes():
    data = b'"' + b"x" * 200_000 + b'"'
    every = [word(f"section/{n}", data) for n in range(50)]
    rows, sizes = drawing(every), []
    while some := next(rows, None):
        sizes.append(sum(len(row.body) for row in some))
    assert len(sizes) == 2
    assert all(AT_ONCE_BYTES <= size < AT_ONCE_BYTES + 300_000 for size in sizes)
    ready, whole = drawn(drawing(every))
    assert chain.verify([row.body for row in [*ready, *whole.rows]], HEAD.position, HEAD.hash) == whole.head.hash


def test_the_last_row_is_never_ready_before_the_end():
    ready, whole = drawn(drawing(words(AT_ONCE)))
    assert (ready, len(whole.rows)) == ([], AT_ONCE)


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (word("object/Plane/X", data=b'"' + b"x" * Limits().event_bytes + b'"'), "EVENT_TOO_LARGE"),
        (word("object/Plane/X", subject="가" * 400), "EVENT_SUBJECT_TOO_LONG"),
    ],
)
def test_nothing_is_ready_of_a_commit_that_is_refused_for_its_last_event(last: Worded, code: str):
    rows = drawing([*words(AT_ONCE), last])
    with pytest.raises(Refused) as refused:
        next(rows)
    assert [finding.code for finding in refused.value.findings] == [code]


def test_nothing_is_ready_while_a_later_event_is_still_to_be_looked_at():
    ready, whole = drawn(drawing([*words(AT_ONCE), word(f"object/Plane/{'긴' * 2_000}")]))
    assert (ready, len(whole.rows)) == ([], AT_ONCE + 1)
