"""Values that become others and stay unique: each batch reserves them in their new form, and finds those that would be the same.

What a batch converts is reserved as it is written; of what stays as it is the batch says that it claims it. While this
goes on nothing is refused to others: who writes a value twice stops the migration, which names the two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from events.decider import Context, State, needed
from events.migrations.migration_room import Holder
from events.migrations.migration_step import Claims, Step, fixed_each
from events.names import Key
from events.objects.link_words import UpdateLink
from events.objects.object_words import UpdateObject
from events.objects.personal import ENCRYPT
from events.objects.sealing import PURGED, is_closed
from events.reserved import unique_key
from events.schema.property_rules import next_reserve
from events.schema.values import Json


class Reserved(NamedTuple):
    """A property whose values are reserved in the form that they shall have."""

    field: str
    name: str
    slug: str  # of the type that declares it
    reserve: str
    closed: bool
    prefixes: tuple[str, ...]  # under which the objects stand that have it

    def key(self, context: Context, value: Json) -> Key | None:
        if value is None or value == PURGED:
            return None
        if self.closed and not is_closed(value):
            value = {"token": context.seals.token("value", self.slug, self.field, value)}
        return unique_key(self.slug, self.reserve, value)


def reserved_in(holder: Holder, under: Sequence[str]) -> Reserved:
    """`under`: the prefixes of the objects that may have the property."""
    old, slug = holder.old, holder.state["slug"]
    reserve = next_reserve(old) if old["unique"] else old.get("reserve", holder.field)
    return Reserved(holder.field, holder.name, slug, reserve, holder.new.get("marking") == ENCRYPT, tuple(under))


def values_reserved(
    context: Context,
    some: Sequence[Reserved],
    fixed: Callable[[State], Step | None],
    known: Callable[[Context, State], Mapping[str, Json]],
) -> Callable[[Mapping[Key, State], str], Claims]:
    """`known`: the values of an object, opened."""

    def wanted(state: State, key: Key, step: Step | None) -> dict[Key, str]:
        """What it reserves once the step is made, each with the name of the property."""
        command = None if step is None else step.command
        patch = (command.patch or {}) if isinstance(command, UpdateObject | UpdateLink) else {}
        mine = [each for each in some if key.startswith(each.prefixes)]
        values = known(context, state) if mine else {}
        found = {each.key(context, patch.get(each.name, values.get(each.field))): each.name for each in mine}
        return {reserved: name for reserved, name in found.items() if reserved is not None}

    def claims(entities: Mapping[Key, State], _: str) -> Claims:
        made = fixed_each(fixed, entities)
        ours = {key: wanted(state, key, made.steps.get(key)) for key, state in entities.items()}
        asked = list(dict.fromkeys(reserved for each in ours.values() for reserved in each))
        holders = zip(asked, needed(context.get, asked), strict=True)
        held = {reserved: Key(holder["owner"]) for reserved, holder in holders if holder is not None}
        others = [key for key in dict.fromkeys(held.values()) if key not in entities]
        there = zip(others, needed(context.get, others), strict=True)
        theirs = {key: wanted(one, key, None) for key, one in there if one is not None and not one["deleted"]}
        stuck, taken, claimed = dict(made.stuck), dict[Key, Key](), list[Key]()
        for key, each in ours.items():
            for reserved, name in each.items():
                holder = taken.setdefault(reserved, held.get(reserved, key))
                if holder != key and reserved in (ours.get(holder) or theirs.get(holder) or {}):
                    stuck[key] = f"{name} is unique, and {holder} would have the same value"
                taken[reserved] = key
            if key not in made.steps and any(held.get(reserved) != key for reserved in each):
                claimed.append(key)
        return Claims({key: step for key, step in made.steps.items() if key not in stuck}, claimed, stuck)

    return claims
