"""All objects or links of a type, or a whole branch, as the texts of what `Shown.json` tells; from columns where there are some."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any, Final

import msgspec

from projectors.versions import Version
from queries.cuts import Cut
from queries.naming import Named, named, types, values
from queries.objects import Shown, Telling, everything, objects, reached
from queries.purges import Purges
from queries.sql.columns import Column
from queries.sql.kept import PROPERTIES, Found, Lookup, whole
from queries.sql.told import Told
from queries.sql.windows import Window
from queries.telling import Names

_encode: Final = msgspec.json.Encoder().encode


def texts(cut: Cut, type_name: str | None, kept: Lookup, *, deleted: bool = False) -> Iterator[str]:
    """As `queries.objects` finds them: of a type all objects or links, without one everything on the branch; in key order.

    Raises `Refused` (TYPE_UNKNOWN).
    """
    if type_name is None:
        return _everything(cut, kept, deleted=deleted)
    one = _Kept(cut, named(cut, type_name), deleted=deleted)
    found = one.found(kept)
    return _written(objects(cut, type_name, deleted=deleted)) if found is None else one.texts(found)


def _everything(cut: Cut, kept: Lookup, *, deleted: bool) -> Iterator[str]:
    after = ""
    for each in sorted(types(cut), key=lambda one: _place(one.entities)):
        one = _Kept(cut, each, deleted=deleted)
        if found := one.found(kept):
            yield from _written(_until(each.entities, everything(cut, deleted=deleted, after=after)))
            yield from one.texts(found)
            after = f"{each.entities[:-1]}0"  # which comes behind "/"
    yield from _written(everything(cut, deleted=deleted, after=after))


def _until(entities: str, found: Iterable[Shown]) -> Iterator[Shown]:
    return takewhile(lambda shown: _place(shown.entity) < _place(entities), found)


def _place(entity: str) -> tuple[int, str]:
    return reached(entity), entity


def _written(found: Iterable[Shown]) -> Iterator[str]:
    return (_text(shown) for shown in found)


def _text(shown: Shown) -> str:
    return _encode(shown.json()).decode()


class _Kept:
    """What is shown of one type's objects or links from columns."""

    def __init__(self, cut: Cut, type_: Named, *, deleted: bool) -> None:
        self._cut, self._type, self._deleted = cut, type_, deleted
        kind = "object" if type_.kind == "objectType" else "link"
        self._head: dict[str, Any] = {
            "position": cut.position, "branch": cut.branch, "kind": kind, "type": type_.name,
        }  # fmt: skip
        names = Names(type_.state)
        column = Column("properties" if kind == "object" else "values", "json")
        self._told = Told(
            column, lambda rows, _: [values(seen.version.entity, names, seen.version.state) for seen in rows], PROPERTIES
        )  # fmt: skip

    def found(self, kept: Lookup) -> Found | None:
        window = Window(self._cut, self._cut.position, every=self._deleted)
        return whole(kept, window, self._type.entities, [self._told])

    def texts(self, found: Found) -> Iterator[str]:
        apart = sorted(self._cut.several(found.wanted.without).values(), key=lambda version: version.entity)
        telling = Telling(self._cut, self._type, Purges(self._cut.versions))
        read = ((version.entity, _text(telling.shown(version))) for version in apart if self._is_meant(version))
        columns = found.columns.shown(self._head, self._told, found.wanted)
        return (text for _, text in heapq.merge(columns, read))

    def _is_meant(self, version: Version) -> bool:
        return self._deleted or not version.state.get("deleted")
