"""Patches: RFC 7396 merge patches and RFC 6902 JSON Patches, applied to a document without touching it."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Final, Literal

import jsonpatch
import jsonpointer
from pydantic import ConfigDict, Field

from events.decider import Payload
from events.findings import Finding, Refused
from events.schema.values import Json

_FAILURES: Final = (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, LookupError, TypeError, ValueError)


class Operation(Payload):
    """One step of a JSON Patch. Members that RFC 6902 does not know are ignored, as it says."""

    model_config = ConfigDict(extra="ignore")

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    from_: Annotated[str | None, Field(alias="from")] = None
    value: Json = None

    def step(self) -> dict[str, Any]:
        """As the library takes it: `value` only where it was given, be it null."""
        given = {"op": self.op, "path": self.path}
        if self.from_ is not None:
            given["from"] = self.from_
        return {**given, "value": self.value} if "value" in self.model_fields_set else given


def merged(document: Json, patch: Json) -> Json:
    """The document after an RFC 7396 merge patch: null removes, maps merge, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value) if isinstance(value, dict) else value
    return result


def patched(document: Mapping[str, Json], operations: Sequence[Operation], path: str) -> dict[str, Json]:
    """The document after a JSON Patch. Raises `Refused` at the operation that fails; `path` is where they stand."""
    result = deepcopy(dict(document))
    for index, operation in enumerate(operations):
        at = f"{path}/{index}"
        try:
            after: Json = jsonpatch.JsonPatch([operation.step()]).apply(result, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            text = f"{operation.path or 'the whole document'} is not what the test says"
            raise Refused([Finding("OBJECT_PATCH_TEST", at, text)]) from None
        except _FAILURES as error:
            text = f"{operation.op} {operation.path} cannot be done: {_why(error)}"
            raise Refused([Finding("OBJECT_PATCH", at, text)]) from None
        if not isinstance(after, dict):
            raise Refused([Finding("OBJECT_PATCH", at, "an object's properties are a map; this would replace it")])
        result = after
    return result


def paths(operations: Sequence[Operation]) -> set[str]:
    """The names of the members that a JSON Patch is about."""
    named = (path for each in operations for path in (each.path, each.from_) if path)
    return {path.split("/", 2)[1].replace("~1", "/").replace("~0", "~") for path in named if "/" in path}


def _why(error: Exception) -> str:
    """What the libraries say of a path quotes the document, which may be personal: a finding is kept in plain."""
    if isinstance(error, jsonpatch.InvalidJsonPatch):
        return str(error)
    return "its path, or `from`, leads to nothing that could be changed so; read the object again"
