"""Loads what the commands of a group will ask for, as far as their deciders can name it beforehand: few rounds for all."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from events import catalog
from events.decider import Context
from events.names import Key
from producers import hooks, splitting
from producers.command import NewId, Part, Submitted
from producers.heads import Heads, Staged
from producers.keys import Ring
from producers.outbox import Ask, Told

_ROUNDS: Final = 16


class Reading(NamedTuple):
    """What is known, and what a context needs to be asked for more."""

    heads: Heads
    new_id: NewId
    ring: Ring


def prefetch(reading: Reading, group: Sequence[Submitted]) -> Generator[Ask, Told, None]:
    """In one round for all commands at once.

    Where nothing is known of a branch, what many commands share comes first: the others then name all they need.
    """
    parts = [(submitted.branch, part) for submitted in group for part in submitted.parts]
    unknown = {branch for branch in {branch for branch, _ in parts} if not reading.heads.seen(branch)[0]}
    if unknown:
        shared = {(b, part.type, getattr(part.payload, "type", "")): (b, part) for b, part in parts if b in unknown}
        for _ in range(_ROUNDS):
            if not (yield from _read_ahead(reading, list(shared.values()))):
                break
    yield from _read_ahead(reading, parts)


def _read_ahead(reading: Reading, parts: Sequence[tuple[str, Part]]) -> Generator[Ask, Told, bool]:
    """Whether there was anything to load."""
    heads, new_id, ring = reading
    wanted: dict[str, list[Key]] = {}
    contexts: dict[str, Context] = {}
    for branch, part in parts:
        if branch not in contexts:
            wanted[branch] = list(hooks.READS)
            contexts[branch] = Context(branch, "", 0, new_id, Staged(heads, branch), seals=ring, splits=splitting)
        with suppress(Exception):  # shows again when the command itself is decided
            wanted[branch] += catalog.decider(part.type).reads(contexts[branch], part.payload)
    missing = [at for branch, keys in wanted.items() for at in heads.wanted(branch, dict.fromkeys(keys))]
    if missing:
        yield from heads.load(missing)
    return bool(missing)
