"""What everyone who remembers deliveries must do; each adapter passes this suite unchanged."""

import sqlite3
from contextlib import closing

import pytest

from adapters.postgres_deliveries import PostgresDeliveries
from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.consent import Consent
from events.subscriptions.letters import Deferred, Discarded, Sought, Standing, Try, Unsent, Waiting
from events.subscriptions.pacing import Heard, Paced
from events.subscriptions.retrying import Failing
from events.subscriptions.tallies import SLOT, TOTAL, bucket
from tests.postgres.database import emptied

ONE, TWO = "ri.oms.subscription.1", "ri.oms.subscription.2"


def tried(subscription, position, time=5, **more):
    return Try(subscription, position, f"event-{position}", 1, "event", time, 250, "status_500", 500, ["whs-1"],
               {"webhook-id": "한"}, {"x": "y"}, "답".encode(), "", time + 9)._replace(**more)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request, tmp_path):
    """Another one each time, of the same place: as after a restart."""
    if request.param == "sqlite":
        yield lambda: SqliteDeliveries(tmp_path / "deliveries.db")
        return
    shared = request.getfixturevalue("postgres_shared_url")
    async with emptied(shared) as url:
        yield lambda: PostgresDeliveries(url, "main")


async def test_nothing_is_known_at_first(opened):
    deliveries = opened()
    assert await deliveries.standings() == {}
    assert await deliveries.last(ONE, 5) == []
    await deliveries.close()


async def test_what_was_noted_is_there_after_a_restart(opened):
    deliveries = opened()
    paced = Paced("d1", 99.5, 11, 12.25, True, (Heard(3, 5, 4), Heard(4, 1, 0)))
    failing = Standing(9, Failing(12.5, 3, 50), 4, 2, 3, 7, paced=paced)
    await deliveries.note([tried(ONE, 8), tried(TWO, 8)], {ONE: failing, TWO: Standing(8)})
    await deliveries.note(
        [tried(ONE, 9, kind="timeout", status=None, next=None, address="2606:4700::1111")], {TWO: Standing(20)}
    )
    await deliveries.close()
    again = opened()
    assert await again.standings() == {ONE: failing, TWO: Standing(20)}
    assert [each for _, each in await again.last(ONE, 5)] == [
        tried(ONE, 9, kind="timeout", status=None, next=None, address="2606:4700::1111"), tried(ONE, 8)]  # fmt: skip
    assert len(await again.last(ONE, 1)) == 1
    await again.close()


async def test_all_of_it_or_nothing(opened):
    deliveries = opened()
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await deliveries.note([tried(ONE, 8), tried(ONE, 9, event=None)], {ONE: Standing(9)})
    assert await deliveries.standings() == {}
    assert await deliveries.last(ONE, 5) == []
    await deliveries.close()


async def test_what_is_given_up_is_named_until_it_arrives(opened):
    deliveries = opened()
    gone = {"kind": "status_500", "next": None}
    await deliveries.note([tried(ONE, 1), tried(ONE, 2, **gone), tried(ONE, 3, **gone), tried(TWO, 4, **gone)], {})
    await deliveries.note(
        [tried(ONE, 3, time=60, attempt=2, kind="delivered", next=None), tried(ONE, 5, time=60, **gone)], {}
    )
    assert await deliveries.undelivered(ONE, 0, 0) == [2, 5]
    assert await deliveries.undelivered(ONE, 50, 0) == [5]
    assert await deliveries.undelivered(ONE, 0, 0, 60) == [2]
    assert await deliveries.undelivered(ONE, 0, 0, kinds={"timeout"}) == []
    assert await deliveries.undelivered(ONE, 0, 0, kinds={"status_500", "timeout"}) == [2, 5]
    assert await deliveries.undelivered(ONE, 0, 15) == [1, 2, 5]  # one should have been tried again at 14
    await deliveries.close()


async def test_a_consent_stays_until_another_sink_or_origin_is_asked(opened):
    deliveries = opened()
    asked = Consent(ONE, "https://a", "oms", "asked", 5, 1, 65, None, "status_405", "", "d1")
    await deliveries.asked(asked)
    await deliveries.asked(asked._replace(subscription=TWO, digest="d2", status="refused"))
    assert await deliveries.consents() == {
        ONE: asked,
        TWO: asked._replace(subscription=TWO, digest="d2", status="refused"),
    }
    assert not await deliveries.grant("d3", None, 7)
    assert await deliveries.grant("d1", 120, 7)
    granted = asked._replace(status="granted", time=7, next=None, rate=120, kind="")
    assert (await deliveries.consents())[ONE] == granted
    await deliveries.asked(asked._replace(tries=2, time=9))
    await deliveries.close()
    again = opened()
    assert (await again.consents())[ONE] == granted
    assert await again.grant("d1", None, 8)
    assert (await again.consents())[ONE] == granted._replace(rate=None, time=8)
    for other in (asked._replace(sink="https://b"), asked._replace(origin="other")):
        await again.asked(other)
        assert (await again.consents())[ONE] == other
    await again.ask_anew(ONE)
    assert list(await again.consents()) == [TWO]
    await again.close()


async def test_old_tries_are_forgotten_and_standings_are_not(opened):
    deliveries = opened()
    await deliveries.note([tried(ONE, 1, time=5), tried(ONE, 2, time=50)], {ONE: Standing(2)})
    assert await deliveries.forget(50, 0) == 1
    assert [each.position for _, each in await deliveries.last(ONE, 5)] == [2]
    assert await deliveries.standings() == {ONE: Standing(2)}
    await deliveries.close()


async def test_what_was_sent_and_answered_goes_and_how_it_ended_stays(opened):
    deliveries = opened()
    batch = [tried(ONE, 4, time=70), tried(ONE, 5, time=70, response={}, answer=b"")]
    await deliveries.note([tried(ONE, 1), tried(ONE, 1, time=60), tried(ONE, 2, time=6), tried(TWO, 1), *batch], {})
    nothing = {"request": {}, "response": {}, "answer": b"", "detail": ""}
    assert await deliveries.expunge(ONE, 50, 1) == 1
    assert await deliveries.expunge(ONE, 90, 5) == 2  # what was sent of it stands at the first of its batch
    assert await deliveries.expunge(ONE, 5) == 0
    left = [each for _, each in await deliveries.after(0, ONE, 9)]
    assert left == [
        tried(ONE, 1)._replace(**nothing), tried(ONE, 1, time=60), tried(ONE, 2, time=6),
        batch[0]._replace(**nothing), batch[1]._replace(**nothing),
    ]  # fmt: skip
    assert [await deliveries.expunge(ONE, 99) for _ in range(2)] == [2, 0]
    assert {(each.answer, each.kind) for _, each in await deliveries.after(0, ONE, 9)} == {(b"", "status_500")}
    assert [each for _, each in await deliveries.last(TWO, 9)] == [tried(TWO, 1)]
    await deliveries.note([tried(ONE, 7, kind="internal_error", detail="KeyError: 김")], {})
    assert await deliveries.expunge(ONE, 99, 7) == 1
    assert [each.detail for each in await deliveries.unsent()] == [""]
    await deliveries.note([], {ONE: Standing(5, expunged=3)})
    assert (await deliveries.standings())[ONE].expunged == 3
    await deliveries.close()


async def test_tries_are_found_by_how_they_ended_by_event_and_page_by_page(opened):
    deliveries = opened()
    arrived = {"kind": "delivered", "next": None}
    made = [tried(ONE, 1), tried(TWO, 1), tried(ONE, 1, **arrived), tried(ONE, 2, kind="timeout", status=None)]
    await deliveries.note(made, {})

    async def found(**asked):
        return [(number, each.position, each.kind) for number, each in await deliveries.last(ONE, 9, Sought(**asked))]

    whole = await found()
    assert [each[1:] for each in whole] == [(2, "timeout"), (1, "delivered"), (1, "status_500")]
    assert await found(before=whole[0][0]) == whole[1:]
    assert await found(failed=True) == [whole[0], whole[2]]
    assert await found(position=1) == whole[1:]
    assert await found(kind="timeout", position=2) == whole[:1]
    assert await found(kind="timeout", position=1) == []
    await deliveries.note([tried(ONE, 3, time=60)], {})
    assert [each[1] for each in await found(since=60)] == [3]
    assert [each[1] for each in await found(until=60)] == [2, 1, 1]
    assert await found(since=6, until=60) == []
    await deliveries.close()


async def test_what_arrived_or_comes_again_is_known_by_position(opened):
    deliveries = opened()
    arrived = {"kind": "delivered", "next": None}
    await deliveries.note(
        [tried(ONE, 1, **arrived), tried(ONE, 3), tried(ONE, 4, next=None), tried(TWO, 2, **arrived)], {}
    )
    await deliveries.note([tried(ONE, 5, **arrived), tried(ONE, 5, next=None, attempt=2), tried(ONE, 9, **arrived)], {})
    assert await deliveries.arrived(ONE, 0, 8, 14) == {1, 3, 5}
    assert await deliveries.arrived(ONE, 1, 9, 15) == {5, 9}  # 3 should have come at 14
    await deliveries.close()


async def test_tries_are_counted_in_slots_and_in_total(opened):
    deliveries, late = opened(), 3 * SLOT
    arrived = {"kind": "delivered", "next": None}
    for number in range(2):
        await deliveries.note([tried(ONE, number), tried(ONE, number, time=late, taken=9_000, **arrived)], {})
    await deliveries.note([tried(TWO, 1, **arrived)], {})
    total = await deliveries.counted(TOTAL, TOTAL)
    assert set(total[ONE]) == {("status_500", 0, 2), ("delivered", bucket(9_000), 2)}
    assert total[TWO] == [("delivered", 0, 1)]
    assert await deliveries.counted(3, 9) == {ONE: [("delivered", bucket(9_000), 2)]}
    await deliveries.forget(0, 9)
    assert await deliveries.counted(1, 9) == {}
    assert await deliveries.counted(TOTAL, TOTAL) == total
    await deliveries.close()


async def test_what_fails_waits_since_its_first_try_until_it_arrives(opened):
    deliveries = opened()
    await deliveries.note([tried(ONE, 1), tried(ONE, 2, time=7), tried(ONE, 3, next=None)], {})
    await deliveries.note([tried(ONE, 1, time=40, attempt=2)], {})
    assert await deliveries.waiting(0) == {ONE: Waiting(2, 5, 1)}
    assert await deliveries.waiting(20) == {ONE: Waiting(1, 5, 2)}  # one should have come again at 16
    again = {"attempt": 3, "trigger": "retry", "kind": "delivered", "next": None}
    await deliveries.note([tried(ONE, 1, time=60, **again), tried(ONE, 3, time=61, **again)], {})
    assert await deliveries.waiting(0) == {ONE: Waiting(1, 7, 0)}
    await deliveries.forget(50, 0)
    assert await deliveries.waiting(0) == {}
    await deliveries.close()


async def test_what_failed_for_good_has_arrived_also_where_it_began_anew(opened):
    deliveries = opened()
    await deliveries.note([tried(ONE, 1, next=None), tried(ONE, 2, next=None), tried(TWO, 1, next=None)], {})
    await deliveries.note([tried(ONE, 1, time=40, kind="delivered", next=None)], {})  # disabled, then resumed
    assert await deliveries.waiting(0) == {ONE: Waiting(0, None, 1), TWO: Waiting(0, None, 1)}
    assert await deliveries.undelivered(ONE, 0, 0) == [2]
    await deliveries.close()


async def test_what_is_not_due_yet_waits_and_does_not_fail(opened):
    deliveries = opened()
    await deliveries.note([], {}, [Deferred(ONE, 1, 5, 900), Deferred(ONE, 2, 5, 900), Deferred(ONE, 3, 5, 900)])
    assert await deliveries.waiting(0) == {ONE: Waiting(0, None, 0, deferred=3)}
    await deliveries.forget(50, 0)
    came = {"trigger": "retry", "time": 901}
    await deliveries.note(
        [tried(ONE, 1, kind="delivered", **came | {"next": None}), tried(ONE, 2, next=910, **came)], {}
    )
    assert await deliveries.waiting(0) == {ONE: Waiting(1, 5, 0, deferred=1)}
    assert await deliveries.undelivered(ONE, 0, 0) == []
    assert await deliveries.waiting(1_000) == {ONE: Waiting(0, None, 2)}  # it never came
    assert await deliveries.undelivered(ONE, 0, 905) == [3]
    await deliveries.close()


async def test_what_a_fault_of_our_own_keeps_is_parked_until_it_arrives_and_never_forgotten(opened):
    deliveries = opened()
    ours = {"kind": "internal_error", "detail": "KeyError: 편", "next": None}
    await deliveries.note([tried(ONE, 1), tried(TWO, 3, **ours), tried(ONE, 2, **ours)], {})
    await deliveries.note([tried(ONE, 2, **ours | {"kind": "not_signed", "time": 40})], {})
    parked = [Unsent(ONE, 2, 5, "not_signed", "KeyError: 편"), Unsent(TWO, 3, 5, "internal_error", "KeyError: 편")]
    await deliveries.forget(50, 0)
    assert await deliveries.unsent() == parked
    assert await deliveries.waiting(0) == {ONE: Waiting(0, None, 1, 1, 5), TWO: Waiting(0, None, 1, 1, 5)}
    await deliveries.note([tried(ONE, 2, attempt=2, time=60, kind="delivered"), tried(TWO, 3, attempt=2, time=60)], {})
    assert await deliveries.unsent() == []
    await deliveries.close()


async def test_what_is_parked_is_given_up_by_name_which_is_recorded(opened):
    deliveries = opened()
    ours = {"kind": "not_judged", "detail": "KeyError: 편", "next": None}
    made = [tried(ONE, 1, **ours), tried(ONE, 2, **ours), tried(TWO, 1, **ours), tried(ONE, 3)]
    await deliveries.note(made, {})
    assert await deliveries.discard({(ONE, 1), (ONE, 3), (TWO, 9)}, "kim@oms", "잘못", 70) == 1
    gone = Discarded(ONE, 1, 5, "not_judged", "KeyError: 편", "kim@oms", "잘못", 70)
    assert await deliveries.discarded() == [gone]
    assert [(each.subscription, each.position) for each in await deliveries.unsent()] == [(ONE, 2), (TWO, 1)]
    await deliveries.note([tried(ONE, 1, **ours)], {}, over=[(TWO, 1)])
    assert [(each.subscription, each.position) for each in await deliveries.unsent()] == [(ONE, 1), (ONE, 2)]
    assert await deliveries.discard([(ONE, 1)], "lee@oms", "again", 80) == 1
    await deliveries.close()
    again = opened()
    assert await again.discarded() == [gone._replace(author="lee@oms", why="again", time=80)]
    await again.close()


async def test_tries_are_followed_as_they_are_noted(opened):
    deliveries = opened()
    assert await deliveries.newest() == 0
    await deliveries.note([tried(ONE, 1), tried(TWO, 1)], {})
    seen = await deliveries.newest()
    await deliveries.note([tried(ONE, 2), tried(TWO, 2)], {})
    assert [(each.subscription, each.position) for _, each in await deliveries.after(seen, None, 9)] == [
        (ONE, 2),
        (TWO, 2),
    ]
    assert [each.position for _, each in await deliveries.after(0, TWO, 9)] == [1, 2]
    assert [each.position for _, each in await deliveries.after(0, TWO, 1)] == [1]
    await deliveries.close()


async def test_a_file_of_before_gets_what_it_lacks(tmp_path):
    path = tmp_path / "deliveries.db"
    with closing(sqlite3.connect(path)) as old:
        columns = "position INTEGER, attempt INTEGER, replayed INTEGER, failing_since REAL, failing_attempts INTEGER"
        old.execute(f"CREATE TABLE standings (subscription TEXT PRIMARY KEY, {columns}, failing_told INTEGER)")
        old.execute("INSERT INTO standings VALUES ('one', 9, 1, 2, NULL, NULL, NULL)")
        old.commit()
    deliveries = SqliteDeliveries(path)
    assert await deliveries.standings() == {"one": Standing(9, None, 1, 2)}
    await deliveries.note([tried(ONE, 1)], {ONE: Standing(9, None, 1, 2, 3, 7)})
    assert (await deliveries.standings())[ONE] == Standing(9, None, 1, 2, 3, 7)
    await deliveries.close()
