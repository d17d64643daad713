"""The second opinion on links and link types; see `projectors.oracle`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Json = dict[str, Any]

_PROPERTY: Final = {
    "required": False,
    "unique": False,
    "array": False,
    "default": None,
    "values": None,
    "target": None,
    "description": None,
}


def _created(_before: Json, data: Json) -> Json:
    state = {"cardinality": "n-n", "inverse": None, "description": None, **data}
    if "properties" in data:
        state["properties"] = {each["field"]: {**_PROPERTY, **each} for each in data["properties"]}
    return state


def _property_added(before: Json, data: Json) -> Json:
    added = {**_PROPERTY, **data["property"]}
    return {**before, "properties": {**before.get("properties", {}), added["field"]: added}}


def _property_with(before: Json, field: str, **members: Any) -> Json:
    properties = before["properties"]
    return {**before, "properties": {**properties, field: {**properties[field], **members}}}


def _with(before: Json, data: Json, *members: str) -> Json:
    """These members as the event says them; of what it does not say nothing is left."""
    kept = {name: value for name, value in before.items() if name not in members}
    return kept | {name: data[name] for name in members if name in data}


def _metadata(before: Json, data: Json) -> Json:
    return {"description": None, **_with(before, data, "title", "description", "table")}


def _deprecated(before: Json, data: Json) -> Json:
    return {**_with(before, data, "replacedBy", "until"), "status": "deprecated"}


def _link_updated(before: Json, data: Json) -> Json:
    properties = {**before.get("properties", {}), **data["set"]}
    for field in data["unset"]:
        properties.pop(field, None)
    state = {name: value for name, value in before.items() if name != "properties"}
    return {**state, "properties": properties} if properties else state


LINK_CHANGES: Final[Mapping[tuple[str, str], Callable[[Json, Json], Json]]] = {
    ("link", "created"): lambda _, data: {**data, "deleted": False},
    ("link", "updated"): _link_updated,
    ("link", "deleted"): lambda before, _: {**before, "deleted": True},
    ("linkType", "created"): _created,
    ("linkType", "renamed"): lambda before, data: {**before, "name": data["name"]},
    ("linkType", "inverseSet"): lambda before, data: {**before, "inverse": data.get("inverse")},
    ("linkType", "cardinalitySet"): lambda before, data: {**before, "cardinality": data["cardinality"]},
    ("linkType", "endpointsChanged"): lambda before, data: _with(before, data, "from", "to"),
    ("linkType", "onDeleteSet"): lambda before, data: _with(before, data, "onDelete", "owner"),
    ("linkType", "acyclicSet"): lambda before, data: {**before, "acyclic": data["acyclic"]},
    ("linkType", "propertyAdded"): _property_added,
    ("linkType", "propertyRenamed"): lambda before, data: _property_with(before, data["field"], name=data["name"]),
    ("linkType", "propertyRemoved"): lambda before, data: _property_with(before, data["field"], removed=True),
    ("linkType", "metadataUpdated"): _metadata,
    ("linkType", "statusSet"): lambda before, data: {
        **_with(before, {}, "replacedBy", "until"),
        **_with({}, data, "status"),
    },
    ("linkType", "deprecated"): _deprecated,
    ("linkType", "deleted"): lambda before, _: {**before, "deleted": True},
    ("linkType", "restored"): lambda before, _: _with(before, {}, "deleted"),
}
"""(aggregate, change) to what the event makes of the state before it, which is without audit fields."""
