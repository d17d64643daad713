"""What the write side decided against is what the views show: now, at every moment since, on every branch."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from adapters.memory_versions import MemoryVersions
from adapters.memory_view import memory_versions
from events import catalog
from events.decider import Head
from events.names import Key, command_subject
from producers.decide import Planner
from producers.genesis import genesis
from producers.heads import Heads
from producers.outbox import Ask, LogHead, Told, Writes
from producers.receive import address, receive
from projectors.decode import Decoder, parts
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from queries.cuts import cut
from queries.moments import AtPosition
from queries.versions import Commit
from tests.events.world import ring_in_memory

MAIN = "prod/main/main"
BRANCHES = [MAIN, "dev/a/b", "dev/a/c"]
KEYS = ["1", "2", "한"]
ENTITIES = [Key(f"object/A/{key}") for key in KEYS] + [Key(f"link/knows/{a}~{b}") for a in KEYS for b in KEYS]
NOW = 1_709_164_800_000_000  # 2024-02-29


@dataclass
class System:
    """A write side in memory; `saw[position][branch]` = the heads of all entities after each commit."""

    outbox: MemoryOutbox = field(default_factory=lambda: MemoryOutbox("main"))
    numbers: Any = field(default_factory=count)
    saw: dict[int, dict[str, dict[Key, Head]]] = field(default_factory=dict)
    branches: list[str] = field(default_factory=lambda: [MAIN])

    def __post_init__(self) -> None:
        self.planner = Planner(
            "main", lambda: f"01890a5d-ac96-774b-bcce-{next(self.numbers):012x}", ring=ring_in_memory()
        )

    async def begin(self) -> None:
        await self.outbox.commit(genesis("main", MAIN, NOW))
        await self.send("CreateObjectType", name="A", primaryKey=["id"], properties=[
            {"name": "id", "type": "string", "required": True},
            {"name": "tag", "type": "string", "unique": True},
            {"name": "n", "type": "integer"},
        ])  # fmt: skip
        await self.send("CreateLinkType", name="knows", **{"from": "A", "to": "A"})

    async def send(self, type_: str, branch: str = MAIN, /, **data: Any) -> str:
        message = {"id": f"c{next(self.numbers)}", "type": type_, "branch": branch, "data": data}
        to = address(command_subject("main", "local", branch, type_))
        work = self.planner.work([receive(to, json.dumps(message).encode())], NOW)
        writes = await self.outbox.commit(work)
        outcome = json.loads(writes.outcomes[0])
        if outcome["status"] == "accepted":
            if type_ == "CreateBranch":
                self.branches.append(data["name"])
            self.saw[outcome["position"]] = {branch: await self.heads(branch) for branch in self.branches}
        return str(outcome["status"])

    async def heads(self, branch: str) -> dict[Key, Head]:
        known = Heads()

        def read(head: LogHead) -> Generator[Ask, Told, Writes]:
            while missing := known.wanted(branch, ENTITIES):
                reads = known.reads(missing)
                told = yield Ask(heads=[read for chain in reads.values() for read in chain])
                known.tell(reads, told.heads)
            return Writes(head)

        await self.outbox.commit(read)
        return {key: known.known(branch, key) for key in ENTITIES}

    async def view(self) -> MemoryVersions:
        """What a projector makes of the log."""
        view = memory_versions("main")
        track = Track(versions(catalog.evolve), view, await view.checkpoint())
        decoder = Decoder(track.checkpoint, catalog.payload)
        rows = [Fetched(*row) for row in await self.outbox.after(0, 10_000)]
        told = MemoryVersions()
        for part in parts(decoder.read(rows).events, 1):
            await track.apply(part)
        for first in sorted({version.first for version in view.written}):
            written = [version for version in view.written if version.first == first]
            last = written[0]
            told.tell(Commit(last.commit, first, last.last, last.time), written)
        assert not await view.parked()
        return told


key = st.sampled_from(KEYS)
object_commands = st.one_of(
    st.tuples(
        st.just("UpsertObject"),
        st.fixed_dictionaries({"id": key, "n": st.integers(0, 3), "tag": st.sampled_from("uvwxyz")}),
    ),
    st.tuples(st.just("CreateObject"), st.fixed_dictionaries({"id": key})),
    st.tuples(
        st.just("UpdateObject"), st.tuples(key, st.sampled_from([{"n": 7}, {"n": None}, {"tag": "z"}, {"tag": None}]))
    ),
    st.tuples(st.sampled_from(["DeleteObject", "RestoreObject"]), key),
    st.tuples(st.sampled_from(["CreateLink", "DeleteLink"]), st.tuples(key, key)),
)
steps = st.lists(
    st.tuples(st.integers(0, 2), object_commands)
    | st.tuples(st.integers(0, 2), st.tuples(st.just("fork"), st.integers(0, 99))),
    min_size=10,
    max_size=40,
)


async def perform(system: System, number: int, command: tuple[str, Any]) -> None:
    branch = system.branches[number % len(system.branches)]
    match command:
        case "fork", back:
            if len(system.branches) < len(BRANCHES):
                ends = [2, *system.saw]
                name = BRANCHES[len(system.branches)]
                await system.send("CreateBranch", branch, name=name, at=ends[-1 - back % len(ends)])
        case "UpdateObject", (name, patch):
            await system.send("UpdateObject", branch, type="A", key=name, patch=patch)
        case ("CreateLink" | "DeleteLink") as type_, (one, other):
            await system.send(type_, branch, type="knows", **{"from": one, "to": other})
        case ("DeleteObject" | "RestoreObject") as type_, name:
            await system.send(type_, branch, type="A", key=name)
        case type_, properties:
            await system.send(type_, branch, type="A", properties=properties)


@settings(max_examples=80)
@given(steps)
async def test_views_and_time_travel_show_what_the_write_side_saw(told) -> None:
    system = System()
    await system.begin()
    for number, command in told:
        await perform(system, number, command)
    view = await system.view()
    for position, branches in system.saw.items():
        for branch, heads in branches.items():
            at = cut(view, branch, AtPosition(position), now=NOW * 2)
            for entity in ENTITIES:
                found = at.version(entity)
                assert (found and (found.since, found.state)) == (
                    (heads[entity].position, heads[entity].state) if heads[entity].state else None
                )
