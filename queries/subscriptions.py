"""Subscriptions as they stand at a cut: in force or not, with the names that types have now, and all they ever were.

What a type selects changes with the hierarchy: who selects one gets events of the types below it, too. So whoever
carries events out asks again when the schema or a subscription has changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from events.decider import State
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import ONTOLOGY_SCOPE
from events.schema.hierarchy import line
from events.subscriptions.selecting import names_field, on_branch
from events.subscriptions.subscription_words import subscription_key
from projectors.versions import Version
from queries.cuts import Cut

_MEMBERS: Final = (
    *("sink", "protocol", "types", "source", "filters", "branches", "config", "protocolsettings"),
    *("sinkcredential", "secretheaders", "tls"),
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`state` is `events.subscriptions.subscription`'s own; `names`: of the types that it selects, by RID, as now."""

    state: State
    names: dict[str, str]

    def row(self) -> dict[str, Any]:
        """For a list of them."""
        state = self.state
        shown = {name: state.get(name) for name in ("name", "status", "protocol", "sink", "types", "branches")}
        return shown | {"objectTypes": self.types(), "filters": len(state.get("filters") or ())}

    def json(self) -> dict[str, Any]:
        """All there is to know, shaped like the Subscriptions API's; secrets by their ids."""
        state = self.state
        shown: dict[str, Any] = {"id": state["id"], "name": state["name"], "status": state["status"]}
        shown |= {
            name: state[name] for name in (*_MEMBERS, "description", "reason", "replay", "expunged") if state.get(name)
        }
        return shown | {"objectTypes": self.types() or [], "secrets": state["secrets"]}

    def types(self) -> list[str] | None:
        """Names of the object types that it selects; `None`: it selects by none."""
        selected = self.state.get("objectTypes")
        return None if selected is None else [self.names.get(each["rid"], each["slug"]) for each in selected]


def subscriptions(cut: Cut, *, deleted: bool = False) -> list[Subscription]:
    """By name; with `deleted` those that are over, too."""
    names = {str(version.state["rid"]): str(version.state["name"]) for version in cut.valid("objectType/")}
    found = cut.versions.valid(ONTOLOGY_SCOPE, "subscription/", cut.position)
    states = (version.state for version in found)
    return [Subscription(state, names) for state in states if deleted or not state.get("deleted")]


def subscription(cut: Cut, name: str) -> Subscription:
    """Raises `Refused` (SUBSCRIPTION_UNKNOWN)."""
    there = subscriptions(cut, deleted=True)
    found = next((each for each in there if each.state["name"] == name), None)
    if found is None:
        meant = nearest(
            name, (str(each.state["name"]) for each in there), "`oms webhook list` shows those that there are"
        )
        text = f"there is no subscription {name[:200]!r}; {meant}"
        raise Refused([Finding("SUBSCRIPTION_UNKNOWN", "/subscription", text)])
    return found


def history(cut: Cut, name: str) -> list[Version]:
    """Every version of a subscription, oldest first."""
    return list(cut.versions.of(ONTOLOGY_SCOPE, subscription_key(name), cut.position))


def classes(cut: Cut, state: State) -> frozenset[str] | None:
    """The slugs of the types whose events a subscription wants, those below included; `None` = whatever it is."""
    selected = state.get("objectTypes")
    if selected is None:
        return None
    rids = {each["rid"] for each in selected}
    types = (version.state for version in cut.valid("objectType/"))
    below = {one["slug"] for one in types if any(up["rid"] in rids for up in line(cut.state, one))}
    return frozenset({*below, *(each["slug"] for each in selected)})


def selecting(cut: Cut, rids: set[str], field: str | None = None) -> Iterator[State]:
    """The subscriptions that select one of these types on the branch; with `field` those that filter by it."""
    for each in subscriptions(cut):
        state = each.state
        selected = {one["rid"] for one in state.get("objectTypes") or ()}
        filters = field is None or names_field(state, field)
        if filters and selected & rids and on_branch(state.get("branches"), cut.branch):
            yield state
