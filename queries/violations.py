"""Which data a change of the schema would break: counted on one cut, with keys to look at.

One pass over the objects or links of each element, whatever the number of its changes. What must be compared with one
another (unique values, ends, circles) is held in memory, some 100 bytes each.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec

from events.decider import State
from events.names import Key
from events.objects.sealing import PURGED, SEALED
from events.reserved import ENDS
from events.schema.checks import by_name, check_of_declared
from events.schema.hierarchy import line
from events.schema.resolving import Declared, declaration
from events.schema.schema_change import Check, SchemaChange
from events.schema.values import Check as ValueCheck
from events.schema.values import NotAValue
from queries.cuts import Cut
from queries.followers import followers
from queries.gaps import readable

SAMPLES: Final = 20
_canonical: Final = msgspec.json.Encoder(order="deterministic").encode
Breaks = Callable[[State], bool]


class Violations(NamedTuple):
    """How many objects or links break a change, and the keys of the first of them."""

    number: int
    samples: tuple[Key, ...]


def violations(data: Cut, after: Cut, changes: Sequence[SchemaChange]) -> list[Violations | None]:
    """Of each change; `None` where no data is asked. `after` holds the schema that shall be."""
    counts = {index: _Count() for index, change in enumerate(changes) if change.check is not None}
    by_element: defaultdict[Key, list[tuple[int, _Whole]]] = defaultdict(list)
    for index in counts:
        for one in _asked(changes[index], data, after):
            by_element[one.element].append((index, _Whole(one, data, after)))
    for element, wholes in by_element.items():
        for key, state in _alive(data, element):
            for index in dict.fromkeys([index for index, whole in wholes if whole.breaks(state)]):
                counts[index].add(key)
        for index, whole in wholes:
            counts[index].count += whole.more()
    return [
        Violations(counts[index].count, tuple(counts[index].samples)) if index in counts else None
        for index in range(len(changes))
    ]


def _asked(change: SchemaChange, data: Cut, after: Cut) -> Iterator[SchemaChange]:
    """Of which data it is asked: of that of the element itself, or of the properties that follow it."""
    if change.check != "followed":
        yield change
        return
    for element, field in followers(data, after, change.element):
        yield change._replace(element=element, field=field, check="values")


class _Count:
    def __init__(self) -> None:
        self.count = 0
        self.samples: list[Key] = []

    def add(self, key: Key) -> None:
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(key)


class _Whole:
    """One change held against one object or link after the other."""

    def __init__(self, change: SchemaChange, data: Cut, after: Cut) -> None:
        self._graph: defaultdict[str, list[str]] = defaultdict(list)
        self._seen: Counter[Hashable] = Counter()
        self._field = change.field or ""
        self._new = _stated(after, change)
        old, self._after = _stated(data, change), after
        self._one_of_list = _many(data, old) and not _many(after, self._new)
        assert change.check is not None
        self.breaks: Breaks = self._checks()[change.check]

    def _checks(self) -> Mapping[Check, Breaks]:
        return {
            "instances": lambda _: True,
            "links": lambda _: True,
            "missing": lambda state: self._value(state) is None and self._new.get("default") is None,
            "present": lambda state: self._value(state) is not None,
            "values": self._does_not_fit,
            "duplicates": self._is_again,
            "cardinality": self._crowds,
            "cycles": self._noted,
        }

    def more(self) -> int:
        """What only all of them together tell: links that close a circle."""
        return _circles(self._graph)

    def _value(self, state: State) -> Any:
        return (state.get("properties") or {}).get(self._field)

    def _does_not_fit(self, state: State) -> bool:
        value = self._value(state)
        if self._one_of_list and isinstance(value, list) and len(value) <= 1:
            value = value[0] if value else None
        if value is None or value in (PURGED, SEALED):  # who may not read it cannot say
            return False
        try:
            self._check(by_name(self._declared, value))
        except NotAValue:
            return True
        return False

    @cached_property
    def _declared(self) -> Declared:
        return declaration(self._after.state, self._new)

    @cached_property
    def _check(self) -> ValueCheck:
        return check_of_declared(self._declared)

    def _is_again(self, state: State) -> bool:
        value = self._value(state)
        return value is not None and self._again(_canonical(value))

    def _crowds(self, state: State) -> bool:
        ends = ENDS[self._new["cardinality"]]
        return sum(self._again((end, state[end])) for end in ends) > 0  # both ends are counted

    def _again(self, value: Hashable) -> bool:
        self._seen[value] += 1
        return self._seen[value] > 1

    def _noted(self, state: State) -> bool:
        self._graph[state["from"]].append(state["to"])
        return False


def _stated(cut: Cut, change: SchemaChange) -> Mapping[str, Any]:
    """What the cut says of the element, or of the property that the change is about."""
    state = cut.state(change.element) or {}
    return state if change.field is None else (state.get("properties") or {}).get(change.field, {})


def _many(cut: Cut, said: Mapping[str, Any]) -> bool:
    """Whether a property holds a list."""
    return bool((declaration(cut.state, said) if "shared" in said else said).get("array"))


def _alive(data: Cut, element: Key) -> Iterator[tuple[Key, State]]:
    """Objects of a type and of all types below it, or links of a type."""
    state = data.state(element)
    if state is None:
        return
    aggregate = "link" if element.startswith("linkType/") else "object"
    for slug in [state["slug"], *(_below(data, state["rid"]) if aggregate == "object" else ())]:
        for version in data.alive(f"{aggregate}/{slug}/"):
            yield version.entity, readable(data.versions, version, None)


def _below(data: Cut, rid: str) -> list[str]:
    """Slugs of the types below."""
    types = (version.state for version in data.valid("objectType/"))
    return [one["slug"] for one in types if rid in {up["rid"] for up in line(data.state, one)} - {one["rid"]}]


def _circles(graph: Mapping[str, Sequence[str]]) -> int:
    """How many links lead back to where they are reached from."""
    closing, done, on_path = 0, set[str](), set[str]()
    for start in graph:
        stack = [(start, iter(graph.get(start, ())))] if start not in done else []
        on_path.add(start)
        while stack:
            node, ends = stack[-1]
            target = next(ends, None)
            if target is None:
                stack.pop()
                done.add(node)
                on_path.discard(node)
            elif target in on_path:
                closing += 1
            elif target not in done:
                on_path.add(target)
                stack.append((target, iter(graph.get(target, ()))))
        on_path.discard(start)
    return closing
