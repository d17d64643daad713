"""From a document to the commands that make a branch's schema say the same. Nothing is taken away that the document lacks.

value types ─► struct types ─► shared properties ─► object types ─► interfaces ─► link types ─► what waited for others
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from schemas.exchange.document import KINDS, Declaration, Document, LeftOut

Command = dict[str, Any]
_OWNERS: Final = {"sharedProperties": "shared", "interfaces": "interface"}
"""Under which name a command says the element it is about; `type` for the others."""
_METADATA: Final = {
    "objectTypes": ("title", "description", "table", "icon", "order"),
    "linkTypes": ("title", "description", "table"),
}
_FLAGS: Final = {
    "required": "SetRequired",
    "unique": "SetUnique",
    "searchable": "SetSearchable",
    "unfoldable": "SetUnfoldable",
}
_SAID: Final = {"default": "SetDefault", "marking": "SetMarking", "description": "UpdatePropertyMetadata"}


def commands(wanted: Document, there: Document) -> tuple[list[Command], list[LeftOut]]:
    """In an order in which they can be decided as one commit, and what no command reaches; both empty if nothing differs."""
    planning = _Planning(wanted, there)
    planning.run()
    return planning.commands, planning.left


class _Planning:
    def __init__(self, wanted: Document, there: Document) -> None:
        self.wanted, self.there = wanted, there
        self.commands: list[Command] = []
        self.left: list[LeftOut] = []
        self._known = {kind: set(there[kind]) for kind in KINDS}
        self._later: list[Command] = []  # what needs elements that come after it

    def run(self) -> None:
        each: Mapping[str, tuple[Callable[[str, Declaration], None], Callable[[str, Declaration, Declaration], None]]]
        each = {
            "valueTypes": (self._new_value_type, self._value_type),
            "structTypes": (self._new, self._struct_type),
            "sharedProperties": (self._new, self._shared_property),
            "objectTypes": (self._new_object_type, self._object_type),
            "interfaces": (self._new, self._interface),
            "linkTypes": (self._new, self._link_type),
        }
        for kind, (new, changed) in each.items():
            self._kind = kind
            for name, declaration in _ordered(self.wanted[kind], kind):
                before = self.there[kind].get(name)
                if before is None:
                    new(name, declaration)
                elif before != declaration:
                    self._metadata(name, before, declaration)
                    changed(name, before, declaration)
                self._known[kind].add(name)
        self.commands += self._later
        self._deprecate()

    def _say(self, type_: str, **data: Any) -> None:
        self.commands.append({"type": type_, "data": data})

    def _new(self, name: str, declaration: Declaration) -> None:
        data = {member: value for member, value in declaration.items() if member != "deprecated"}
        self._say(f"Create{KINDS[self._kind]}", name=name, **data)

    def _new_value_type(self, name: str, declaration: Declaration) -> None:
        first, *others = declaration["versions"]
        rest = {n: v for n, v in declaration.items() if n not in ("versions", "deprecated")}
        self._say("CreateValueType", name=name, **rest, **({"constraint": first} if first else {}))
        for constraint in others:
            self._say("PublishValueTypeVersion", type=name, constraint=constraint)

    def _new_object_type(self, name: str, declaration: Declaration) -> None:
        """Properties that refer to types which come later, and interfaces, are added afterwards."""
        kept = {n: v for n, v in declaration.items() if n not in ("interfaces", "properties", "deprecated")}
        here = {*self._known["objectTypes"], name}
        ready = [each for each in declaration.get("properties", ()) if self._target(each) in (None, *here)]
        self._say("CreateObjectType", name=name, **kept, properties=ready)
        for each in declaration.get("properties", ()):
            if each not in ready:
                self._later.append({"type": "AddProperty", "data": {"type": name, "property": each}})
        self._implement(name, declaration.get("interfaces", ()))

    def _target(self, each: Declaration) -> str | None:
        shared = self.wanted["sharedProperties"].get(each.get("shared", ""), {})
        target: str | None = {**shared.get("property", {}), **each}.get("target")
        return target

    def _implement(self, name: str, interfaces: Iterable[str]) -> None:
        for interface in interfaces:
            self._later.append({"type": "ImplementInterface", "data": {"type": name, "interface": interface}})

    def _value_type(self, name: str, before: Declaration, after: Declaration) -> None:
        known = before["versions"]
        if before["base"] != after["base"] or after["versions"][: len(known)] != known:
            self._leave(name, "its versions are others; a version never changes")
            return
        for constraint in after["versions"][len(known) :]:
            self._say("PublishValueTypeVersion", type=name, constraint=constraint)

    def _struct_type(self, name: str, before: Declaration, after: Declaration) -> None:
        for each in self._more(name, before.get("fields", ()), after.get("fields", ())):
            self._say("AddStructField", type=name, field=each)

    def _shared_property(self, name: str, before: Declaration, after: Declaration) -> None:
        if before["property"] != after["property"]:
            self._say("UpdateSharedProperty", shared=name, property=after["property"])

    def _interface(self, name: str, before: Declaration, after: Declaration) -> None:
        for each in self._more(name, before.get("properties", ()), after.get("properties", ())):
            self._say("AddInterfaceProperty", interface=name, property=each)
        for each in self._more(name, before.get("links", ()), after.get("links", ())):
            self._say("AddInterfaceLink", interface=name, link=each)
        for above in _new_names(before, after, "extends"):
            self._say("ExtendInterface", interface=name, extends=above)

    def _object_type(self, name: str, before: Declaration, after: Declaration) -> None:
        if before["primaryKey"] != after["primaryKey"]:
            self._say("SetPrimaryKey", type=name, primaryKey=after["primaryKey"])
        if before.get("parents") != after.get("parents"):
            self._say("ChangeParents", type=name, parents=after.get("parents", []))
        if after.get("titleProperty") not in (None, before.get("titleProperty")):
            self._later.append({"type": "SetTitleProperty", "data": {"type": name, "property": after["titleProperty"]}})
        if before.get("abstract", False) != after.get("abstract", False):
            self._say("SetAbstract", type=name, abstract=after.get("abstract", False))
        if before.get("unfoldable", False) != after.get("unfoldable", False):
            self._say("SetTypeUnfoldable", type=name, unfoldable=after.get("unfoldable", False))
        if after.get("status") == "experimental" != before.get("status"):
            self._say("SetObjectTypeStatus", type=name, status="experimental")
        self._implement(name, _new_names(before, after, "interfaces"))
        old = {each["name"]: each for each in before.get("properties", ())}
        for each in after.get("properties", ()):
            if each["name"] not in old:
                self._later.append({"type": "AddProperty", "data": {"type": name, "property": each}})
            elif each != old[each["name"]]:
                self._property(name, old[each["name"]], each)

    def _property(self, name: str, before: Declaration, after: Declaration) -> None:
        place = {"type": name, "property": after["name"]}
        if any(before.get(each) != after.get(each) for each in ("struct", "shared")):
            self._leave(f"{name}.{after['name']}", "it is of another struct type, or of another shared property")
            return
        self._typed(place, before, after)
        for member, command in _SAID.items():
            if before.get(member) != after.get(member):
                self._say(command, **place, **{member: after.get(member)})
        for member, command in _FLAGS.items():
            if before.get(member, False) != after.get(member, False):
                self._say(command, **place, **{member: after.get(member, False)})

    def _typed(self, place: dict[str, str], before: Declaration, after: Declaration) -> None:
        if "valueType" in after and _differ(before, after, "valueType", "version"):
            pin = after.get("version", "latest")
            self._say("SetValueType", **place, valueType=after["valueType"], version=pin)
        elif _differ(before, after, "type", "array", "target"):
            plain = {member: after[member] for member in ("array", "values", "target") if member in after}
            self._say("ChangePropertyType", **place, to=after["type"], **plain)
        elif _differ(before, after, "values"):
            for value in _new_names(before, after, "values"):
                self._say("AddEnumValue", **place, value=value)
            for value in _new_names(after, before, "values"):
                self._say("RemoveEnumValue", **place, value=value)

    def _link_type(self, name: str, before: Declaration, after: Declaration) -> None:
        if _differ(before, after, "from", "to"):
            self._leave(name, "it goes between other types")
        if before.get("inverse") != after.get("inverse"):
            self._say("SetLinkTypeInverse", type=name, inverse=after.get("inverse"))
        if _differ(before, after, "cardinality"):
            self._say("SetCardinality", type=name, cardinality=after.get("cardinality", "n-n"))
        if _differ(before, after, "onDelete", "owner"):
            owner = {"owner": after["owner"]} if "owner" in after else {}
            self._say("SetOnDelete", type=name, onDelete=after.get("onDelete", "restrict"), **owner)
        if _differ(before, after, "acyclic"):
            self._say("SetAcyclic", type=name, acyclic=after.get("acyclic", False))
        for each in self._more(name, before.get("properties", ()), after.get("properties", ())):
            self._say("AddLinkProperty", type=name, property=each)

    def _metadata(self, name: str, before: Declaration, after: Declaration) -> None:
        named = [each for each in _METADATA.get(self._kind, ("title", "description")) if _differ(before, after, each)]
        if named:
            said = {each: after.get(each) for each in named}
            self._say(f"Update{KINDS[self._kind]}Metadata", **{_OWNERS.get(self._kind, "type"): name}, **said)

    def _more(self, name: str, before: Iterable[Declaration], after: Iterable[Declaration]) -> Iterator[Declaration]:
        """Members that are new; those that differ are left."""
        old = {each["name"]: each for each in before}
        for each in after:
            if each["name"] not in old:
                yield each
            elif each != old[each["name"]]:
                self._leave(f"{name}.{each['name']}", "it is declared otherwise")

    def _deprecate(self) -> None:
        for kind, word in KINDS.items():
            for name, declaration in self.wanted[kind].items():
                said = declaration.get("deprecated")
                if said is not None and said != self.there[kind].get(name, {}).get("deprecated"):
                    self._say(f"Deprecate{word}", **{_OWNERS.get(kind, "type"): name}, **said)

    def _leave(self, place: str, text: str) -> None:
        self.left.append(LeftOut(f"{self._kind}/{place}", f"{text}; change it by hand"))


def _ordered(declarations: Mapping[str, Declaration], kind: str) -> Iterator[tuple[str, Declaration]]:
    """What others of the kind are made of comes before them."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[tuple[str, Declaration]]:
        if name in done or name not in declarations:
            return
        done.add(name)
        for other in _made_of(declarations[name], kind):
            yield from visit(other)
        yield name, declarations[name]

    for name in declarations:
        yield from visit(name)


def _made_of(declaration: Declaration, kind: str) -> Iterator[str]:
    if kind == "structTypes":
        yield from (each["struct"] for each in declaration.get("fields", ()) if "struct" in each)
    yield from declaration.get("parents", ())
    yield from declaration.get("extends", ())


def _differ(before: Declaration, after: Declaration, *members: str) -> bool:
    return any(before.get(member) != after.get(member) for member in members)


def _new_names(before: Declaration, after: Declaration, member: str) -> list[str]:
    return [name for name in after.get(member) or () if name not in (before.get(member) or ())]
