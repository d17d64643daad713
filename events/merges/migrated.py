"""What the migrations of one side of a merge make of what the other side wrote, which they never saw.

       ┌─ ours ──── 42 ──────────────────► "42"   by the migrations of theirs
base ──┤                                           and the base by those of both: so only what somebody wrote differs
  4    └─ theirs ── migrated: 4 ─► "4"

Migrations that look at each entity by itself are run so, in the order in which they were completed: with the schema as it
was then, and the types that the other side made since. What one of them cannot mend is left as it is, and the merged
schema refuses it. Those that look at what several claim answer what comes of
it (`events.merges.standing`).
"""

from typing import Any, Final, NamedTuple

from events.decider import Context, Lookup, State
from events.findings import Finding, Refused
from events.merges.rekeyed import Changed, Form, Given, Parents, Primary, Rekeyed
from events.merges.stood import Together, alive, by_key, by_parents, by_type
from events.migrations.migration_across import across
from events.migrations.migration_change import CHANGES
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_values import known
from events.migrations.migration_words import Fix
from events.names import Key, link_key, object_key
from events.objects.carried import carried
from events.objects.link_words import CreateLink, UpdateLink
from events.objects.object_words import CreateObject, UpdateObject
from events.schema.property_removal import RemoveProperty
from events.schema.property_rules import SetMarking
from events.schema.shape import shape_in, shape_of
from events.schema.type_structure import ChangeParents, SetPrimaryKey
from events.schema.values import Json, NotAValue

_TAKING: Final = (RemoveProperty.__name__, ChangeParents.__name__)


class Turned(NamedTuple):
    """Of an entity: the key under which it stands now, and its state there; `None` where it is not (any more)."""

    key: Key
    state: State | None


class Ran(NamedTuple):
    """A migration that one side completed since both had all in common."""

    state: State
    before: Context  # the schema as it was when it began, and what the other side has
    after: Lookup  # the schema when it was completed
    whole: Conversion | None  # `None` of one that looks at no entity by itself
    saw: Lookup  # what its branch had when it began
    left: Lookup  # and when it was completed
    last: Lookup  # and before the commit that completed it
    together: Together

    @property
    def moves(self) -> bool:
        """Whether entities stand under other keys behind it."""
        over = self.whole is not None and self.whole.comes is not None
        return over or self.state["fix"]["kind"] == "redirect" or self.rekeys

    @property
    def rekeys(self) -> bool:
        """Whether objects go under another key of their type."""
        changed = self.state["change"]["type"]
        return changed == SetPrimaryKey.__name__ or (changed == ChangeParents.__name__ and self.whole is None)

    @property
    def hands_over(self) -> bool:
        """Whether values go to other objects (`events.merges.handed_over`)."""
        return self.state["change"]["type"] == RemoveProperty.__name__ and across(self.fix)

    @property
    def apart(self) -> bool:
        """Whether what it makes of an entity depends on that one alone."""
        changed = self.state["change"]["type"]
        closing = changed == SetMarking.__name__
        return self.whole is not None and not self.moves and not closing and CHANGES[changed].apart

    @property
    def fix(self) -> Fix:
        return Fix.model_validate(self.state["fix"])

    def made(self, get: Lookup, changed: Changed, key: Key, state: State) -> Form:
        """An entity as it leaves it, among the others that `get` finds. Raises `Unread`, and `Refused` without its keys."""
        if self.rekeys:
            return self._rekeyed(self.over(get), changed).form(key, state)
        if self.whole is None or not key.startswith(self.whole.prefixes):
            return key, state
        try:
            return self._form(self.whole, key, state)
        except Refused as refused:
            if any(each.code == "KEYS_NONE" for each in refused.findings):
                raise  # who has them decides it
            return key, state

    def _rekeyed(self, get: Lookup, changed: Changed) -> Rekeyed:
        change = self.state["change"]
        parents = change["type"] == ChangeParents.__name__
        by = Parents(self.before, self.after, self.fix) if parents else Primary(self.before, get, self.after)
        return Rekeyed(get, self.after, change["data"]["type"], Given(by, self.after, self.stood, changed))

    def _form(self, whole: Conversion, key: Key, state: State) -> Form:
        """Raises `Refused` where it cannot be mended."""
        if whole.comes is not None:
            return self._over(state, whole.comes(state))
        step = whole.fixed(state)
        if step is not None and isinstance(step.instead, CreateLink):
            return self._redirected(key, state, step.instead)
        if step is not None and step.what == "dropped":
            return key, None
        return key, self._without(state if step is None else self.converted(key, state, step))

    def stood(self, key: Key, state: State) -> Key | None:
        """Where the object that its branch had under a key stood behind it; `None` where it was gone. Raises `Unread`."""
        changed = self.state["change"]["type"]
        if changed == SetPrimaryKey.__name__:
            return by_key(self.before.get, self.left, key, state)
        if self.rekeys:
            return by_parents(Parents(self.before, self.after, self.fix), self.last, self.left, key, state)
        whole = self.whole
        if whole is None or whole.comes is None or not key.startswith(whole.prefixes):
            return key if alive(self.left(key)) else None
        comes = whole.comes
        try:
            return by_type(lambda gone: self._over(gone, comes(gone)), self.together, self.left, key)
        except Refused as refused:
            if any(each.code == "KEYS_NONE" for each in refused.findings):
                raise  # who has them decides it
            return None

    def over(self, get: Lookup) -> Lookup:
        """As `before`, and objects and links where `get` looks."""
        return lambda key: get(key) if key.startswith(("object/", "link/")) else self.before.get(key)

    def said(self) -> dict[str, Any]:
        return {name: self.state[name] for name in ("rid", "number", "branch")}

    def converted(self, key: Key, state: State, step: Step) -> State:
        """With the values that the step gives it."""
        assert isinstance(step.command, UpdateObject | UpdateLink)
        was, is_ = (shape_of(get, state) for get in (self.before.get, self.after))
        properties = dict(state.get("properties", {}))
        given: dict[str, Json] = {}
        for name, value in (step.command.patch or {}).items():
            field = was.field(name) if name in was.checks else is_.field(name)
            properties.pop(field, None)
            if value is not None and field in is_.names:
                given[field] = is_.checks[is_.names[field]][1](value)
        stored = carried(self.before, is_, key, given, {**known(self.before, state), **given})
        return {**state, "properties": {**properties, **stored}}

    def _over(self, state: State, comes: CreateObject) -> Form:
        """An object of the type that it went over to. Raises `Refused`."""
        other = self.after(Key(f"objectType/{comes.type}"))
        assert other is not None, "it took the objects"
        shape = shape_in(self.after, other)
        try:
            given = {shape.field(name): shape.checks[name][1](value) for name, value in comes.properties.items()}
            key = shape.key_of(given)
        except (KeyError, NotAValue) as wrong:
            raise Refused([Finding("MIGRATION_MOVE", "", f"it has no place in {shape.name}: {wrong}")]) from None
        entity = object_key(other["slug"], key)
        stored = carried(self.before, shape, entity, given, given)
        return entity, {**state, "type": other["rid"], "slug": other["slug"], "key": key, "properties": stored}

    def _without(self, state: State) -> State:
        """Values of what its type has no more go."""
        if self.state["change"]["type"] not in _TAKING or "from" in state:
            return state
        was, is_ = (shape_of(get, state) for get in (self.before.get, self.after))
        gone = was.names.keys() - is_.names.keys()
        return {**state, "properties": {f: value for f, value in state["properties"].items() if f not in gone}}

    def _redirected(self, key: Key, state: State, instead: CreateLink) -> Form:
        other = self.after(Key(f"linkType/{instead.type}"))
        assert other is not None, "it took the links"
        checks, given = shape_in(self.after, other).checks, instead.properties or {}
        if not given.keys() <= checks.keys():
            return key, state
        properties = {checks[name][0]: checks[name][1](value) for name, value in given.items()}
        named = {"type": other["rid"], "slug": other["slug"], "properties": properties}
        return link_key(other["slug"], state["from"], state["to"]), {**state, **named}
