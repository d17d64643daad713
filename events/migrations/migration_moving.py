"""The objects of one batch that go under other keys, with those that must make room for them, and all that stands round them.

Where the key that an object shall have is another's, that one goes with it, and so on: a row of them, or a circle. Of more
than a few the next one steps aside, under a key that nobody has, and goes on in a later batch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from events.decider import Context, Payload, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_relations import Relations
from events.migrations.migration_round import Moved, Round
from events.migrations.migration_step import Claims, Step
from events.migrations.migration_values import known
from events.names import Key, object_key
from events.objects.link_words import DeleteLink
from events.objects.object_words import CreateObject, DeleteObject, UpdateObject
from events.objects.placing import LetGo, PlaceObject
from events.objects.sealing import PURGED
from events.reserved import degree_key, number, referring_key, shared_key
from events.schema.shape import shape_of
from events.schema.values import Json

WEIGHT: Final = 500  # events of one batch, two for each object, link and reference, unless more must go together
TOGETHER: Final = 16  # objects that make room for each other in one commit; the next one steps aside
ASIDE: Final = "aside-"  # begins the key under which an object waits until its own is free


class Over(NamedTuple):
    """`slug`: of the type to which objects go over; `comes`: what comes in place of one."""

    slug: str
    type: str  # its RID
    comes: Callable[[State], CreateObject]
    named: Callable[[str], str | None]  # a property of theirs there


class Lineage(NamedTuple):
    """`arrived`: whether an object under the key that it shall have came there already, and is what it shall be."""

    arrived: Callable[[State], bool]
    values: Callable[[State], Mapping[str, Json]]  # by field, opened: those that it has there


@dataclass(slots=True)
class Moving:
    """`wanted`: the key that an object shall have, or why it has none."""

    context: Context
    types: Sequence[State]
    around: Relations
    wanted: Callable[[State], str | Finding]
    over: Over | None = None  # where they go over to another type
    lineage: Lineage | None = None  # where their type has other parents

    def claims(self, since: Mapping[Key, State], page: Mapping[Key, State]) -> Claims:
        """All of `since`, and as many of the page as one commit takes. Raises `Unread`."""
        self._look_ahead({**since, **page})
        moved: Moved = {}
        stuck: dict[Key, str] = {}
        weight, until = 0, None
        for key, state in {**since, **page}.items():
            if key not in moved:
                try:
                    group = self._group(key, state, moved)
                except Refused as refused:
                    stuck[key] = str(refused)
                    continue
                more = sum(2 + 2 * number(self.context.get(degree_key(each))) for each in group)
                if group and key in page and moved and weight + more > WEIGHT:
                    break
                moved |= group
                weight += more
            until = key if key in page else until
        else:
            until = None
        return self._moved(moved)._replace(stuck=stuck, until=until)

    def _look_ahead(self, states: Mapping[Key, State]) -> None:
        """Read at once what is asked for one by one then. Raises `Unread`."""
        needed(self.context.get, [degree_key(each) for each in states])
        seen, edge = set(states), list(states.values())
        for _ in range(TOGETHER):
            there = dict.fromkeys(
                each for each in needed(self._occupant, edge) if each is not None and each not in seen
            )
            seen |= there.keys()
            edge = [each for each in needed(self.context.get, there) if each is not None]
            if not edge:
                break
        needed(self.context.get, [degree_key(each) for each in seen])

    def _group(self, key: Key, state: State, moved: Moved) -> Moved:
        """An object that goes, and those that must go before it can; nothing where it stays. Raises `Refused`."""
        group: Moved = {}
        at: Key | None = key
        while at is not None and at not in moved and at not in group:
            one = state if at == key else self.context.get(at)
            assert one is not None, "it is alive"
            to = self.wanted(one)
            if isinstance(to, Finding):
                raise Refused([to])
            if to == one["key"] and self._stays(one):
                if not group:
                    return {}
                raise Refused([Finding("OBJECT_EXISTS", "", f"{at} has the key {to}, and so would another object")])
            if len(group) == TOGETHER:
                return group | {at: (one, ASIDE + sha256(at.encode()).hexdigest()[:32])}
            group[at] = one, to
            at = self._occupant(one)
        return group

    def _stays(self, state: State) -> bool:
        return self.over is None and (self.lineage is None or self.lineage.arrived(state))

    def _occupant(self, state: State) -> Key | None:
        """The object that has the key now that another shall have. Raises `Unread`."""
        to = self.wanted(state)
        if isinstance(to, Finding) or to == state["key"] or self.over is not None:
            return None  # of another type's object it is refused
        shape = shape_of(self.context.get, state)
        if shape.other is not None:  # who came under the key of the new parents already refuses it
            return self._standing(shared_key(shape.other.keyed_by, to))
        root = shape.keyed_by
        own = object_key(root, to)
        if self._alive(own) is not None:
            return own
        return self._standing(shared_key(root, to)) if len(self.types) > 1 else None

    def _standing(self, reserved: Key) -> Key | None:
        """Who of the objects that go has reserved a key."""
        holder = self.context.get(reserved)
        ours = tuple(f"object/{each['slug']}/" for each in self.types)
        if holder is None or not holder["owner"].startswith(ours) or self._alive(holder["owner"]) is None:
            return None
        return Key(holder["owner"])

    def _moved(self, moved: Moved) -> Claims:
        around = Round(self.context, self.around)
        links, references = around.links(moved), around.references(moved)
        needed(self.context.get, [*self._touched(moved, references), *around.touched(links)])
        before: list[tuple[Key, Payload]] = [
            *((key, LetGo(type=one["type"], key=one["key"], fields=[*new])) for key, (one, new) in references.items()),
            *((key, _unlinked(link)) for key, (link, _) in links.items()),
            *((key, DeleteObject(type=one["type"], key=one["key"])) for key, (one, _) in moved.items()),
        ]
        steps = {
            key: Step(_counted_as(one), self._placed(one, to, references.get(key))) for key, (one, to) in moved.items()
        }
        after: list[tuple[Key, Payload]] = [
            *((key, each) for key, (one, new) in references.items() for each in self._referring(key, one, new, moved)),
            *((key, around.linked(link, at)) for key, (link, at) in links.items()),
        ]
        waiting = any(to.startswith(ASIDE) for _, to in moved.values())
        return Claims(steps, [], before=before, after=after, waiting=waiting)

    def _touched(self, moved: Moved, references: Mapping[Key, tuple[State, Mapping[str, Json]]]) -> Iterator[Key]:
        """What is counted and kept of the objects where they come to stand; nobody could name it before they do."""
        there = {to: object_key(self._slug(state), to) for state, to in moved.values()}
        yield from map(degree_key, there.values())
        for key, (state, new) in references.items():
            by = object_key(self._slug(state), moved[key][1]) if key in moved else key
            for value in new.values():
                named = value if isinstance(value, list) else [value]
                yield from (referring_key(there[each], by) for each in named if each in there)

    def _slug(self, state: State) -> str:
        return state["slug"] if self.over is None else self.over.slug

    def _placed(self, state: State, to: str, let_go: tuple[State, Mapping[str, Json]] | None) -> Payload:
        gone = {} if let_go is None else let_go[1]
        if self.over is not None:
            return self.over.comes(
                {**state, "properties": {f: v for f, v in state["properties"].items() if f not in gone}}
            )
        kept = {f: value for f, value in self._values(state).items() if f not in gone and value != PURGED}
        return PlaceObject(type=state["type"], key=to, values=kept)

    def _values(self, state: State) -> Mapping[str, Json]:
        if self.lineage is not None:
            return self.lineage.values(state)
        names = shape_of(self.context.get, state).names
        return {field: value for field, value in known(self.context, state).items() if field in names}

    def _referring(self, key: Key, state: State, new: Mapping[str, Json], moved: Moved) -> Iterator[UpdateObject]:
        names = shape_of(self.context.get, state).names
        patch = {names[field]: value for field, value in new.items()}
        type_, to = state["type"], moved[key][1] if key in moved else state["key"]
        if key in moved and self.over is not None:
            there = {self.over.named(name): value for name, value in patch.items()}
            type_, patch = self.over.type, {name: value for name, value in there.items() if name is not None}
        if patch:
            yield UpdateObject(type=type_, key=to, patch=patch)

    def _alive(self, key: Key) -> State | None:
        state = self.context.get(key)
        return None if state is None or state["deleted"] else state


def _counted_as(state: State) -> Literal["converted", "again"]:
    """One that stepped aside was counted then."""
    return "again" if state["key"].startswith(ASIDE) else "converted"


def _unlinked(link: State) -> DeleteLink:
    said = {"type": link["type"], "from": link["from"], "to": link["to"]}
    return DeleteLink.model_validate(said, by_alias=True)
