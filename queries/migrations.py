"""Migrations of a branch at a moment: what each shall do, and how far it has come."""

from dataclasses import dataclass
from typing import Any, Final

from events.decider import State
from events.findings import Finding, Refused
from events.names import ONTOLOGY_SCOPE
from events.schema.kinds import KINDS
from queries.cuts import Cut

_SAID: Final = (
    "number",
    "rid",
    "status",
    "change",
    "fix",
    "by",
    "approvedBy",
    "there",
    "lookedAt",
    "concerned",
    "samples",
)
_PROGRESS: Final = ("step", "looked", "converted", "dropped", "again", "failed", "reason", "undone")


@dataclass(frozen=True, slots=True)
class Migration:
    """`state` is `events.migrations.migration_words`' own."""

    state: State
    name: str  # of what it changes, as that is called now

    def row(self) -> dict[str, Any]:
        """For a list of them."""
        state = self.state
        said = {
            "number": state["number"],
            "status": state["status"],
            "change": state["change"]["type"],
            "of": self.name,
        }
        done = {name: state.get(name, 0) for name in ("converted", "dropped")}
        return {**said, "fix": state["fix"]["kind"], "by": state["by"], "there": state["there"], **done}

    def json(self) -> dict[str, Any]:
        """All there is to know."""
        return {name: self.state[name] for name in (*_SAID, *_PROGRESS) if name in self.state} | {"of": self.name}


def migrations(cut: Cut) -> list[Migration]:
    """In the order of their numbers."""
    every = (version.state for version in cut.versions.valid(ONTOLOGY_SCOPE, "migration/", cut.position))
    states = sorted((state for state in every if state["branch"] == cut.branch), key=lambda state: int(state["number"]))
    return [Migration(state, _name(cut, state["change"]["data"])) for state in states]


def migration(cut: Cut, number: int) -> Migration:
    """Raises `Refused` (MIGRATION_UNKNOWN)."""
    found = next((each for each in migrations(cut) if each.state["number"] == number), None)
    if found is None:
        text = f"there is no migration {number} on {cut.branch}"
        raise Refused([Finding("MIGRATION_UNKNOWN", "/migration", text)])
    return found


def _name(cut: Cut, data: dict[str, Any]) -> str:
    """`Type.property`, or the element's."""
    rid, property_ = data.get("type", data.get("shared", "")), data.get("property")
    for kind in KINDS:
        for version in cut.valid(f"{kind}/"):
            if version.state["rid"] == rid:
                properties = version.state.get("properties", {}).values()
                of = [str(each["name"]) for each in properties if each["rid"] == property_]
                new = [str(property_["name"])] if isinstance(property_, dict) and kind == "objectType" else []
                return ".".join([str(version.state["name"]), *of, *new])
    return str(rid)
