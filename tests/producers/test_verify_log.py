"""Whatever is wrong with a log is named with its positions."""

import msgspec
import pytest

from producers.outbox import LogHead, Row
from producers.verify_log import verify_log
from security.chain import Gap, body_hash, genesis


def chain(count):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"n": position}}
        rows.append(Row(position, f"oms.evt.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


class Held:
    def __init__(self, name, rows, last=None):
        self.name, self.rows, self.end = name, {row.position: row for row in rows}, last

    async def last(self):
        return self.end or max(self.rows, default=0)

    async def read(self, after, until=None):
        for position in range(after + 1, until + 1):
            if position not in self.rows:
                known = [p for p in self.rows if p > position]
                raise Gap(position, min(known) - 1 if known else None, self.name)
            yield [self.rows[position]]


async def verified_log(log, outbox=None, head=None):
    return await verify_log("main", log, await log.last(), outbox, head, lambda *_: None)


async def flaws(rows, outbox=None, head=None, last=None):
    verified = await verified_log(Held("log", rows, last), Held("outbox", outbox) if outbox else None, head)
    return [flaw[:3] for flaw in verified.flaws]


def head(rows):
    return LogHead(rows[-1].position, 0, body_hash(rows[-1].body))


def without(rows, *positions):
    return [row for row in rows if row.position not in positions]


async def test_a_whole_log_has_no_flaws():
    rows = chain(9)
    verified = await verified_log(Held("log", rows), Held("outbox", rows[4:]), head(rows))
    assert (verified.whole, verified.last, verified.hash, verified.behind) == (True, 9, head(rows).hash, 0)


@pytest.mark.parametrize(("missing", "ranges"), [((1,), [(1, 1)]), ((3, 4, 7), [(3, 4), (7, 7)]), ((9,), [(9, 9)])])
async def test_gaps_are_named_as_ranges(missing, ranges):
    rows = chain(9)
    assert await flaws(without(rows, *missing), last=9) == [("LOG_GAP", *ends) for ends in ranges]


async def test_a_changed_event_is_named_by_the_one_behind_it():
    rows = chain(6)
    rows[2] = rows[2]._replace(body=rows[2].body.replace(b'"n":3', b'"n":4'))
    assert await flaws(rows) == [("LOG_CHAIN", 4, 4)]
    assert await flaws(rows, outbox=chain(6)) == [("LOG_DIFFERS", 3, 3), ("LOG_CHAIN", 4, 4)]


async def test_a_changed_head_is_known_from_the_outbox():
    rows = chain(3)
    rows[2] = rows[2]._replace(body=rows[2].body.replace(b'"n":3', b'"n":4'))
    assert await flaws(rows, head=head(chain(3))) == [("LOG_DIFFERS", 3, 3)]


async def test_a_foreign_message_is_named():
    rows = chain(5)
    rows[3] = Row(4, "oms.evt.x", b"hello")
    assert await flaws(rows) == [("LOG_FOREIGN", 4, 4), ("LOG_CHAIN", 5, 5)]


async def test_a_log_that_goes_on_behind_the_outbox_is_named():
    rows = chain(5)
    assert await flaws(rows, head=head(rows[:3])) == [("LOG_AHEAD", 4, 5)]


async def test_a_log_that_is_behind_is_whole_so_far():
    rows = chain(5)
    verified = await verified_log(Held("log", rows[:3]), None, head(rows))
    assert (verified.whole, verified.behind) == (True, 2)


async def test_a_subject_that_was_changed_is_named():
    rows = chain(3)
    rows[1] = rows[1]._replace(subject="oms.evt.other")
    assert await flaws(rows, outbox=chain(3)) == [("LOG_DIFFERS", 2, 2)]


async def test_an_empty_log_is_whole():
    verified = await verified_log(Held("log", []))
    assert verified == (0, genesis("main"), 0, ())


async def test_a_log_that_ends_before_the_oldest_row_is_not_whole():
    rows = chain(9)
    assert await flaws(rows[:3], outbox=rows[5:], head=head(rows)) == [("LOG_GAP", 4, 5)]
    assert await flaws(rows[:5], outbox=rows[5:], head=head(rows)) == []
