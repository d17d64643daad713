"""Documents that change: three kinds of data, the same in every run. A history is a list of JSON texts, oldest first.

files     JSON Schemas of this repository, some kB, edited here and there     50 versions of each
elements  object types with many properties, 3 kB                             50
objects   real flights, half a kB, whose delays come in                       11
"""

import csv
import gzip
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).parent.parent
WORDS: Final = [
    "gate",
    "carrier",
    "delay",
    "departure",
    "arrival",
    "runway",
    "crew",
    "ticket",
    "baggage",
    "weather",
    "terminal",
    "slot",
    "route",
    "fleet",
    "탑승구",
    "지연",
    "출발",
    "도착",
    "항공사",
    "수하물",
    "활주로",
    "the",
    "of",
    "a",
    "scheduled",
    "actual",
    "planned",
    "seen",
    "first",
    "last",
]
_encode: Final = msgspec.json.Encoder().encode


def kinds(count: int) -> Mapping[str, Iterator[list[bytes]]]:
    """`count` histories of each."""
    return {
        "files": islice(_histories(_file, 50), count),
        "elements": islice(_histories(_element, 50), count),
        "objects": islice(_flights(11), 4 * count),
    }


def _histories(made: Callable[[random.Random], Any], versions: int) -> Iterator[list[bytes]]:
    chance = random.Random(11)
    while True:
        document = made(chance)
        texts = [_encode(document)]
        for _ in range(versions - 1):
            for _ in range(chance.choice((1, 1, 2, 3))):
                _edit(document, chance)
            texts.append(_encode(document))
        yield texts


def _file(chance: random.Random) -> Any:
    paths = [path for path in sorted((ROOT / "schemas").glob("*/*.json")) if path.stat().st_size > 4_000]
    return msgspec.json.decode(chance.choice(paths).read_bytes())


def _element(chance: random.Random) -> Any:
    rid = partial(_rid, chance)
    properties = {
        f"p{number}": {
            "rid": rid("property"), "field": f"p{number}", "name": _said(chance, 2), "type": chance.choice(WORDS),
            "required": False, "unique": False, "description": _said(chance, 9),
        }
        for number in range(12)
    }  # fmt: skip
    return {"rid": rid("object-type"), "slug": "Flight", "name": _said(chance, 1), "primaryKey": ["p0"],
            "parents": [rid("object-type")], "description": _said(chance, 20), "properties": properties}  # fmt: skip


def _flights(versions: int) -> Iterator[list[bytes]]:
    """Delays, times and a note come in while the flight is under way."""
    chance = random.Random(12)
    path = ROOT / "oms" / "demo" / "flights" / "flights.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            properties: dict[str, Any] = {name: int(text) if text.isdigit() else text for name, text in row.items()}
            state = {"type": "ri.oms.object-type.018bcfe5-687b-71f9-9a6f-6f0a2b3c4d5e", "slug": "Flight",
                     "key": f"F{number}", "properties": properties, "deleted": False}  # fmt: skip
            texts = [_encode(state)]
            for _ in range(versions - 1):
                name = chance.choice(("dep_delay", "arr_delay", "dep_time", "arr_time", "tailnum", "note"))
                properties[name] = _said(chance, 3) if name in ("tailnum", "note") else chance.randrange(2_400)
                texts.append(_encode(state))
            yield texts


def _edit(document: Any, chance: random.Random) -> None:
    """One value somewhere becomes another one; one time in five something comes or goes."""
    at = document
    while True:
        name = chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
        inner = at[name]
        if not isinstance(inner, dict | list) or not inner:
            break
        at = inner
    match chance.randrange(10):
        case 0 if isinstance(at, dict):
            at[_said(chance, 1)] = _said(chance, 4)
        case 0:
            at.append(_said(chance, 2))
        case 1 if len(at) > 1:
            del at[name]
        case _:
            at[name] = not inner if isinstance(inner, bool) else _said(chance, chance.choice((1, 2, 8)))


def _said(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words))


def _rid(chance: random.Random, kind: str) -> str:
    return f"ri.oms.{kind}.018bcfe5-687b-7{chance.getrandbits(12):03x}-9a6f-{chance.getrandbits(48):012x}"
