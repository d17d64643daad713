"""The schema of a branch: classes with what they inherit, the ids of documents, and what of a document breaks it."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

from tests.terminusdb.double.refusals import prolog, type_error
from tests.terminusdb.double.values import Json, Link, NoValue, full, is_type, taken

OPTIONS = {
    "@type", "@id", "@key", "@inherits", "@abstract", "@subdocument", "@unfoldable", "@documentation", "@metadata",
    "@oneOf", "@shared",
}  # fmt: skip
UNESCAPED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!*()'&=@")


class Unfit(Exception):
    """A witness says what breaks the schema."""

    def __init__(self, witness) -> None:
        self.witness = witness
        super().__init__(str(witness))


@dataclass(frozen=True)
class Held:
    """What a property holds: `family` is one, Optional, Set or List, `of` a type, class or enum."""

    family: str
    of: str


@dataclass(frozen=True)
class Schema:
    base: str
    prefix: str
    documents: tuple = ()  # as they were written, the context first
    known: dict = field(default_factory=dict)

    @staticmethod
    def of(documents) -> "Schema":
        context = documents[0]
        known = {each["@id"]: each for each in documents[1:]}
        return Schema(context["@base"], context["@schema"], tuple(documents), known)

    def listed(self) -> list:
        """As the server shows it: the context, then by kind and name."""
        context = dict(self.context)
        if isinstance(context.get("@documentation"), list):
            context["@documentation"] = context["@documentation"][0]
        return [context, *sorted(self.known.values(), key=lambda each: (each["@type"], each["@id"]))]

    @property
    def context(self):
        return self.documents[0]

    def data(self, name: str) -> str:
        """The full id of a document."""
        return name if name.startswith(self.base) or "://" in name else self.base + name

    def short(self, name: str) -> str:
        return name.removeprefix(self.base)

    def iri(self, name: str) -> str:
        """The full name of a class or a property."""
        return full(name) if ":" in name else self.prefix + name

    @cached_property
    def _properties(self) -> dict:
        return {}

    def properties(self, name: str) -> dict[str, Held]:
        """Own and inherited ones."""
        if name not in self._properties:
            each, found = self.known[name], {}
            for above in self.parents(name):
                found |= self.properties(above)
            found |= {of: _held(held) for of, held in each.items() if not of.startswith("@")}
            self._properties[name] = found
        return self._properties[name]

    def parents(self, name: str) -> list[str]:
        above = self.known.get(name, {}).get("@inherits", [])
        return [above] if isinstance(above, str) else above

    def below(self, name: str, above: str) -> bool:
        return name == above or any(self.below(each, above) for each in self.parents(name))

    def is_class(self, name: str) -> bool:
        return name in self.known and self.known[name]["@type"] == "Class"

    def is_enum(self, name: str) -> bool:
        return name in self.known and self.known[name]["@type"] == "Enum"

    def is_subdocument(self, name: str) -> bool:
        return "@subdocument" in self.known.get(name, {})

    def is_unfoldable(self, name: str) -> bool:
        """Itself, or a class above it."""
        return "@unfoldable" in self.known.get(name, {}) or any(map(self.is_unfoldable, self.parents(name)))

    def flaws(self):
        """Witnesses of what is wrong with the classes themselves."""
        for name, each in self.known.items():
            if each["@type"] != "Class":
                continue
            for option in each:
                if option.startswith("@") and option not in OPTIONS:
                    raise type_error(each[option], "text")
            for above in self.parents(name):
                if not self.is_class(above):
                    yield {"@type": "not_a_class_or_base_type", "class": self.iri(above)}
                    return
            for held in self.properties(name).values():
                if not (is_type(held.of) or held.of in self.known):
                    yield {"@type": "not_a_class_or_base_type", "class": self.iri(held.of)}
            key = each.get("@key", {})
            for of in key.get("@fields", ()):
                if of not in self.properties(name):
                    kind = key["@type"]
                    yield {
                        "@type": "key_field_does_not_exist",
                        "class": self.iri(name),
                        "field": self.iri(of),
                        "key": f"{self.iri(name)}/key/{kind}/{'+'.join(key['@fields'])}",
                        "type": full(f"sys:{kind}"),
                    }
            told = (
                (each.get("@documentation") or {}).get("@properties", {})
                if isinstance(each.get("@documentation"), dict)
                else {}
            )
            for of in told:
                if of not in self.properties(name):
                    yield {
                        "@type": "invalid_property_in_property_documentation_object",
                        "class": self.iri(name),
                        "predicate": self.iri(of),
                        "subject": f"{self.iri(name)}/0/documentation/Documentation/properties/{'+'.join(sorted(told))}",
                    }

    def value(self, of: str, given, where: str):
        """A single value of a type or enum, as it is kept. Raises `Unfit`."""
        if self.is_enum(of):
            if given not in self.known[of]["@value"]:
                witness = {"@type": "not_a_valid_enum", "enum": self.iri(of), "value": given}
                raise Unfit({self.iri(where): witness})
            return given
        if isinstance(given, list):
            raise Unfit({"@type": "unexpected_list", "type": full(of), "value": given})
        if isinstance(given, dict) and of != "sys:JSON":
            raise Unfit({self.iri(where): {"@type": "no_unique_type_for_document", "document": given}})
        try:
            return taken(of, given)
        except NoValue:
            witness = {"@type": "could_not_interpret_as_type", "type": full(of), "value": given}
            raise Unfit({self.iri(where): witness}) from None

    def identity(self, name: str, kept: dict) -> str | None:
        """The id that the class's key gives a document; `None` where it has none."""
        key = self.known[name].get("@key")
        kind = key["@type"] if key else "Random"
        if kind == "Lexical":
            return f"{self.base}{name}/{'+'.join(_encoded(kept[of]) for of in key['@fields'])}"
        if kind == "ValueHash":
            text = json.dumps({of: _plain(value) for of, value in kept.items()}, sort_keys=True)
            return f"{self.base}{name}/{hashlib.sha256(text.encode()).hexdigest()}"
        if kind == "Hash":
            text = json.dumps([_plain(kept[of]) for of in key["@fields"]])
            return f"{self.base}{name}/{hashlib.sha256(text.encode()).hexdigest()}"
        return None

    def expanded(self, name: str, document: dict, *, whole: bool = False) -> dict:
        """A document as witnesses show it; `whole`: values with their types."""
        shown = {"@type": self.iri(name)}
        if "@id" in document:
            shown["@id"] = self.data(document["@id"])
        for of, value in document.items():
            if not of.startswith("@"):
                shown[self.iri(of)] = self._typed(name, of, value) if whole else value
        return shown

    def _typed(self, name: str, of: str, value):
        held = self.properties(name).get(of)
        if held is None or not is_type(held.of) or isinstance(value, dict | list):
            return value
        return {"@type": full(held.of), "@value": value}


def _held(said) -> Held:
    if isinstance(said, str):
        return Held("one", said)
    of = said["@class"]
    return Held(said["@type"], of["@class"] if isinstance(of, dict) else of)


def _encoded(value) -> str:
    if isinstance(value, list | tuple):
        value = value[0]
    text = value if isinstance(value, str) else prolog(value)
    return "".join(c if c in UNESCAPED else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def _plain(value):
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if not isinstance(value, Json | Link) else value
