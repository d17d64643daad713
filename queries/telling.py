"""How the properties of objects of a type are told: looked up once for each set of fields that they come with.

field  dep ── declared by the type at a cut ──► name  departure
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from events.decider import State
from events.schema.checks import by_name as struct_by_name

FORMS: Final = 1_000  # that are remembered
Declared = Mapping[str, Mapping[str, Any]]


class Form(NamedTuple):
    """`fields`: in the order in which they are told, `None` where they come so; `names`: theirs, in that order.

    `names` are `None` where all come in their order under their own names, as most do.
    """

    fields: tuple[str, ...] | None
    names: tuple[str, ...] | None
    structs: Mapping[str, Mapping[str, Any]]  # by name: their fields have names, too
    sectioned: tuple[str, ...]  # names of those that may be kept in sections

    def told(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Of properties that have these fields."""
        if self.names is None:
            shown = dict(properties)
        else:
            values = properties.values() if self.fields is None else [properties[field] for field in self.fields]
            shown = dict(zip(self.names, values, strict=True))
        for name, declared in self.structs.items():
            shown[name] = struct_by_name(declared, shown[name])
        return shown


class Names:
    """Properties under their API names, in the order of the type; what the type does not know keeps its field's name.

    A property that came later is not there on objects that have not changed since: reading invents nothing. One that
    was removed is not shown.
    """

    def __init__(self, schema: State | None) -> None:
        self.schema = schema
        self._declared: Declared = (schema or {}).get("properties", {})
        self._forms: dict[tuple[str, ...], Form] = {}

    def told(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return self.form(properties).told(properties)

    def form(self, properties: Mapping[str, Any]) -> Form:
        """That of all properties with the same fields in the same order."""
        fields = tuple(properties)
        found = self._forms.get(fields)
        if found is None:
            if len(self._forms) == FORMS:
                self._forms.clear()
            found = self._forms[fields] = self._form(fields)
        return found

    def _form(self, fields: tuple[str, ...]) -> Form:
        there = frozenset(fields)
        known = {field: each for field, each in self._declared.items() if field in there and not each.get("removed")}
        order = (*known, *(field for field in fields if field not in self._declared))
        names = tuple(str(known[field]["name"]) if field in known else field for field in order)
        return Form(
            fields=None if order == fields else order,
            names=None if names == fields == order else names,
            structs={each["name"]: each for each in known.values() if "fields" in each},
            sectioned=tuple(each["name"] for each in known.values() if "unfoldable" in each),
        )
