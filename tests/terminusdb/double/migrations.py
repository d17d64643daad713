"""Changes of a schema as operations: those that are asked for, and those that the server reads out of two schemas."""

from tests.terminusdb.double.refusals import unfit_elsewhere, unhandled
from tests.terminusdb.double.reshaping import reshaped
from tests.terminusdb.double.schema import Schema

WEAK = ("Optional", "Set")


class Migrations:
    def __init__(self, databases) -> None:
        self.databases = databases

    async def migration_(self, call):
        asked = await call.json()
        place = self.databases.place("Migration", call.path, write="schema")
        schema = place.state.schema
        known = {name: dict(each) for name, each in schema.known.items()}
        for operation in asked["operations"]:
            _changed(known, operation)
        new = Schema.of([schema.context, *known.values()])
        after = reshaped(place.state, new, unfit_elsewhere)
        operations = asked["operations"]
        place.database.commit(place.branch, after, asked["author"], asked["message"], "", operations)
        answer = {
            "@type": "api:MigrationResponse",
            "api:status": "api:success",
            "instance_operations": 0,
            "schema_operations": len(operations),
        }
        return answer | (
            {"schema": sorted(new.listed(), key=lambda each: each.get("@id", ""))} if asked.get("verbose") else {}
        )


def inferred(old: Schema, new: Schema) -> list | None:
    """What leads from one schema to the other, if it only adds; `None` where there was none, or it does more."""
    if not old.known or old.known.keys() - new.known.keys():
        return None
    found = []
    for name, each in new.known.items():
        if name not in old.known:
            found.append({"@type": "CreateClass", "class_document": each})
            continue
        added = [of for of in each if of not in old.known[name]]
        if {of: held for of, held in each.items() if of not in added} != old.known[name]:
            return None
        for of in added:
            if not isinstance(each[of], dict) or each[of].get("@type") not in WEAK:
                return None
            found.append({"@type": "CreateClassProperty", "class": name, "property": of, "type": each[of]})
    return found


def _changed(known: dict, operation: dict) -> None:
    match operation["@type"]:
        case "CreateClassProperty":
            if not isinstance(operation["type"], dict) or operation["type"]["@type"] not in WEAK:
                raise unhandled()
            known[operation["class"]][operation["property"]] = operation["type"]
        case "MoveClassProperty":
            each = known[operation["class"]]
            each[operation["to"]] = each.pop(operation["from"])
        case _:
            raise unhandled()
