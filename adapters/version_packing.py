"""Packs the states of closed versions: what a commit a while ago put an end to becomes a delta, in any database.

versions  … 40 41 42 43 …        a stretch of positions that nothing has looked at yet
slices         │     └─► closed what began at 7: its state becomes a delta, `versions.state` ""
               └─────► closed nothing: it created something

The plan is made beside whoever writes; writing it down takes a moment. A plan that was overtaken is not written.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from adapters.packed_states import NO_SAMPLES, PackedStates
from adapters.saying import Saying
from adapters.versions_tables import NOTHING_PACKED, commits, deltas, entities, packing, samples, slices, versions
from documents.delta import Samples, base_of, packed

STRETCH: Final = 500  # positions of a plan: some tenths of a second to make, some milliseconds to write
WORTH: Final = 4  # times as much as its samples must be compressed against them
CHAIN: Final = 1_024  # states of a chain; then another one begins
Row = dict[str, object]


class Plan(NamedTuple):
    """`revision`: of the packing that it goes on from; `until`: the last position that it looked at."""

    revision: int
    until: int
    closed: Sequence[Row]
    deltas: Sequence[Row]
    samples: Sequence[Row]


def plan(say: Saying, states: PackedStates, before: int) -> Plan | None:
    """For the next stretch of what was committed before a time (µs). `None`: there is nothing more."""
    position, revision = next(iter(say.rows(_STANDING)), (0, 0))
    end = next((row[0] for row in say.rows(_LAST, before=before)), 0)
    if position >= end:
        return None
    until = min(position + STRETCH, end)
    found = [
        _Closed(name, dict(zip(_COLUMNS, row, strict=True)))
        for name, *row in say.rows(_CLOSED, after=position, until=until)
    ]
    closed = [one for one in found if one.state]
    made = _Plan(states, _known_samples(say))
    made.sample(closed)
    for row in say.rows(_CHAINS, after=position, until=until) if closed else ():
        made.chains[row[0]].add(*row[1:])
    for one in closed:
        made.pack(one)
    return Plan(revision, until, [one.row for one in closed], made.deltas, made.new_samples)


def write(say: Saying, made: Plan) -> bool:
    """Within a transaction; `False` where another one was written meanwhile, or a version: then nothing was changed."""
    say.rows(NOTHING_PACKED)
    if not say.rows(_MOVE, until=made.until, known=made.revision):
        return False
    say.each(_ADD_SAMPLES, made.samples)
    say.each(_ADD_DELTA, made.deltas)
    say.each(_REMOVE, made.closed)  # SQLite gives the pages of a row back that goes, not of one that shrinks
    say.each(_ADD_AGAIN, [row | {"state": ""} for row in made.closed])
    return True


def prefix_of(entity: str) -> str:
    """What an entity is alike to: `object/Flight/` of objects and links, else its kind, `objectType/`."""
    kind, _, rest = entity.partition("/")
    slug, slash, _ = rest.partition("/")
    return f"{kind}/{slug}/" if slash and kind in ("object", "link") else f"{kind}/"


class _Closed:
    """A version whose state is to be packed."""

    def __init__(self, name: str, row: dict[str, Any]) -> None:
        self.row, self.prefix = row, prefix_of(name)
        self.since: int = row["since"]
        self.entity: int = row["entity"]
        self.state: bytes = row["state"].encode()


@dataclass
class _Chain:
    """What is packed of an entity: where each state of its chain began, and how deep it lies."""

    known: dict[int, tuple[int, int]] = field(default_factory=dict)
    next: int = 0

    def add(self, number: int, since: int, depth: int) -> None:
        self.known[number] = since, depth
        self.next = max(self.next, number + 1)

    def base(self) -> tuple[int, int] | None:
        """Of the next one; `None` where it begins a chain, or what it rested on was written again."""
        start = self.next - self.next % CHAIN
        number = base_of(self.next - start)
        return None if number is None else self.known.get(start + number)


class _Plan:
    def __init__(self, states: PackedStates, known: dict[str, tuple[int, int]]) -> None:
        self.deltas: list[Row] = []
        self.new_samples: list[Row] = []
        self.chains: defaultdict[int, _Chain] = defaultdict(_Chain)
        self._states, self._known = states, known
        self._new: dict[int, Samples] = {}
        self._here: dict[int, bytes] = {}

    def sample(self, closed: Sequence[_Closed]) -> None:
        """New samples of what has none yet, or so few that these are twice as much; a document of each entity.

        Only where they are little beside what is compressed against them.
        """
        alike: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        size: Counter[str] = Counter()
        for one in closed:
            alike[one.prefix].setdefault(one.entity, one.state)
            size[one.prefix] += len(one.state)
        for prefix, states in alike.items():
            chosen = Samples.of(states.values())
            _, known = self._known.setdefault(prefix, (NO_SAMPLES, 0))
            if size[prefix] >= WORTH * len(chosen.text) >= WORTH * max(2 * known, 1):
                number = 1 + max((known for known, _ in self._known.values()), default=0)
                self._known[prefix] = number, len(chosen.text)
                self._new[number] = chosen
                self.new_samples.append({"number": number, "prefix": prefix, "text": chosen.text})

    def pack(self, one: _Closed) -> None:
        chain = self.chains[one.entity]
        base = chain.base()
        state = None if base is None else self._state(one.entity, base[0])
        number, _ = self._known[one.prefix]
        delta = packed(one.state, state, self._new.get(number) or self._states.samples(number))
        rests = base if base and state is not None and delta.form.needs_base else None
        depth = rests[1] + 1 if rests else 0
        self.deltas.append({
            "entity": one.entity, "since": one.since, "number": chain.next, "base": rests and rests[0], "depth": depth,
            "form": int(delta.form), "samples": number, "length": len(one.state),
            "checksum": delta.checksum, "data": delta.data,
        })  # fmt: skip
        chain.add(chain.next, one.since, depth)
        self._here[one.since] = one.state

    def _state(self, entity: int, since: int) -> bytes | None:
        """`None` if it cannot be read: a chain begins anew, and a verification tells."""
        try:
            return self._here.get(since) or self._states(entity, since)
        except ValueError:
            return None


def _known_samples(say: Saying) -> dict[str, tuple[int, int]]:
    """By prefix the newest ones: their number, and bytes."""
    return {prefix: (number, size) for number, prefix, size in say.rows(_SAMPLES)}


_COLUMNS: Final = versions.c.keys()
_closer, _closed, _before = versions.alias("closer"), versions.alias("closed"), slices.alias("before")
_at: Final = (_closer.c.since > bindparam("after"), _closer.c.since <= bindparam("until"))
_STANDING: Final = select(packing.c.position, packing.c.revision)
_LAST: Final = select(commits.c.last).where(
    commits.c.time == select(func.max(commits.c.time)).where(commits.c.time <= bindparam("before")).scalar_subquery()
)
_CLOSED: Final = (
    select(entities.c.entity, *_closed.c)
    .join_from(
        _closer,
        _closed,
        _closed.c.since
        == select(func.max(_before.c.since))
        .where(_before.c.entity == _closer.c.entity, _before.c.since < _closer.c.since)
        .scalar_subquery(),
    )
    .join(entities, entities.c.id == _closer.c.entity)
    .where(*_at)
    .order_by(_closer.c.since)
)
_CHAINS: Final = select(deltas.c.entity, deltas.c.number, deltas.c.since, deltas.c.depth).where(
    deltas.c.entity.in_(select(_closer.c.entity).where(*_at))
)
_SAMPLES: Final = select(samples.c.number, samples.c.prefix, func.length(samples.c.text)).order_by(samples.c.number)
_MOVE: Final = (
    update(packing)
    .where(packing.c.revision == bindparam("known"))
    .values(position=bindparam("until"), revision=packing.c.revision + literal_column("1"))
    .returning(packing.c.position)
)
_ADD_SAMPLES: Final = insert(samples)
_ADD_DELTA: Final = insert(deltas)
_REMOVE: Final = delete(versions).where(versions.c.since == bindparam("since"))
_ADD_AGAIN: Final = insert(versions)
