"""Values of a property that went, and that other objects keep: what the other side of a merge wrote goes there, too.

object/Flight/2 {plane: N2, seats: "6"}  ──►  object/Flight/2 {plane: N2}, object/Plane/N2 {seats: 6}

What the migration saw itself it has dealt with. Any other value goes where its reference names, upon what the migration
has left there; one that has no place there stays, and the merged schema refuses it.
"""

from collections.abc import Mapping, Sequence

from events.decider import Context, Head, Heads, Lookup, State
from events.findings import Refused
from events.merges.migrated import Ran, Turned
from events.migrations.migration_across import Over, over
from events.migrations.migration_change import command_of
from events.migrations.migration_step import Step
from events.names import Key, object_key
from events.objects.object_words import UpdateObject
from events.schema.property_removal import RemoveProperty
from events.schema.values import same


def handed_over(migration: Ran, look: Lookup, forms: Mapping[Key, Turned], *, giving: bool) -> dict[Key, Turned]:
    """`forms` as it leaves them, and what got a value by it. `giving`: else values only go. Raises `Unread`."""
    context = migration.before.like(heads=_Left(migration, look))
    going = _going(migration, context)
    found = dict(forms)
    at = {form.key: key for key, form in forms.items()}
    for key, form in sorted(forms.items(), key=lambda one: one[1].key):
        state = form.state
        if state is None or state.get("slug") not in going.slugs or going.each["field"] not in state["properties"]:
            continue
        step = None
        if giving and not _dealt_with(migration, going, form.key, state):
            try:
                step = going.fixed(state)
            except Refused as refused:
                if any(each.code == "KEYS_NONE" for each in refused.findings):
                    raise  # who has them decides it
                continue
        kept = {name: value for name, value in state["properties"].items() if name != going.each["field"]}
        found[key] = Turned(form.key, {**state, "properties": kept})
        if step is not None and isinstance(step.instead, UpdateObject):
            gets = _named(context, step.instead)
            before = found[at[gets]].state if gets in at else look(gets)
            assert before is not None, "it is there"
            given = migration.converted(gets, before, Step("converted", step.instead))
            found[at.setdefault(gets, gets)] = Turned(gets, given)
    return found


def stuck(migrations: Sequence[Ran], forms: Mapping[Key, Turned]) -> dict[Key, tuple[str, str]]:
    """Of entities with a value that could not go over: its field, and why it stays. Raises `Unread`."""
    found: dict[Key, tuple[str, str]] = {}
    for migration in migrations:
        if migration.hands_over:
            going = _going(migration, migration.before)
            name, field = going.each["name"], going.each["field"]
            text = (
                f"{name} went over to {migration.fix.to}, where there is another value, or nothing that could have this"
            )
            for form in forms.values():
                if form.state and form.state.get("slug") in going.slugs and field in form.state["properties"]:
                    found[form.key] = field, text
    return found


def _going(migration: Ran, context: Context) -> Over:
    change = command_of(migration.state["change"]["type"], migration.state["change"]["data"])
    assert isinstance(change, RemoveProperty), "it hands values over"
    return over(context, change, migration.fix)


def _dealt_with(migration: Ran, going: Over, key: Key, state: State) -> bool:
    """Whether the migration saw the very same value, of the same thing."""
    seen = migration.saw(key)
    if seen is None or seen.get("deleted"):
        return False
    fields = (going.each["field"], going.reference["field"])
    return all(same(seen["properties"].get(each), state["properties"].get(each)) for each in fields)


def _named(context: Context, update: UpdateObject) -> Key:
    kind = context.get(Key(f"objectType/{update.type}"))
    assert kind is not None, "an object is of a type that is there"
    assert isinstance(update.key, str), "it is named by its encoded key"
    return object_key(kind["slug"], update.key)


class _Left:
    """The schema as it was; objects as the migration has left them, where they are there, else as the side has them."""

    def __init__(self, migration: Ran, look: Lookup) -> None:
        self._schema: Heads = migration.before.heads
        self._left, self._look = migration.left, look

    def __getitem__(self, key: Key) -> Head:
        if not key.startswith("object/"):
            return self._schema[key]
        left = self._left(key)
        return Head(0, left if left is not None and not left.get("deleted") else self._look(key))
