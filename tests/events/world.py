"""Given events, when a command, then events or findings: one branch in memory, decided and folded as the committer does."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from adapters.memory_keys import MemoryKeys
from events import catalog
from events.branches import branch
from events.decider import UNDER, Context, Drafted, Head, Payload, State, Unread
from events.findings import Finding, Refused
from events.names import Key
from events.objects.purging import DataKeyDestroyed
from producers.keys import KeyRing

MAIN = "prod/main/main"


def ring_in_memory() -> KeyRing:
    """Keys in memory, and chance that is none."""
    numbers = count(1)
    return KeyRing(MemoryKeys(), lambda size: next(numbers).to_bytes(size, "big"))


class Loaded(dict[Key, Head]):
    def __missing__(self, key: Key) -> Head:
        raise Unread(key)


class World:
    """States of one branch. `surprises` are the keys that no decider's `reads` named beforehand."""

    def __init__(self, *branches: str) -> None:
        self.stored: dict[Key, Head] = {}
        self.position = 0
        self.ids = 0
        self.events: list[Drafted] = []
        self.surprises: list[Key] = []
        self.seals = ring_in_memory()
        self.author = "ada@test"
        self.fold([branch.genesis(MAIN)], Loaded())
        for name in branches:
            self.when("CreateBranch", name=name, **{"from": MAIN})

    def get(self, key: str) -> State | None:
        return self.stored.get(Key(key), Head(0, None)).state

    def when(self, type_: str, /, on: str = MAIN, **data: Any) -> list[Payload]:
        """The payloads of the events, already folded. Raises `Refused`."""
        return [each.payload for each in self.decide(type_, data, on)]

    def findings(self, type_: str, /, on: str = MAIN, **data: Any) -> list[tuple[str, str]]:
        """`(code, path)` of a command that must be refused."""
        return [(f.code, f.path) for f in self.refused(type_, data, on)]

    def refused(self, type_: str, data: dict[str, Any], on: str = MAIN) -> tuple[Finding, ...]:
        try:
            events = self.decide(type_, data, on)
        except Refused as refused:
            return refused.findings
        raise AssertionError(f"{type_} was accepted: {events}")

    def decide(self, type_: str, data: dict[str, Any], on: str = MAIN) -> list[Drafted]:
        command = catalog.command(type_, json.loads(json.dumps(data)))
        context = Context(on, self.author, self.position, self.new_id, Loaded(), self.position, seals=self.seals)
        decider = catalog.decider(type_)
        while missing := [key for key in decider.reads(context, command) if key not in context.heads]:
            self.load(context.heads, missing)
        ids = self.ids
        self.seals.begin()
        while True:
            self.ids = ids
            try:
                drafted = decider.decide(context, command)
                self.fold(drafted, context.heads)
            except Unread as unread:
                self.surprises += unread.keys
                self.load(context.heads, unread.keys)
            else:
                self.destroy(drafted)
                return drafted

    def destroy(self, drafted: Iterable[Drafted]) -> None:
        self.seals.doom(each.payload.kid for each in drafted if isinstance(each.payload, DataKeyDestroyed))
        lost = self.seals.settle()
        self.seals.keep()
        self.seals.destroy(lost)

    def load(self, heads: Loaded, keys: Iterable[Key]) -> None:
        for key in keys:
            if key.startswith(UNDER):
                below = [each for each in sorted(self.stored) if each[: each.rindex("/") + 1] == key[len(UNDER) :]]
                there = [each for each in below if self.stored[each].state is not None]
                self.load(heads, there)
                heads[key] = Head(0, {"keys": there})
            else:
                heads[key] = self.stored.get(key, Head(0, None))

    def fold(self, drafted: Iterable[Drafted], heads: Loaded) -> None:
        """All or nothing: raises `Unread` with nothing changed."""
        staged = Loaded(heads)
        if not self.stored:
            self.load(staged, [drafted[0].key])
        changed: dict[Key, Head] = {}
        position = self.position
        for each in drafted:
            position += 1
            stored = catalog.payload(catalog.event_type(each.payload), catalog.data(each.payload))
            assert stored == each.payload
            for key, state in list(catalog.fold(lambda key: staged[key].state, each.key, stored)):
                assert key in staged, f"{key} was written but never read"
                staged[key] = changed[key] = Head(position, state)
        self.stored.update(changed)
        self.events += drafted
        self.position = position

    def new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032d}"
