"""What it costs to ask who wants an event: one expression, and 1,000 subscriptions with 100 filters each, by their index."""

import time
from typing import Any, Final

import msgspec

from bench.figures import Figure
from bench.stock import Stock
from events.filters.candidate import Candidate
from events.filters.cesql import cesql
from events.subscriptions.index import Selection, SubscriptionIndex

EXPRESSIONS: Final = {
    "one attribute": "type = 'io.oms.object.updated.v1'",
    "data, LIKE, IN": "subject LIKE 'object/%/UA-%' AND data.properties.delay > 15 AND data.properties.origin IN ('EWR', 'JFK')",
    "functions and arithmetic": "LENGTH(CONCAT(data.properties.origin, '-', data.properties.dest)) = 7 AND INT(sequence) % 10 = 5",
    "what is missing": "nothing = 'a'",
}
ENDPOINTS: Final = 1_000
FILTERS: Final = 100
EVENTS: Final = 2_000
BRANCHES: Final = tuple(f"prod/service{number}/main" for number in range(10))
CLASSES: Final = tuple(f"Type{number}" for number in range(40))


async def figures(stock: Stock) -> list[Figure]:
    endpoints = ENDPOINTS // 10 if stock.quick else ENDPOINTS
    found = [_expression(name, text) for name, text in EXPRESSIONS.items()]
    index = SubscriptionIndex(_selection(number) for number in range(endpoints))
    events = [_event(number) for number in range(EVENTS)]
    asked = [sum(clause.asks for clause in index.candidates(event)) for event in events]
    began = time.process_time()
    wanted = sum(len(index.wanting(Candidate(event.attributes, _data(at)))) for at, event in enumerate(events))
    took = time.process_time() - began
    what = f"{endpoints:,} subscriptions of {FILTERS} filters"
    return [
        *found,
        Figure(f"{what}: events asked of", EVENTS / took, "events/s", cpu=took / EVENTS * 1e6, goal="2,000"),
        Figure(f"{what}: expressions evaluated at most", max(asked), "an event", goal="100"),
        Figure(f"{what}: that want an event", wanted / EVENTS, "on average"),
    ]


def _expression(name: str, text: str) -> Figure:
    """The best of several rounds, data read anew each time."""
    expression, best, number = cesql(text), float("inf"), 2_000
    for _ in range(10):
        candidates = [_event(25) for _ in range(number)]
        began = time.process_time()
        for candidate in candidates:
            expression.passes(candidate)
        best = min(best, time.process_time() - began)
    return Figure(f"CESQL: {name}", best / number * 1e6, "µs", goal="10")


def _selection(number: int) -> Selection:
    """Of one type of objects on one branch; its filters name gates or keys, and say more by an expression."""
    subject = f"object/{CLASSES[number % len(CLASSES)]}/UA-"
    named: list[dict[str, Any]] = [
        {"prefix": {"subject": f"{subject}{number + each}"}} if each % 3 == 0
        else {"exact": {"data.properties.gate": f"C{number * 7 + each}"}}
        for each in range(FILTERS - 1)
    ]  # fmt: skip
    filters = [{"all": [each, {"sql": "data.properties.delay > 15"}]} for each in named]
    state = {
        "name": f"endpoint{number}",
        "types": ["io.oms.object.created.v1", "io.oms.object.updated.v1"],
        "branches": [BRANCHES[number % len(BRANCHES)]],
        "filters": [{"any": filters}, {"sql": "author LIKE '%@flights'"}],
    }
    return Selection(state, frozenset({CLASSES[number % len(CLASSES)]}))


def _event(number: int) -> Candidate:
    branch = BRANCHES[number % len(BRANCHES)]
    attributes: dict[str, str | int | bool] = {
        "specversion": "1.0", "id": f"018bcfe5-0000-7000-8000-{number:012d}", "source": f"/oms/main/{branch[:-5]}",
        "type": "io.oms.object.updated.v1", "subject": f"object/{CLASSES[number % len(CLASSES)]}/UA-{number}",
        "branch": branch, "author": "alice@flights", "sequence": f"{number:020d}", "commitindex": 0, "commitsize": 1,
    }  # fmt: skip
    return Candidate(attributes, _data(number))


def _data(number: int) -> bytes:
    return msgspec.json.encode(
        {
            "type": "ri.oms.object-type.1",
            "slug": CLASSES[number % len(CLASSES)],
            "key": f"UA-{number}",
            "properties": {
                "gate": f"C{number}",
                "delay": number % 60,
                "origin": "EWR",
                "dest": "IAH",
                "note": "정시 출발",
            },
        }
    )
