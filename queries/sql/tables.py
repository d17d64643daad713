"""Tables by name: object types and link types at a cut, under their table name, their API name, its snake_case, or their slug."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from events.meant import nearest
from events.schema.tables import LOGS, table_name
from queries.cuts import Cut
from queries.naming import Named, is_below, types
from queries.sql.findings import refused
from queries.sql.when import Place


def is_log(name: str) -> bool:
    """A name in other letters, such as `Events`, may be a type's."""
    return name in LOGS


def position_of(name: str) -> str:
    """The column of the position; a type may have a property that is called as it is in the log."""
    return "position" if name in ("events", "audit") else "_position"


@dataclass(frozen=True, slots=True)
class Table:
    """A type, and with it those whose objects are its objects too; `later` where it only came after that moment."""

    named: Named
    below: Sequence[Named]
    later: bool = False

    @property
    def types(self) -> Sequence[Named]:
        return self.named, *self.below


_MEANT: Final[Sequence[Callable[[Named], str]]] = (
    lambda named: str(named.state.get("table") or ""),
    lambda named: named.name,
    lambda named: table_name(named.state),
    lambda named: table_name(named.state).casefold(),
    lambda named: named.name.casefold(),
    lambda named: named.slug,
    lambda named: str(named.state["rid"]),
)
"""In which order a name is looked for; the folded ones are compared with the folded name."""


def table(cut: Cut, name: str, place: Place, newest: Cut) -> Table:
    """A type that is at the newest cut and was not yet there has no rows, and the columns that it has now.

    Raises `Refused` with SQL_TABLE_UNKNOWN or SQL_TABLE_AMBIGUOUS.
    """
    known = [*types(cut)]
    if found := _meant(known, name, place):
        return Table(found, [*_below(cut, found, known)])
    after = _meant([*types(newest)], name, place)
    if after is not None and all(each.key != after.key for each in known):
        return Table(after, [], later=True)
    there = [table_name(each.state) for each in known if not each.state.get("deleted")]
    meant = nearest(name, [*there, *LOGS], "`oms schema list` shows the types that there are")
    then = next((f"then it was called {each.name}" for each in known if after and each.key == after.key), meant)
    text = f"there is no table {name[:200]} on {cut.branch} at position {cut.position}; {then}"
    raise refused("SQL_TABLE_UNKNOWN", text, place)


def _meant(known: Sequence[Named], name: str, place: Place) -> Named | None:
    for called in _MEANT:
        found = [each for each in known if called(each) in (name, name.casefold())]
        alive = [each for each in found if not each.state.get("deleted")] or found[:1]
        if len(alive) > 1:
            names = " and ".join(each.name for each in alive)
            raise refused("SQL_TABLE_AMBIGUOUS", f"{name} is the table of {names}; write the API name", place)
        if alive:
            return alive[0]
    return None


def _below(cut: Cut, named: Named, known: Sequence[Named]) -> Iterator[Named]:
    if named.kind == "objectType":
        yield from (each for each in known if each.kind == "objectType" and is_below(cut, each, named))
