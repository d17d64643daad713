"""What one side of a merge wrote, as the migrations of the other leave it: what each entity says, and under which key.

written: object/Plane/N2, link/beside/N1~N2 ──► migration 1 ──► migration 2 ──► object/Plane/둘, link/beside/하나~둘
named:   object/Plane/N1                     ┘  looked up only, where links and references name it
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from events.decider import Lookup, State, needed
from events.merges.handed_over import handed_over
from events.merges.migrated import Ran, Turned
from events.merges.rekeyed import Changed, named
from events.merges.stood import alive
from events.names import Key
from events.schema.values import same


def turned(
    migrations: Sequence[Ran], get: Lookup, written: Mapping[Key, State | None], base: Lookup, *, giving: bool = True
) -> dict[Key, Turned]:
    """By the key under which each was written, with others that got something by it: by the key that they had.

    `get` finds what that side says of others, `base` what both had in common. `giving`: else they get nothing. Raises `Unread`.
    """
    given: set[Key] = set()
    forms = {key: Turned(key, alive(state)) for key, state in written.items()}
    if any(each.moves for each in migrations):
        first = next(each for each in migrations if each.moves)
        others = needed(lambda key: _named(first.over(get), forms[key]), forms)
        keys = {key for several in others for key in several} - forms.keys()
        forms |= {key: Turned(key, alive(state)) for key, state in zip(keys, needed(get, keys), strict=True)}
    began = {key: form.state for key, form in forms.items()}
    for migration in migrations:
        if migration.hands_over:
            found = handed_over(migration, _first(dict(forms.values()), get), forms, giving=giving)
            given |= {key for key, form in found.items() if form != forms.get(key)}
            forms = found
        else:
            forms = _by(migration, get, forms, _changed(forms, _first(began, get), base))
    return {key: form for key, form in forms.items() if key in written or key in given}


def _changed(forms: Mapping[Key, Turned], get: Lookup, base: Lookup) -> Changed:
    """Compared as both were written, before any migration."""
    origins = {form.key: key for key, form in forms.items()}

    def changed(key: Key, fields: Collection[str]) -> bool:
        origin = origins.get(key, key)
        one, other = ((state or {}).get("properties", {}) for state in (get(origin), base(origin)))
        return any(not same(one.get(field), other.get(field)) for field in fields)

    return changed


def _by(migration: Ran, get: Lookup, forms: Mapping[Key, Turned], changed: Changed) -> dict[Key, Turned]:
    now = dict(forms.values())
    look = _first(now, get)
    alive = {key: form for key, form in forms.items() if form.state is not None}
    made = needed(lambda form: migration.made(look, changed, form.key, form.state or {}), alive.values())
    found = {key: Turned(*each) for key, each in zip(alive, made, strict=True)}
    if not migration.moves:
        return {**forms, **found}
    taken = {form.key for key, form in found.items() if form.key == alive[key].key}
    for key, form in found.items():
        if form.key != alive[key].key and (form.key in taken or _stands(migration, look, changed, form.key)):
            found[key] = _beside(alive[key], form, look(form.key))
        taken.add(form.key)
    return {**forms, **found}


def _beside(was: Turned, form: Turned, other: State | None) -> Turned:
    """Where another stands already: a link that says the same is none any more, all else stays where it was."""
    if form.state is None or other is None or "from" not in form.state:
        return was
    alike = same(form.state.get("properties") or {}, other.get("properties") or {})
    return Turned(was.key, None) if alike else was


def _stands(migration: Ran, look: Lookup, changed: Changed, key: Key) -> bool:
    """Whether an entity stands under a key, and the migration leaves it there."""
    state = alive(look(key))
    return state is not None and migration.made(look, changed, key, state)[0] == key


def _first(now: Mapping[Key, State | None], get: Lookup) -> Callable[[Key], State | None]:
    return lambda key: now[key] if key in now else get(key)


def _named(get: Lookup, form: Turned) -> Sequence[Key]:
    return () if form.state is None else named(get, form.key, form.state)
