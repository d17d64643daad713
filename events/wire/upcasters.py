"""Old versions of events: pure functions from the data of one version to the data of the next.

io.oms.object.created.v1 ──upcast──► v2 ──upcast──► v3, which is what the code knows

A stored event is never rewritten: its data is brought up to date each time it is read. To change an event, write its
next version's model and an upcaster under the old version's name, and keep the old name here for ever.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

Json = dict[str, Any]
Upcast = Callable[[Json], Json]

UPCASTERS: Final[Mapping[str, Upcast]] = {}
"""CloudEvents type of an old version → its data as data of the version after it."""


class NotAPayload(ValueError):
    """Stored data that the code cannot read: `EVENT_TYPE_UNKNOWN` or `EVENT_DATA_INVALID`."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(f"{code}: {text}")


class Chain(NamedTuple):
    """The way from an old version to the newest."""

    newest: str
    steps: tuple[Upcast, ...]

    def upcast(self, data: Json) -> Json:
        for step in self.steps:
            data = step(data)
        return data


class BrokenChain(ValueError):
    """The upcasters do not lead from every old version to the newest, one version at a time."""


def chains(upcasters: Mapping[str, Upcast], newest: Iterable[str]) -> dict[str, Chain]:
    """The chain of each old version. Raises `BrokenChain` for a gap, and for an upcaster that leads nowhere."""
    found: dict[str, Chain] = {}
    for type_ in newest:
        stem, version = _parted(type_)
        old = [f"{stem}.v{number}" for number in range(1, version)]
        missing = [name for name in old if name not in upcasters]
        if missing:
            raise BrokenChain(f"{type_} is the newest, but nothing upcasts {', '.join(missing)}")
        steps = tuple(upcasters[name] for name in old)
        found.update({name: Chain(type_, steps[at:]) for at, name in enumerate(old)})
    aimless = upcasters.keys() - found.keys()
    if aimless:
        raise BrokenChain(f"upcasters of what is no old version: {', '.join(sorted(aimless))}")
    return found


def _parted(type_: str) -> tuple[str, int]:
    stem, _, version = type_.rpartition(".v")
    if not stem or not version.isascii() or not version.isdigit() or version.startswith("0"):
        raise BrokenChain(f"{type_!r} does not end in a version such as .v1")
    return stem, int(version)
