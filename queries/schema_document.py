"""A branch's schema as one document: the declarations that would make it again, by kind and API name.

{"objectTypes": {"Flight": {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}, …]}}, …}

A declaration is what the Create command of its kind takes, without what is not said: names stand where states have RIDs
and slugs. A value type has all its `versions`; what is deprecated says `deprecated`. Action types are left out: what
they do is no schema that others could read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from events.decider import State
from events.names import Key
from events.schema.checks import by_name
from events.schema.kinds import Kind
from events.schema.resolving import declaration
from queries.cuts import Cut
from schemas.exchange.document import Declaration, Document

PLURALS: Final[Mapping[Kind, str]] = {
    "valueType": "valueTypes",
    "structType": "structTypes",
    "sharedProperty": "sharedProperties",
    "interface": "interfaces",
    "objectType": "objectTypes",
    "linkType": "linkTypes",
}
"""In the order in which they can be made."""


def schema_document(cut: Cut) -> Document:
    """Every element that is not deleted, in the order of names."""
    states = {kind: [v.state for v in cut.alive(f"{kind}/")] for kind in PLURALS}
    names = {state["rid"]: state["name"] for kind in states for state in states[kind]}
    names |= {state["slug"]: state["name"] for state in states["objectType"]}
    telling = _Telling(cut, names)
    return {
        plural: {state["name"]: telling.told(kind, state) for state in sorted(states[kind], key=_name)}
        for kind, plural in PLURALS.items()
    }


def _name(state: State) -> str:
    return str(state["name"])


@dataclass(frozen=True, slots=True)
class _Telling:
    cut: Cut
    names: Mapping[str, str]  # by RID, and of object types by slug

    def told(self, kind: Kind, state: State) -> Declaration:
        how: Mapping[Kind, Callable[[State], Declaration]] = {
            "valueType": _value_type,
            "structType": self._struct_type,
            "sharedProperty": self._shared_property,
            "interface": self._interface,
            "objectType": self._object_type,
            "linkType": self._link_type,
        }
        said = {name: state.get(name) for name in ("title", "description")} | how[kind](state)
        return _said({**said, **self._status(kind, state)})

    def _status(self, kind: Kind, state: State) -> Declaration:
        if state.get("status") == "experimental" and kind == "objectType":
            return {"status": "experimental"}
        if state.get("status") != "deprecated":
            return {}
        rivals = (v.state for v in self.cut.valid(f"{kind}/"))
        by = next((each["name"] for each in rivals if state.get("replacedBy") in (each["slug"], each["rid"])), None)
        return {"deprecated": _said({"replacedBy": by, "until": state.get("until")})}

    def _struct_type(self, state: State) -> Declaration:
        return {"fields": [self._property(each) for each in _present(state["fields"])]}

    def _shared_property(self, state: State) -> Declaration:
        return {"property": self._property(state["property"])}

    def _interface(self, state: State) -> Declaration:
        links = [
            {"name": name, **_said({**each, "target": self.names[each["target"]]})}
            for name, each in state.get("links", {}).items()
        ]
        return {
            "extends": self._named(state.get("extends")),
            "properties": [{"name": name, **self._property(each)} for name, each in state["properties"].items()],
            "links": links,
        }

    def _object_type(self, state: State) -> Declaration:
        by_field = {field: each["name"] for field, each in self._inherited(state).items()}
        return {
            **{name: state.get(name) for name in ("table", "icon", "order", "abstract", "unfoldable")},
            "primaryKey": [by_field[field] for field in state["primaryKey"]],
            "properties": [self._property(each) for each in _present(state["properties"])],
            "parents": self._named(state.get("parents")),
            "interfaces": self._named(state.get("interfaces")),
            "titleProperty": by_field.get(state.get("titleProperty", "")),
        }

    def _link_type(self, state: State) -> Declaration:
        plain = {name: state.get(name) for name in ("table", "cardinality", "inverse", "acyclic", "onDelete", "owner")}
        ends = {end: self.names[state[end]] for end in ("from", "to")}
        return {**ends, **plain, "properties": [self._property(each) for each in _present(state.get("properties", {}))]}

    def _inherited(self, state: State) -> dict[str, Any]:
        found = dict(state["properties"])
        for rid in state.get("parents", ()):
            above = self.cut.state(Key(f"objectType/{rid}"))
            found = {**(self._inherited(above) if above else {}), **found}
        return found

    def _named(self, rids: Any) -> list[str]:
        return sorted(self.names[rid] for rid in rids or ())

    def _property(self, each: Mapping[str, Any]) -> Declaration:
        """One property, field or member; its type is said by what it names, if it names something."""
        name = {"name": each["name"]} if "name" in each else {}
        if "shared" in each:
            kept = {flag: each.get(flag) for flag in ("required", "unique", "unfoldable")}
            return _said({**name, **kept, "shared": self.names[each["shared"]]})
        plain = ("required", "unique", "array", "values", "description", "marking", "searchable", "unfoldable")
        said = {**name, **self._typed(each), **{member: each.get(member) for member in plain}}
        default = each.get("default")
        if default is not None:
            said["default"] = by_name(declaration(self.cut.state, each), default)
        if each.get("target") is not None:
            said["target"] = self.names[each["target"]]
        return _said(said)

    def _typed(self, each: Mapping[str, Any]) -> Declaration:
        if "valueType" in each:
            return {"valueType": self.names[each["valueType"]], "version": each.get("valueTypeVersion")}
        if "struct" in each:
            return {"struct": self.names[each["struct"]]}
        return {"type": each["type"]}


def _value_type(state: State) -> Declaration:
    versions = [state["versions"][str(number)] for number in range(1, state["latest"] + 1)]
    constraints = [{name: value for name, value in each.items() if name != "base"} for each in versions]
    return {"base": versions[0]["base"], "versions": constraints}


def _present(declared: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (each for each in declared.values() if not each.get("removed"))


_UNSAID: Final[Mapping[str, Any]] = {"cardinality": "n-n", "onDelete": "restrict"}


def _said(declaration: Declaration) -> Declaration:
    """Without what is as it would be if nothing were said."""
    return {name: value for name, value in declaration.items() if not _unsaid(name, value)}


def _unsaid(name: str, value: Any) -> bool:
    if value is None or value == [] or value == _UNSAID.get(name, ...):
        return True
    return value is False and name != "default"
