"""Die before or after every call of every port, restart, go on: the outcome is as if nothing had happened.

command ─► (outbox.plan) ─► keys.keep, outbox.commit, keys.destroy ─► relay: outbox.after, log.append … ─► view.fold
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.postgres_outbox import postgres_outbox
from documents.unfold import UnfoldableDocument
from events.names import Key
from events.objects.purging import DATA_KEYS
from events.objects.sealing import is_closed
from events.wire.envelope import decode
from producers import splitting
from producers.adopt import LOCAL
from producers.keys import DataKey, opened
from producers.outbox import CommandKey
from security import chain
from tests.crash.life import World, replayed_heads, replayed_view
from tests.crash.mortal import Fate
from tests.crash.stories import DEV, DRY, STORIES
from tests.postgres.database import emptied
from tests.producers.desk import MAIN
from tests.producers.states import entities

EVERY = 100_000
REFUSED = {"data": ["OBJECT_EXISTS"], "conflict": ["MERGE_CONFLICT_FIELD"], "action": ["VALUE_REFERENCE"]}


async def undisturbed(name: str) -> tuple[World, int]:
    """A world in which nobody died, and how many calls that took."""
    world, calm = World(STORIES[name]), Fate()
    assert await world.process(calm)
    return world, calm.calls


@pytest.mark.parametrize("name", STORIES)
async def test_every_death_heals(name: str) -> None:
    calm, calls = await undisturbed(name)
    expected = await seen(calm)
    await whole(calm)
    assert calls > 30
    assert [f["code"] for o in calm.outcomes.values() for f in o["findings"]] == REFUSED.get(name, [])
    for die_at in range(1, calls + 1):
        for before in (True, False):
            world = World(STORIES[name])
            died = Fate(die_at, before=before)
            await world.process(died)
            assert await world.process(Fate()), f"after {died}"
            assert await seen(world) == expected, f"after {died}"
            await whole(world)


@pytest.mark.parametrize("name", ["merge", "purge", "encrypted"])
async def test_deaths_heal_on_postgresql_too(name: str, postgres_shared_url: str) -> None:
    """One death in six: what dies inside a transaction is swept in `tests/adapters/test_postgres_outbox.py`."""
    calm, calls = await undisturbed(name)
    expected = await seen(calm)
    for die_at in range(1, calls + 1, 6):
        async with emptied(postgres_shared_url) as url, postgres_outbox(url, "main") as outbox:
            world = World(STORIES[name], outbox)
            died = Fate(die_at, before=die_at % 4 == 1)
            await world.process(died)
            assert await world.process(Fate()), f"after {died}"
            assert await seen(world) == expected, f"after {died}"
            await whole(world)


async def test_keys_that_an_older_copy_brings_back_are_destroyed_before_anything_else_whenever_the_start_dies() -> None:
    calm, _ = await undisturbed("purge")
    expected = await seen(calm)
    destroyed = [DataKey(kid, b"k" * 32) for kid in sorted(gone(calm))]
    assert destroyed
    for die_at in range(1, 30):
        for before in (True, False):
            world, _ = await undisturbed("purge")
            world.keys.keep(destroyed)
            await world.process(Fate(die_at, before=before))
            assert await world.process(Fate())
            assert await seen(world) == expected
            await whole(world)


async def seen(world: World) -> dict[str, Any]:
    """What clients see at the end, without what chance chose."""
    shown: dict[str, Any] = {command: told(world, outcome) for command, outcome in sorted(world.outcomes.items())}
    shown["order"] = list(dict.fromkeys(decode(row.body).causationid for row in world.log.rows))
    for branch in (MAIN, DEV):
        for key, state in (await entities(world.outbox, branch)).items():
            kind, _, rid = key.partition("/")
            shown[f"{branch} {kind} {state.get('name') or rid}"] = _values(world, key, state)
    return shown


def told(world: World, outcome: dict[str, Any]) -> tuple[Any, ...]:
    """A key that was made just before a death is used, or destroyed, behind it: how many are destroyed is not compared."""
    events = [decode(row.body) for row in world.log.rows]
    mine = [(event.id, event.type, event.position) for event in events if event.causationid == outcome["command"]]
    assert outcome["events"] == [identity for identity, _, _ in mine]
    assert not mine or outcome["position"] == mine[-1][2]
    types = [type_ for _, type_, _ in mine if type_ != "io.oms.dataKey.destroyed.v1"]
    return outcome["status"], [finding["code"] for finding in outcome["findings"]], types, bool(outcome.get("would"))


def _values(world: World, key: str, state: dict[str, Any]) -> dict[str, Any]:
    """What is encrypted as who has the keys reads it; of a type which properties it has."""
    return {name: _value(world, key, name, value) for name, value in state.get("properties", {}).items()}


def _value(world: World, key: str, name: str, value: Any) -> Any:
    if is_closed(value):
        value = opened(world.keys.of, value, Key(key), f"/{name}")
        return unfolded(world, value) if splitting.key(value) else value
    return value.get("name", value) if isinstance(value, dict) else value


def unfolded(world: World, value: Any) -> Any:
    """An encrypted document, put together from what the log holds of it."""
    bodies = (json.loads(row.body) for row in world.log.rows if b'"io.oms.section.stored.v1"' in row.body)
    stored = {body["data"]["section"]: body["data"]["content"] for body in bodies}
    return UnfoldableDocument(value, lambda name: splitting.opened(stored[name], splitting.key(value))).unfold()


async def whole(world: World) -> None:
    """Outbox, log, heads, view and keys are of one mind; dry runs left nothing."""
    rows = await world.outbox.after(0, EVERY)
    assert world.log.rows == rows
    chain.verify([row.body for row in rows], 0, chain.genesis("main"))
    heads, again = world.outbox, await replayed_heads(rows)
    assert await heads.heads_after("", "", 0, EVERY) == await again.heads_after("", "", 0, EVERY)
    assert (await world.view.checkpoint()).position == len(rows)
    assert world.view.written == (await replayed_view(rows)).written
    assert kept(world) == named(world) - gone(world)
    for command in (each for each in world.outcomes if each.startswith(DRY)):
        assert command not in {decode(row.body).causationid for row in rows}
        assert await world.outbox.remembered(CommandKey(LOCAL, command)) is None


def kept(world: World) -> set[str]:
    return {key.kid for owner in {kid.rpartition("-")[0] for kid in named(world)} for key in world.keys.of(owner)}


def named(world: World) -> set[str]:
    """Keys that close a value of any event."""
    return {kid for row in world.log.rows for kid in _kids(json.loads(row.body)["data"])} | gone(world)


def gone(world: World) -> set[str]:
    subjects = (decode(row.body).subject for row in world.log.rows)
    return {subject.removeprefix(DATA_KEYS) for subject in subjects if subject.startswith(DATA_KEYS)}


def _kids(value: Any) -> Iterator[str]:
    if is_closed(value):
        yield from value["kid"].split("+")
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _kids(each)
