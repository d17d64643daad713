"""From copies with holes, damage and foreign events comes the one log, or the positions that nobody holds."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.collect import Candidate, Collector, Lost
from producers.outbox import Row
from security.chain import body_hash, genesis


def chain(count):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"n": position}}
        rows.append(Row(position, f"oms.evt.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


def damaged(row):
    return row._replace(body=row.body.replace(b'"n":', b'"m":'))


def foreign(row):
    return row._replace(body=b'{"hello":"world"}')


def collected(*copies, head=None, count=None):
    """Copies are dicts position → row."""
    collector, rows = Collector("main"), []
    for position in range(1, (count or max(p for copy in copies for p in copy)) + 1):
        rows += collector.offer([Candidate(str(n), c[position]) for n, c in enumerate(copies) if position in c])
    rows += collector.settle(head)
    return rows, collector.refused


def test_holes_are_filled_from_another_copy():
    rows = chain(6)
    stream = {r.position: r for r in rows if r.position not in (3, 4)}
    outbox = {r.position: r for r in rows if r.position >= 3}
    assert collected(stream, outbox) == (rows, [])


@pytest.mark.parametrize("spoiled", [damaged, foreign])
def test_what_does_not_belong_is_refused(spoiled):
    rows = chain(6)
    good = {r.position: r for r in rows}
    bad = {**good, 3: spoiled(good[3])}
    assert collected(bad, good) == (rows, [Candidate("0", bad[3])])


def test_a_position_that_nobody_holds_is_named():
    copy = {r.position: r for r in chain(6)}
    del copy[4]
    with pytest.raises(Lost) as lost:
        collected(copy, count=6)
    assert lost.value.positions == [(4, 4)]


def test_a_damaged_event_without_another_copy_is_named_itself():
    copy = {r.position: r for r in chain(6)}
    copy[4] = damaged(copy[4])
    with pytest.raises(Lost) as lost:
        collected(copy)
    assert lost.value.positions == [(4, 4)]


def test_a_damaged_head_is_known_by_the_hash_of_the_head():
    rows = chain(3)
    good = {r.position: r for r in rows}
    bad = {**good, 3: damaged(good[3])}
    head = body_hash(good[3].body)
    assert collected(bad, good, head=head) == (rows, [Candidate("0", bad[3])])
    with pytest.raises(Lost):
        collected(bad, head=head)


def test_another_ontology_is_lost_from_the_first_position():
    with pytest.raises(Lost) as lost:
        Collector("other").offer([Candidate("0", chain(1)[0])])
    assert lost.value.positions == [(1, 1)]


@settings(deadline=None)
@given(data=st.data(), count=st.integers(1, 12))
def test_any_mixture_gives_the_log_as_long_as_one_copy_holds_each_position(data, count):
    rows = chain(count)
    states = st.sampled_from(["good", "hole", "damaged", "foreign"])
    kinds = [[data.draw(states) for _ in rows] for _ in range(3)]
    for position in range(count):
        kinds[data.draw(st.integers(0, 2))][position] = "good"
    make = {"good": lambda r: r, "damaged": damaged, "foreign": foreign}
    copies = [{r.position: make[k](r) for k, r in zip(of, rows, strict=True) if k != "hole"} for of in kinds]
    healed, refused = collected(*copies, head=body_hash(rows[-1].body))
    assert healed == rows
    spoiled = [
        c for n, copy in enumerate(copies) for c in (Candidate(str(n), r) for r in copy.values()) if c.row not in rows
    ]
    assert sorted(refused) == sorted(spoiled)
