"""A verification names the first row that was changed, lost or added, and a fold that is wrong."""

from pathlib import Path
from typing import Any

import pytest

from adapters.memory_feed import MemoryFeed
from events import catalog
from events.decider import Payload, State
from events.objects.object_words import ObjectUpdated
from projectors.audit import audit
from projectors.lane import Lane
from projectors.track import Track
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from security.chain import ChainBroken, Gap
from tests.projectors.reading import apply
from tests.projectors.stores import PostgresStore, SqliteStore, Store
from tests.projectors.story import Story, payload_of

TEST = "dev/main/test"
COLUMNS = 'time, author, on_behalf_of, type, branch, entity, "commit", cause, trace, subject, hash, body'


@pytest.fixture
def story() -> Story:
    told = Story()
    told.type_created("Thing", properties=[{"rid": "ri.oms.property.1", "field": "n", "name": "n", "type": "integer"}])
    told.created("a", n=1)
    told.branch_created(TEST)
    told.updated("a", n=2)
    told.updated("a", branch=TEST, m="x")
    told.deleted("a")
    told.restored("a")
    told.commit(("objectType.renamed", "objectType/ri.oms.object-type.Thing",
                 {"rid": "ri.oms.object-type.Thing", "slug": "Thing", "name": "Ding", "was": "Thing"}))  # fmt: skip
    return told


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return SqliteStore(tmp_path)
    return PostgresStore(request.getfixturevalue("postgres_server_url"))


@pytest.fixture
async def store(story: Story, empty: Store) -> Store:
    views = [empty.open("versions"), empty.open("audit")]
    projectors: Any = (versions(catalog.evolve), audit)
    tracks: Any = [Track(p, view, await view.checkpoint()) for p, view in zip(projectors, views, strict=True)]
    await Lane(MemoryFeed(story.messages), payload_of, tracks).read(story.position)
    for view in views:
        await view.close()
    return empty


async def verified(store: Store, story: Story, name: str = "versions") -> Agreed | Difference:
    return await store.verified(name, MemoryFeed(story.messages, 3))


async def tampered(store: Store, statement: str, name: str = "versions") -> None:
    assert await store.tamper(name, statement) > 0


@pytest.mark.parametrize("name", ["versions", "audit"])
async def test_a_view_that_was_left_alone_agrees(store: Store, story: Story, name: str):
    assert await verified(store, story, name) == Agreed(story.position, story.position, [])


@pytest.mark.parametrize(
    ("statement", "what", "position", "column"),
    [
        ("UPDATE versions SET state = replace(state, '\"n\":2', '\"n\":7') WHERE since = 5", "differs", 5, "properties"),
        ("UPDATE versions SET state = replace(state, '\"n\":2', '\"n\":2.0') WHERE since = 5", "differs", 5, "properties"),
        ("UPDATE versions SET author = 'eve@desk' WHERE since = 3", "differs", 3, "author"),
        ("UPDATE versions SET effective = 1 WHERE since = 3", "differs", 3, "effective"),
        ("UPDATE versions SET change = 'updated' WHERE since = 7", "differs", 7, "change"),
        ("UPDATE slices SET until = 6 WHERE since = 3", "differs", 3, "until"),
        ("UPDATE slices SET until = 9223372036854775807 WHERE since = 3", "differs", 3, "until"),
        ("UPDATE slices SET until = 12 WHERE since = 9", "differs", 9, "until"),
        ("DELETE FROM versions WHERE since = 5", "missing", 5, ""),
        ("DELETE FROM slices WHERE since = 6", "missing", 6, ""),
        ("INSERT INTO slices VALUES (1, 77, 78)", "extra", 77, ""),
        ("INSERT INTO entities VALUES (99, 'prod/main/main', 'object/Thing/z')", "extra", 0, ""),
        ("UPDATE commits SET last = 5 WHERE first = 4", "differs", 4, "last"),
        ("UPDATE checkpoint SET hash = 'x'", "differs", 9, "hash"),
        ("UPDATE entities SET entity = 'object/Thing/b' WHERE id = 3", "differs", 3, "entity"),
    ],
)  # fmt: skip
async def test_the_first_wrong_row_is_named(
    store: Store, story: Story, statement: str, what: str, position: int, column: str
):
    await tampered(store, statement)
    found = await verified(store, story)
    assert isinstance(found, Difference)
    assert (found.what, found.position, found.column) == (what, position, column), str(found)


async def test_a_row_too_much_is_named(store: Store, story: Story):
    await tampered(store, "UPDATE checkpoint SET position = 8, hash = (SELECT '" + _hash(story, 8) + "')")
    await tampered(store, "UPDATE slices SET until = 9223372036854775807 WHERE until = 9")
    found = await verified(store, story)
    assert str(found) == (
        "objectType/ri.oms.object-type.Thing on prod/main/main at position 9 is in the view, but not in the log"
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE events SET body = hash WHERE position = 4", ("differs", 4, "body")),
        ("UPDATE events SET type = 'x' WHERE position = 4", ("differs", 4, "type")),
        ("DELETE FROM events WHERE position = 4", ("missing", 4, "")),
        (f"INSERT INTO events SELECT 99, {COLUMNS} FROM events WHERE position = 4", ("extra", 99, "")),
    ],
)  # fmt: skip
async def test_the_audit_is_compared_byte_by_byte(
    store: Store, story: Story, statement: str, expected: tuple[str, int, str]
):
    await tampered(store, statement, "audit")
    found = await verified(store, story, "audit")
    assert isinstance(found, Difference)
    assert (found.what, found.position, found.column) == expected


async def test_a_wrong_evolve_is_found_by_the_second_opinion(story: Story, empty: Store):
    def forgets_unchanged_values(state: State | None, event: Payload) -> State | None:
        after = catalog.evolve(state, event)
        return {**after, "properties": event.set} if after and isinstance(event, ObjectUpdated) else after

    story.updated("a", o=1)
    view = empty.open("versions")
    track = Track(versions(forgets_unchanged_values), view, await view.checkpoint())
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    await view.close()
    found = await verified(empty, story)
    assert isinstance(found, Difference)
    assert (found.position, found.column, found.found) == (6, "properties", {"m": "x"})
    assert str(found) == (
        "object/Thing/a on dev/main/test at position 6: properties is {'m': 'x'}, the log says {'n': 1, 'm': 'x'}"
    )


async def test_what_is_parked_is_left_out_and_named(story: Story, empty: Store):
    story.updated("a", n=3, explode="no")
    story.updated("a", n=4)
    view = empty.open("versions")
    await apply(story, view)
    await view.close()
    assert await verified(empty, story) == Agreed(11, 9, [10, 11])


async def test_damage_in_the_log_is_not_blamed_on_the_view(store: Store, story: Story):
    whole = list(story.messages)
    story.messages[4] = whole[4]._replace(body=whole[4].body.replace(b'"n":2', b'"n":7'))
    with pytest.raises(ChainBroken):
        await verified(store, story)
    story.messages[:] = whole[:4]
    with pytest.raises(Gap):
        await verified(store, story)


def _hash(story: Story, position: int) -> str:
    from security.chain import body_hash

    return body_hash(story.messages[position - 1].body)
