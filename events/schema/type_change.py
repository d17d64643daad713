"""Changes of an object type that is there: how every command finds it, and what must hold when it is decided.

found ──► the command's own checks ──► event ──► evolve ──► sound, and all types below it too ──► drafted
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from events.branches.branch import branch_key
from events.decider import Context, Drafted, Payload, State, as_far_as_known, needed
from events.findings import Finding, Refused
from events.names import Key, Rid
from events.reserved import count_key, number
from events.schema.hierarchy import below
from events.schema.kinds import ObjectTypeNamed, deleted, kind_named, kind_reads, unknown
from events.schema.reach import supposing
from events.schema.soundness import Declared, unsound


class OnType(Payload):
    """A command about an object type."""

    type: ObjectTypeNamed


class TypeChanged(Payload):
    """An event of an object type."""

    rid: Rid
    slug: str


SHOWN: Final = 20  # types in one sentence
# NOTE stored format: these members are there in every state, `None` where nothing is said; all others are then absent
_ALWAYS_SAID: Final = frozenset({"title", "description", "table", "replacedBy", "until"})
Evolve = Callable[[State, Payload], State]


def reads(context: Context, command: Payload) -> list[Key]:
    """What every command needs; what else one needs it asks for as it decides."""
    assert isinstance(command, OnType)
    return as_far_as_known(chain([branch_key(context.branch)], kind_reads(context, "objectType", command.type)))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, OnType)
    state = kind_named(context, "objectType", command.type)
    return None if state is None else key_of(state)


def key_of(state: State) -> Key:
    return Key(f"objectType/{state['rid']}")


def found(context: Context, name: str, path: str = "/type") -> State:
    """The object type, alive or deleted. Raises `Refused` where there is none."""
    state = kind_named(context, "objectType", name)
    if state is None:
        raise Refused([unknown(context, "objectType", name, path)])
    return state


def existing(context: Context, name: str, path: str = "/type") -> State:
    """The object type that is there. Raises `Refused`."""
    state = found(context, name, path)
    if state.get("deleted"):
        raise Refused([deleted("objectType", state, path)])
    return state


def changed(state: State, event: Payload) -> list[Drafted]:
    """One event of the type."""
    return [Drafted(key_of(state), state["slug"], event)]


def settled(
    context: Context, state: State, event: Payload, evolve: Evolve, path: str, but: tuple[Finding, ...] = ()
) -> list[Drafted]:
    """The event, if the type and all below it are sound after it and there is no finding `but`. Raises `Refused`."""
    findings = [*but, *(each._replace(path=path) for each in broken(context, evolve(state, event)))]
    if findings:
        raise Refused(dict.fromkeys(findings))
    return changed(state, event)


def broken(context: Context, after: State) -> list[Finding]:
    """What would not hold of the type in this state, and of those below it. Raises `Unread`."""
    get = supposing(context.get, key_of(after), after)
    types = [each for each in (after, *below(get, after)) if not each.get("deleted")]
    found = [finding for some in needed(lambda each: list(unsound(get, each)), types) for finding in some]
    return standing(context, found)


def standing(context: Context, findings: Iterable[Finding]) -> list[Finding]:
    """Those that stand against a change; while a migration has made room, not what need not hold for so long."""
    return [each for each in findings if not (context.room and each.code in _FOR_A_WHILE)]


_FOR_A_WHILE: Final = ("TYPE_KEY", "INTERFACE_UNSATISFIED")
"""What need not hold while a property lets everything through."""


def unplanned(context: Context, state: State, what: str, path: str) -> Iterator[Finding]:
    """A finding while objects are there that the change `what`, a sentence, may not fit; none where it is planned."""
    if context.planned:
        return
    types = (state, *below(context.get, state))
    counts = map(number, needed(context.get, [count_key(each["slug"]) for each in types]))
    held = [f"{n:,} {each['name']}" for each, n in zip(types, counts, strict=True) if n]
    if held:
        more = f" and those of {len(held) - SHOWN:,} more types" if len(held) > SHOWN else ""
        text = f"{what}, and there are objects: {', '.join(held[:SHOWN])}{more}; plan a migration, or delete them first"
        yield Finding("RULE_BREAKING_UNPLANNED", path, text)


def with_members(state: State, **members: Any) -> State:
    """The type's state with these members; `None` takes away what need not be said."""
    return put(state, members, _ALWAYS_SAID)


def put(before: Declared, members: dict[str, Any], always: frozenset[str]) -> dict[str, Any]:
    """A map with these members; `None` takes one away, unless it is always said."""
    after = {**before, **members}
    return {name: value for name, value in after.items() if value is not None or name not in members or name in always}
