"""The second scan of a change of parents: these are what they shall be, and objects may lack what they require."""

from collections.abc import Callable, Sequence

from events.decider import Context, State, needed
from events.migrations.migration_properties import of_objects
from events.migrations.migration_step import Conversion, Step
from events.names import Key
from events.schema.hierarchy import below, line
from events.schema.resolving import declaration
from events.schema.shape import shape_in
from events.schema.soundness import present
from events.schema.type_filling import FillValues

Completed = Callable[[State, Sequence[str]], Step]
"""What gives an object the properties of these names. Raises `Refused`."""


def filling(context: Context, own: State, completed: Completed) -> Conversion:
    """Of a type and all below it; counted they are by the first scan. Raises `Unread`."""
    fields = own.get("filling") or _required(context, own)
    shapes = {each["rid"]: shape_in(context.get, each) for each in (own, *below(context.get, own))}

    def fixed(state: State) -> Step | None:
        names = shapes[state["type"]].names
        lacking = [names[field] for field in fields if field in names and field not in state["properties"]]
        return completed(state, lacking) if lacking else None

    begun, done = (FillValues(type=own["rid"], fields=some) for some in (fields, []))
    return of_objects(context, own, fixed, first=(begun,), last=(done,), counted=False)


def _required(context: Context, own: State) -> list[str]:
    """What its parents require: on a branch that was rebased meanwhile it is not said any more what objects lack."""
    parents = needed(context.get, [Key(f"objectType/{rid}") for rid in own.get("parents", ())])
    lines = needed(lambda each: line(context.get, each), [each for each in parents if each is not None])
    declared = ((field, declaration(context.get, each)) for one in lines for _, field, each in present(one))
    return sorted({field for field, each in declared if each["required"] and each["default"] is None})
