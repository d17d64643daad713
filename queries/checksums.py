"""One number for all states at a position: equal exactly if the states are, whatever order they came in.

The sum, modulo 2¹²⁸, of BLAKE2b over (branch, entity, position that wrote it, canonical state): so a replay and a live
view that hold the same say the same, without either being sorted or copied.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from events.decider import State
from events.names import ONTOLOGY_SCOPE, Key
from queries.folded import Folded
from queries.versions import Versions
from queries.wanted import Wanted

Stated = tuple[str, Key, int, State | None]
"""(branch that wrote it, entity, position that wrote it, state)"""


def checksum(states: Iterable[Stated]) -> str:
    """32 hexadecimal digits."""
    total = 0
    for stated in states:
        total += int.from_bytes(blake2b(_canonical(stated), digest_size=16).digest())
    return f"{total % (1 << 128):032x}"


def of_fold(folded: Folded, wanted: Wanted) -> Iterator[Stated]:
    for branch, mine in folded.held.items():
        for key, held in mine.items():
            if wanted(branch, key):
                yield branch, key, held.since, held.state


def of_view(versions: Versions, position: int, wanted: Wanted) -> Iterator[Stated]:
    """What the view holds as of a position."""
    yield from _own(versions, ONTOLOGY_SCOPE, 0, position, wanted)
    for branch in list(versions.valid(ONTOLOGY_SCOPE, "branch/", position)):
        yield from _own(versions, branch.state["name"], branch.state.get("floor", 0), position, wanted)


def _own(versions: Versions, branch: str, floor: int, position: int, wanted: Wanted) -> Iterator[Stated]:
    for version in versions.valid(branch, "", position):
        if version.since > floor and wanted(branch, version.entity):
            yield branch, version.entity, version.since, version.state


_canonical: Final = msgspec.json.Encoder(order="sorted").encode
