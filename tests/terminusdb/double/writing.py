"""Documents on their way in: their types found, their ids made, their values taken, and what refers to what checked."""

from tests.terminusdb.double.refusals import Term, prolog, refusal, type_error
from tests.terminusdb.double.schema import Held, Schema, Unfit
from tests.terminusdb.double.store import State, with_documents
from tests.terminusdb.double.values import Link, Typed, full, is_type

REQUIRED = ("one", "List")


class Writing:
    """One transaction. `ids` are those of the documents given, in their order."""

    def __init__(self, state: State, api: str) -> None:
        self.schema: Schema = state.schema
        self.before, self.api = state, api
        self.documents = dict(state.documents)
        self.ids: list[str] = []
        self.written: dict[str, dict] = {}
        self._captured: dict[str, str] = {}

    def take(self, given: list, *, create: bool, insert: bool) -> None:
        """All of them. Raises `Refusal` and `Unfit`; then nothing is to be kept."""
        made = []
        for document in given:
            if not isinstance(document, dict):
                raise type_error(document, "dict")
            identity, stored = self._document(document, None)
            made.append((identity, stored, document))
        self.ids = [identity for identity, _, _ in made]
        repeated = sorted({each for each in self.ids if self.ids.count(each) > 1})
        if repeated:
            text = "Tried to mutate document with same id multiple times"
            raise refusal(self.api, "SameDocumentIdsMutatedInOneTransaction", text, duplicate_ids=repeated)
        for identity, stored, document in made:
            there = identity in self.before.documents
            if insert and there:
                text = f"Tried to insert a new document with id '{identity}', but an object with that id already exists"
                raise refusal(self.api, "DocumentIdAlreadyExists", text, document=document, document_id=identity)
            if not insert and not create and not there:
                text = f"Document not found: '{identity}'"
                raise refusal(
                    self.api, "DocumentNotFound", text, 404, "not_found", document=document, document_id=identity
                )
            self._replace(identity, stored)

    def remove(self, identities) -> None:
        """With their parts, and every link to them that need not be."""
        for identity in identities:
            self._drop(identity)
        for identity, stored in list(self.documents.items()):
            self._unlink(identity, stored)

    def after(self) -> State:
        """Raises `Unfit` where a link leads nowhere."""
        self._resolve_captures()
        for identity, stored in self.written.items():
            for of, link in links(stored):
                if str(link) not in self.documents:
                    raise Unfit(
                        {
                            "@type": "references_untyped_object",
                            "object": str(link),
                            "predicate": self.schema.iri(of),
                            "subject": identity,
                        }
                    )
        return with_documents(self.before, self.documents)

    def _document(self, document: dict, wanted: str | None) -> tuple[str, dict]:
        name = self._type(document, wanted)
        held = self.schema.properties(name)
        unknown = [of for of in document if not of.startswith("@") and of not in held]
        if unknown:
            raise Unfit(
                {
                    "@type": "unknown_property_for_type",
                    "document": self.schema.expanded(name, document),
                    "property": [self.schema.iri(of) for of in unknown],
                    "type": self.schema.iri(name),
                }
            )
        self._whole(name, document, held)
        stored = {"@type": name}
        for of, each in sorted(held.items()):
            if document.get(of) is not None:
                stored[of] = self._value(of, each, document[of])
        return self._identity(name, document, stored), stored

    def _type(self, document: dict, wanted: str | None) -> str:
        if "@type" not in document:
            if not document:
                self._stumble()
            if wanted is not None:
                return wanted
            fitting = [name for name in self.schema.known if self.schema.is_class(name) and self._fits(name, document)]
            if len(fitting) != 1:
                raise Unfit({"@type": "no_unique_type_for_document", "document": document})
            return fitting[0]
        name = str(document["@type"]).removeprefix(self.schema.prefix)
        if not self.schema.is_class(name):
            raise Unfit(
                {"@type": "ascribed_type_does_not_exist", "ascribed_type": self.schema.iri(name), "document": document}
            )
        if wanted is not None and not self.schema.below(name, wanted):
            raise Unfit(
                {
                    "@type": "ascribed_type_not_subsumed",
                    "ascribed_type": self.schema.iri(name),
                    "document": document,
                    "required_type": self.schema.iri(wanted),
                }
            )
        return name

    def _stumble(self) -> None:
        """NOTE over nothing at all the server looks for a type among the values of metadata."""
        for each in self.schema.known.values():
            for _, value in sorted((each.get("@metadata") or {}).items()):
                if isinstance(value, str):
                    text = f"{prolog(value)}^^'{full('xsd:string')}'"
                    raise type_error(Term(text), "atom")

    def _fits(self, name: str, document: dict) -> bool:
        held = self.schema.properties(name)
        needed = {of for of, each in held.items() if each.family in REQUIRED}
        said = {of for of in document if not of.startswith("@")}
        return needed <= said <= held.keys()

    def _whole(self, name: str, document: dict, held: dict[str, Held]) -> None:
        keys = self.schema.known[name].get("@key", {}).get("@fields", [])
        absent = sorted(of for of, each in held.items() if each.family in REQUIRED and document.get(of) is None)
        if not absent:
            return
        first = next((of for of in absent if of in keys), absent[0])
        raise Unfit(
            {
                "@type": "required_field_does_not_exist_in_document",
                "document": self.schema.expanded(name, document, whole=first in keys),
                "field": self.schema.iri(first),
            }
        )

    def _value(self, of: str, held: Held, given):
        if held.family in ("Set", "List"):
            items = given if isinstance(given, list) else [given]
            values = [self._single(of, held.of, each) for each in items]
            return (
                tuple(values) if held.family == "List" else tuple(sorted(set(values), key=lambda v: (str(type(v)), v)))
            )
        return self._single(of, held.of, given)

    def _single(self, of: str, what: str, given):
        if is_type(what) or self.schema.is_enum(what):
            return self.schema.value(what, given, of)
        if isinstance(given, dict) and "@ref" in given:
            return Link("@ref:" + given["@ref"])
        if isinstance(given, dict) and given.get("@type") == "@id":
            return Link(self.schema.data(given["@id"]))
        if isinstance(given, dict):
            try:
                identity, stored = self._document(given, what)
            except Unfit as inside:
                if inside.witness.get("@type") == "ascribed_type_not_subsumed":
                    raise Unfit({self.schema.iri(of): inside.witness}) from None
                if set(given) == {"@id"}:
                    reason = {**inside.witness, "document": {"@id": self.schema.data(given["@id"])}}
                    witness = {"@type": "no_unique_type_for_document", "document": dict(given), "reason": reason}
                    raise Unfit({self.schema.iri(of): [witness]}) from None
                raise
            self._replace(identity, stored)
            return Link(identity)
        if isinstance(given, list):
            raise Unfit({"@type": "unexpected_list", "type": self.schema.iri(what), "value": given})
        if isinstance(given, Typed):
            text = full("xsd:string")
            witness = {
                "@type": "ascribed_type_not_subsumed",
                "ascribed_type": text,
                "document": {"@type": text, "@value": str(given)},
                "required_type": self.schema.iri(what),
            }
            raise Unfit({self.schema.iri(of): [witness]})
        return Link(self.schema.data(str(given)))

    def _identity(self, name: str, document: dict, stored: dict) -> str:
        given = self.schema.data(document["@id"]) if "@id" in document else None
        made = self.schema.identity(name, stored)
        if made is None:
            made = given or self.schema.data(f"{name}/{len(self.documents)}{len(self.written)}")
        if given is not None and made != given:
            text = f"Document was submitted with id '{given}', but id '{made}' was generated"
            raise refusal(
                self.api, "SubmittedIdDoesNotMatchGeneratedId", text, document=document, generated_id=made,
                submitted_id=given,
            )  # fmt: skip
        if "@capture" in document:
            self._captured[document["@capture"]] = made
        return made

    def _replace(self, identity: str, stored: dict) -> None:
        if identity in self.before.documents and identity not in self.written:
            kept = {str(link) for _, link in links(stored)}
            for _, link in links(self.before.documents[identity]):
                if self._is_part(str(link)) and str(link) not in kept and str(link) not in self.written:
                    self.documents.pop(str(link), None)
        self.documents[identity] = self.written[identity] = stored

    def _is_part(self, identity: str) -> bool:
        stored = self.documents.get(identity)
        return stored is not None and self.schema.is_subdocument(stored["@type"])

    def _drop(self, identity: str) -> None:
        stored = self.documents.pop(identity, None)
        for _, link in links(stored or {}):
            if self._is_part(str(link)):
                self._drop(str(link))

    def _unlink(self, identity: str, stored: dict) -> None:
        held = self.schema.properties(stored["@type"])
        changed = dict(stored)
        for of, link in links(stored):
            if str(link) in self.documents:
                continue
            if held[of].family in REQUIRED:
                raise Unfit(
                    {
                        "@type": "instance_not_cardinality_one",
                        "class": self.schema.iri(held[of].of),
                        "instance": identity,
                        "predicate": self.schema.iri(of),
                    }
                )
            rest = tuple(each for each in many(changed[of]) if each != link)
            changed[of] = rest
            if not rest:
                del changed[of]
        self.documents[identity] = changed

    def _resolve_captures(self) -> None:
        """References to documents of the same body, once all ids are known."""
        for identity, stored in self.written.items():
            for of, value in list(stored.items()):
                items = [self._captured_link(each) for each in many(value)]
                stored[of] = tuple(items) if isinstance(value, tuple) else items[0]
            self.documents[identity] = stored

    def _captured_link(self, value):
        if isinstance(value, Link) and value.startswith("@ref:"):
            return Link(self._captured[value.removeprefix("@ref:")])
        return value


def links(stored: dict):
    for of, value in stored.items():
        for each in many(value):
            if isinstance(each, Link):
                yield of, each


def many(value) -> tuple:
    return value if isinstance(value, tuple) else (value,)
