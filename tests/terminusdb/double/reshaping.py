"""Another schema over documents that are there: what of them breaks it."""

from tests.terminusdb.double.schema import Schema
from tests.terminusdb.double.store import State
from tests.terminusdb.double.writing import many


def reshaped(state: State, schema: Schema, witnesses_of) -> State:
    """The same documents under another schema. `witnesses_of(flaw)` raises."""
    flaw = next(iter(schema.flaws()), None) or next(_misfits(state, schema), None)
    if flaw is not None:
        raise witnesses_of(flaw)
    return State(schema, state.documents, state.born, state.gone)


def _misfits(state: State, schema: Schema):
    for identity, stored in state.documents.items():
        name = stored["@type"]
        if not schema.is_class(name):
            yield {"@type": "not_a_class_or_base_type", "class": schema.iri(name)}
            continue
        held = schema.properties(name)
        for of, value in stored.items():
            if of == "@type":
                continue
            if of not in held:
                yield {
                    "@type": "invalid_predicate",
                    "class": schema.iri(name),
                    "predicate": schema.iri(of),
                    "subject": identity,
                }
            elif schema.is_enum(held[of].of) and not set(many(value)) <= set(schema.known[held[of].of]["@value"]):
                yield {"@type": "not_a_valid_enum", "enum": schema.iri(held[of].of), "value": str(value)}
        for of, each in held.items():
            if each.family == "one" and of not in stored:
                yield {
                    "@type": "instance_not_cardinality_one",
                    "class": schema.iri(each.of),
                    "instance": identity,
                    "predicate": schema.iri(of),
                }
