"""Circles of links: whether following links from an object leads back to it. Objects are their encoded primary keys.

A new link closes a circle if its `from` can be reached from its `to`. Both are searched from at once, always the side
with fewer objects to go on from: a leaf of a tree is done with in one step, whichever way the links point.

    from ◄── ◄── ◄─┐   ┌─► ──► ──► to
                   └ ? ┘
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from events.decider import MOST, Context, State, needed
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import incident_under

SHOWN = 20  # objects of a circle in a sentence


Under = Callable[[str], Sequence[Key]]
"""The keys under a prefix (`Context.under`)."""


def circle(context: Context, link_type: State, from_: str, to: str) -> list[str]:
    """The objects of the circle that this link would close, from `from_` on and back to it; `[]` if it closes none.

    Raises `Refused` after `MOST` links, and `Unread`.
    """
    asked = "circle", link_type["slug"], from_, to
    search = context.notes.get(asked) or _Search(link_type, from_, to)
    context.notes[asked] = search
    return search.run(context.under)


def circle_in(under: Under, link_type: State, from_: str, to: str) -> list[str]:
    """As `circle`, wherever `under` looks."""
    return _Search(link_type, from_, to).run(under)


class _Search:
    """Goes on where it was when something was unread: a step first looks up all that it needs."""

    def __init__(self, link_type: State, from_: str, to: str) -> None:
        self.link_type, self.from_, self.to = link_type, from_, to
        # by the end whose links are followed: how each object was reached, and from where to go on
        self.reached: dict[str, dict[str, str]] = {"from": {to: ""}, "to": {from_: ""}}
        self.edges: dict[str, list[str]] = {"from": [to], "to": [from_]}
        self.last, self.followed = "to", 0
        self.circle = [from_, to] if from_ == to else []

    def run(self, under: Under) -> list[str]:
        if self.followed == 0:
            needed(under, first_prefixes(self.link_type["slug"], self.from_, self.to))
        while not self.circle and self.edges["from"] and self.edges["to"]:
            self._step(under)
        return self.circle

    def _step(self, under: Under) -> None:
        end = min(self.edges, key=lambda each: (len(self.edges[each]), each == self.last))
        pairs = list(_neighbours(under, self.link_type["slug"], end, self.edges[end]))
        self.last, self.edges[end] = end, []
        seen, others = self.reached[end], self.reached["to" if end == "from" else "from"]
        for here, there in pairs:
            if there not in seen:
                seen[there] = here
                self.edges[end].append(there)
                if there in others:
                    self.circle = self._through(there)
                    return
        self.followed += len(pairs)
        if self.followed > MOST:
            text = (
                f"whether it closes a circle takes more than {MOST:,} links of {self.link_type['name']} to say; "
                "divide them into several link types"
            )
            raise Refused([Finding("LINK_TOO_MANY", "", text)])

    def _through(self, there: str) -> list[str]:
        ahead, behind = (_back(self.reached[end], there) for end in ("from", "to"))
        return [self.from_, *reversed(ahead), *behind[1:]]


def first_prefixes(slug: str, from_: str, to: str) -> list[str]:
    """Under what a search looks first: mostly there is nothing, and it is done."""
    return [incident_under(slug, "from", to), incident_under(slug, "to", from_)]


def circle_among(links: Iterable[State]) -> list[str]:
    """The objects of one circle that these links make, the first one also last; `[]` if there is none."""
    ahead: dict[str, list[str]] = {}
    for link in links:
        ahead.setdefault(link["from"], []).append(link["to"])
    done: set[str] = set()
    for start in ahead:
        found = _circle_from(start, ahead, done)
        if found:
            return found
    return []


def shown(objects: Sequence[str]) -> str:
    """A path as it may stand in a sentence."""
    if len(objects) > SHOWN:
        return f"{' → '.join(objects[: SHOWN - 1])} → … → {objects[-1]} ({len(objects) - 1:,} links)"
    return " → ".join(objects)


def _neighbours(under: Under, slug: str, end: str, objects: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(object, the one at the other end) of each link at that end. Raises `Unread` with all that is missing."""
    here = list(objects)
    found = needed(under, [incident_under(slug, end, each) for each in here])
    for each, keys in zip(here, found, strict=True):
        for key in keys:
            yield each, key.rpartition("/")[2]


def _back(reached: dict[str, str], last: str) -> list[str]:
    """How it was reached, backwards."""
    path = []
    while last:
        path.append(last)
        last = reached[last]
    return path


def _circle_from(start: str, ahead: dict[str, list[str]], done: set[str]) -> list[str]:
    path: dict[str, Iterator[str]] = {}
    here: str | None = start
    while here is not None or path:
        if here is not None:
            path[here] = iter(ahead.get(here, ()) if here not in done else ())
        last = next(reversed(path))
        here = next(path[last], None)
        if here is None:
            done.add(last)
            del path[last]
        elif here in path:
            objects = list(path)
            return [*objects[objects.index(here) :], here]
    return []
