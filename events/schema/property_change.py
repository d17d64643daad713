"""Changes of a property of an object type that is there: how every command finds it, and how its state changes."""

from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field

from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.meant import no_property
from events.schema.hierarchy import line
from events.schema.soundness import Declared
from events.schema.type_change import Evolve, OnType, TypeChanged, existing, put, settled, unplanned

# NOTE stored format: these members are there in every property, `None` where nothing is said
_ALWAYS_SAID: Final = frozenset({"default", "values", "target", "description"})


class OnProperty(OnType):
    """A command about a property of an object type."""

    property: Annotated[str, Field(description="its API name, field or RID")]


class PropertyChanged(TypeChanged):
    """An event of a property of an object type."""

    field: str


class One(NamedTuple):
    """A property of a type that a command is about."""

    context: Context
    state: State
    each: Declared
    evolve: Evolve

    @property
    def name(self) -> str:
        return str(self.each["name"])

    @property
    def names(self) -> dict[str, Any]:
        """What every event begins with."""
        return {"rid": self.state["rid"], "slug": self.state["slug"], "field": self.each["field"]}

    def told(self, event: Payload, path: str, *findings: Finding) -> list[Drafted]:
        """The event, if there is no finding and all is sound after it. Raises `Refused`."""
        if findings:
            raise Refused(findings)
        return settled(self.context, self.state, event, self.evolve, path)

    def breaking(self, what: str, path: str) -> list[Finding]:
        """A finding while objects are there that the change `what`, a sentence, may not fit."""
        return list(unplanned(self.context, self.state, what, path))

    def shared(self, path: str) -> list[Finding]:
        """A finding where a shared property says it."""
        return shared_faults(self.each, path)


def shared_faults(each: Declared, path: str) -> list[Finding]:
    """A finding where a shared property says what would be said."""
    if "shared" not in each:
        return []
    text = f"{each['name']} is declared by a shared property; change that one, or detach it first"
    return [Finding("PROPERTY_SHARED", path, text)]


def found_property(context: Context, command: OnProperty, evolve: Evolve) -> One:
    """The property that a command is about. Raises `Refused`."""
    state = existing(context, command.type)
    return One(context, state, own_property(context, state, command.property), evolve)


def own_property(context: Context, state: State, named: str) -> Declared:
    """A property that the type itself declares. Raises `Refused`: the finding names the type above that declares it."""
    for name in ("name", "field", "rid"):
        for one in reversed(line(context.get, state)):
            for each in one["properties"].values():
                if each[name] == named and not each.get("removed"):
                    if one is not state:
                        text = f"{named} is declared by {one['name']}; change it there"
                        raise Refused([Finding("PROPERTY_INHERITED", "/property", text)])
                    return dict(each)
    names = [each["name"] for each in state["properties"].values() if not each.get("removed")]
    raise Refused([no_property(state["name"], named, names, "/property")])


def with_property(state: State, field: str, **members: Any) -> State:
    """The type's state with these members of a property; `None` takes away what need not be said."""
    changed_one = put(state["properties"][field], members, _ALWAYS_SAID)
    return {**state, "properties": {**state["properties"], field: changed_one}}
