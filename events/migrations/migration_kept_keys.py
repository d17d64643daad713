"""Values of a primary key that become others must say the same, as keys do not change: what would not is told before it begins.

7 ─► "7"  says the same      "007" ─► 7  does not: object/Flight/007 would be called object/Flight/7

The remedy is another key: a property of the new type, whose values come of the old one, and `SetPrimaryKey`, which takes
the objects along with all that stands round them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from events.decider import Context, State
from events.findings import Finding, Refused
from events.migrations.migration_room import Holder
from events.migrations.migration_type import Retyped
from events.names import Key
from events.schema.shape import shape_in
from events.schema.values import Json, NotAValue, reference

SHOWN: Final = 20
_TEXTS: Final = ("string", "enum", "reference")


class Keys(NamedTuple):
    """Of properties that keys may be made of: as they are, and what becomes of their values."""

    context: Context
    some: Sequence[tuple[Holder, Retyped]]
    known: Callable[[Context, State], Mapping[str, Json]]  # the values of an object, opened

    def check(self, entities: Mapping[Key, State], there: int) -> None:
        """Raises `Refused` where one of the objects would have another key, or some of those not looked at could; `Unread`."""
        changed = [(key, new) for key, state in entities.items() if (new := self._other(state)) is not None]
        names = ", ".join(dict.fromkeys(holder.name for holder, _ in self.some))
        remedy = (
            "add a property with the new values (AddProperty, mapped from it) and make that the key (SetPrimaryKey)"
        )
        if changed:
            shown = ", ".join(f"{key} (as {new})" for key, new in changed[:SHOWN])
            text = f"{names} is part of the key, and {len(changed):,} of the objects looked at would have another one: {shown}; {remedy}"
            raise Refused([Finding("OBJECT_KEY_CHANGED", "/change", text)])
        keyed = any(self._key(state) for state in entities.values())
        if keyed and there > len(entities) and not all(map(_same_text, self.some)):
            text = (
                f"{names} is part of the key of {there:,} objects, of which {len(entities):,} were looked at, and the others "
                f"might have another one; {remedy}"
            )
            raise Refused([Finding("OBJECT_KEY_CHANGED", "/change", text)])

    def _key(self, state: State) -> list[str]:
        """The fields that its key is made of, where one of them is among these."""
        kind = None if "from" in state else self.context.get(Key(f"objectType/{state['type']}"))
        fields = [] if kind is None else [slot.field for slot in shape_in(self.context.get, kind).key]
        return fields if any(holder.field in fields for holder, _ in self.some) else []

    def _other(self, state: State) -> str | None:
        """Its key as it would be, if it is another one."""
        fields = self._key(state)
        if not fields:
            return None
        values = dict(self.known(self.context, state))
        try:
            made = {
                holder.field: mend.stored(mend(values[holder.field]))
                for holder, mend in self.some
                if values.get(holder.field) is not None
            }
            new = reference([{**values, **made}[field] for field in fields])
        except (Refused, NotAValue, KeyError):
            return None  # it is told what stands against it where it is converted
        return None if new == state["key"] else new


def _same_text(one: tuple[Holder, Retyped]) -> bool:
    """Whether values of any text say the same, whatever they are."""
    holder, mend = one
    plain = mend.fix.kind == "cast" and mend.fix.otherwise != "default"
    return plain and (holder.new["type"] == "string" or {holder.old["type"], holder.new["type"]} <= {*_TEXTS})
