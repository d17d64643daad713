"""The second opinion on what versions say: a slow and plain fold of stored JSON, which shares no code with `evolve`.

It knows the stored formats of branches, tags, types, objects and links from their description alone, so a mistake in a
decider, in an upcaster or in the view shows as a difference between the two. What it has no opinion on is folded as the
program folds it: then only the view is checked.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from events import catalog
from projectors.oracle_links import LINK_CHANGES
from projectors.versions import AUDIT_FIELDS

Json = dict[str, Any]
Stamps = tuple[str, int, str, int, str | None, int | None]
"""Who created, last updated and deleted an entity, and when (µs)."""

_decoder: Final = json.JSONDecoder()
_STAMPED: Final = frozenset(AUDIT_FIELDS)


def next_state(before: Json | None, event: Json) -> Json:
    """The state behind an event, audit fields included; `before` is the state in front of it, `event` a decoded body."""
    before = before or {}
    return with_stamps(before, next_own(before, event), event)


def next_own(before: Json, event: Json) -> Json:
    """The state behind an event without audit fields; `before` is empty where there was none, and stays as it is."""
    change = _CHANGES.get(kind_of(event))
    return change(before, event["data"]) if change else _as_folded(event["type"], before, event["data"])


def with_stamps(before: Json, state: Json, event: Json) -> Json:
    """That state with audit fields, which follow from those of the state in front of the event."""
    _, change = kind_of(event)
    return {
        **{name: before.get(name) for name in AUDIT_FIELDS},
        **state,
        **_stamps(_done(change, state) if before else "created", event),
    }


def next_stamps(before: Stamps | None, state: Json, event: Json, time: int) -> Stamps:
    """What `with_stamps` says as it is stored; `time` is the event's in µs."""
    change = _done(kind_of(event)[1], state) if before else "created"
    author = event["author"]
    if before is None or change == "created":
        return author, time, author, time, None, None
    if change == "purged":
        return before
    if change == "deleted":
        return *before[:4], author, time
    return *before[:2], author, time, None, None


def reads_shallowly(event: Json) -> bool:
    """Whether what is nested in the state before is carried on as it is: such a state may be lent, not copied."""
    return kind_of(event) in _SHALLOW


def kind_of(event: Json) -> tuple[str, str]:
    """(aggregate, change)"""
    return _kind(event["type"])


@lru_cache(256)
def _kind(event_type: str) -> tuple[str, str]:
    _, _, aggregate, change, _ = event_type.split(".")
    return aggregate, change


def _done(change: str, state: Json) -> str:
    """A merge says what became of an element; what is gone then was deleted by it."""
    return "deleted" if change == "merged" and state.get("deleted") else change


def _as_folded(event_type: str, before: Json, data: Json) -> Json:
    payload = catalog.payload(event_type, json.dumps(data).encode())
    return dict(catalog.evolve(_own(before) or None, payload) or {})


def decoded(body: bytes) -> Json:
    """A body as plain JSON, by the standard library."""
    event: Json = _decoder.decode(body.decode("utf-8", "surrogatepass"))
    return event


def _stamps(change: str, event: Json) -> Json:
    who = {"by": event["author"], "by_username": event["author"].split("@")[0], "at": event["time"]}
    nobody: Mapping[str, None] = dict.fromkeys(who)
    if change == "purged":
        return {}
    if change == "deleted":
        return {"_deleted": True, **_named("_deleted", who)}
    alive = {"_deleted": False, **_named("_deleted", nobody)}
    if change == "created":
        return {**_named("_created", who), **_named("_updated", who), **alive}
    return {**_named("_updated", who), **alive}


def _named(prefix: str, values: Mapping[str, Any]) -> Json:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _object_updated(before: Json, data: Json) -> Json:
    properties = {**before["properties"], **data["set"]}
    for field in data["unset"]:
        properties.pop(field, None)
    return {**_own(before), "properties": properties}


def _object_type_created(_before: Json, data: Json) -> Json:
    absent = {"title": None, "description": None, "table": None, "status": "active", "replacedBy": None, "until": None}
    return {**absent, **data, "properties": {each["field"]: _property(each) for each in data["properties"]}}


def _property(data: Json) -> Json:
    flags = dict.fromkeys(("required", "unique", "array"), False)
    absent = dict.fromkeys(("default", "values", "target", "description"))
    return {**flags, **absent, **data}


def _property_added(before: Json, data: Json) -> Json:
    added = _property(data["property"])
    return {**_own(before), "properties": {**before["properties"], added["field"]: added}}


def _object_type_deprecated(before: Json, data: Json) -> Json:
    how = {"status": "deprecated", "replacedBy": data.get("replacedBy"), "until": data.get("until")}
    return {**_own(before), **how}


def _subject_set(before: Json, data: Json) -> Json:
    known = {name: value for name, value in _own(before).items() if name != "subject"}
    return {**known, "subject": data["subject"]} if "subject" in data else known


def _branch_created(_before: Json, data: Json) -> Json:
    return {"parent": None, "default": False, **data, "deleted": False}


def _branch_rebased(before: Json, data: Json) -> Json:
    moved = {name: data[name] for name in ("base", "floor")}
    return {**_own(before), **moved, "forked": before.get("forked", before["base"])}


def _branch_merged(before: Json, data: Json) -> Json:
    after = {**_own(before), "merged": dict(before.get("merged", {}))}
    settled = data.get("settled")
    if settled and settled["position"] > before.get("mergedBefore", 0):
        after["mergedBefore"] = settled["position"]
        for source, at in settled["merged"].items():
            if after["merged"].get(source) == at:
                del after["merged"][source]
    after["merged"][data["source"]] = data["at"]
    return after


def _branch_protected(before: Json, data: Json) -> Json:
    return {**_own(before), "protected": {name: value for name, value in data.items() if name != "name"}}


def _without(member: str) -> Callable[[Json, Json], Json]:
    return lambda before, _: {name: value for name, value in _own(before).items() if name != member}


def _own(state: Json) -> Json:
    if _STAMPED.isdisjoint(state):
        return {**state}
    return {name: value for name, value in state.items() if name not in _STAMPED}


def _of_own(change: Callable[[Json, Json], Json], before: Json, data: Json) -> Json:
    return change(_own(before), data)


_CHANGES: Final[Mapping[tuple[str, str], Callable[[Json, Json], Json]]] = {
    ("object", "created"): lambda _, data: {**data, "deleted": False},
    ("object", "updated"): _object_updated,
    ("object", "deleted"): lambda before, _: {**_own(before), "deleted": True},
    ("object", "restored"): lambda before, _: {**_own(before), "deleted": False},
    ("object", "purged"): lambda before, data: {**_own(before), "properties": {}, "purged": data["reason"]},
    ("dataKey", "destroyed"): lambda _, data: {"kid": data["kid"], "destroyed": True},
    ("section", "stored"): lambda _, data: {"content": data["content"]},
    ("objectType", "created"): _object_type_created,
    ("objectType", "propertyAdded"): _property_added,
    ("objectType", "renamed"): lambda before, data: {**_own(before), "name": data["name"]},
    ("objectType", "deprecated"): _object_type_deprecated,
    ("objectType", "subjectSet"): _subject_set,
    ("branch", "created"): _branch_created,
    ("branch", "protected"): _branch_protected,
    ("branch", "unprotected"): _without("protected"),
    ("branch", "archived"): lambda before, _: {**_own(before), "archived": True},
    ("branch", "restored"): lambda before, data: {**_without("archived")(before, data), "deleted": False},
    ("branch", "rebased"): _branch_rebased,
    ("branch", "merged"): _branch_merged,
    ("branch", "reverted"): lambda before, _: _own(before),
    ("branch", "reset"): lambda before, _: _own(before),
    ("tag", "created"): lambda _, data: data,
    ("branch", "deleted"): lambda before, _: {**_own(before), "deleted": True},
    **{named: partial(_of_own, change) for named, change in LINK_CHANGES.items()},
}
_SHALLOW: Final = frozenset(
    [
        *(("object", change) for change in ("created", "updated", "deleted", "restored")),
        *(("link", change) for change in ("created", "updated", "deleted")),
    ]
)
