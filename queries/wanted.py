"""A part of a log or of what it makes: some branches with those they came from, objects and links of some types."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from events.findings import Finding, Refused
from events.meant import nearest
from projectors.projector import Feed
from queries.folded import Fact, fact

_TYPED: Final = ("object/", "link/")
_NAMED: Final = ("objectType/", "linkType/")
_MARKS: Final = tuple(f'"subject":"{kind}'.encode() for kind in ("branch/", *_NAMED))


@dataclass(frozen=True, slots=True)
class Wanted:
    """`None`: all. What belongs to no branch or to no type (branches, tags, the schema) is always wanted."""

    branches: frozenset[str] | None = None
    slugs: frozenset[str] | None = None

    def __call__(self, branch: str, entity: str) -> bool:
        if self.branches is not None and branch not in self.branches and not entity.startswith(("branch/", "tag/")):
            return False
        return self.slugs is None or not entity.startswith(_TYPED) or entity.split("/", 2)[1] in self.slugs


EVERYTHING: Final = Wanted()


async def wanted(
    feed: Feed, branches: Sequence[str], types: Sequence[str], told: Callable[[int], None] = lambda _: None
) -> Wanted:
    """`types` are RIDs, API names, the last type that had a name, or slugs; what it is called now does not matter.

    None given = all of them. Raises `Refused` (BRANCH_UNKNOWN, TYPE_UNKNOWN).
    """
    if not branches and not types:
        return EVERYTHING
    parents: defaultdict[str, set[str]] = defaultdict(set)
    slugs: dict[str, str] = {}
    async for chunk in feed.read(0, await feed.last()):
        for _, _, body in chunk:
            if any(mark in body for mark in _MARKS):
                _note(fact(body), parents, slugs)
        told(chunk[-1].position)
    return Wanted(_with_parents(branches, parents) if branches else None, _slugs(types, slugs) if types else None)


def _note(fact: Fact, parents: defaultdict[str, set[str]], slugs: dict[str, str]) -> None:
    if fact.subject.startswith("branch/"):
        above = parents[fact.subject.removeprefix("branch/")]
        if fork := fact.fork:
            above.add(fork.parent)
    elif fact.subject.startswith(_NAMED):
        element = _named.decode(fact.data)
        if element.slug and element.rid:
            slugs[element.rid] = element.slug
            slugs.setdefault(element.slug, element.slug)
            if element.name and element.field is None:
                slugs[element.name] = element.slug


def _with_parents(branches: Sequence[str], parents: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    sought = list(branches)
    while sought:
        branch = sought.pop()
        if branch not in parents:
            raise _refused("BRANCH_UNKNOWN", "/branch", f"there is no branch {branch}; {nearest(branch, parents)}")
        if branch not in found:
            found.add(branch)
            sought += parents[branch]
    return frozenset(found)


def _slugs(types: Sequence[str], slugs: dict[str, str]) -> frozenset[str]:
    for name in types:
        if name not in slugs:
            names = [each for each in slugs if not each.startswith("ri.")]
            raise _refused("TYPE_UNKNOWN", "/type", f"there is no type {name!r}; {nearest(name, names)}")
    return frozenset(slugs[name] for name in types)


def _refused(code: str, path: str, text: str) -> Refused:
    return Refused([Finding(code, path, text)])


class _Element(msgspec.Struct):
    rid: str | None = None
    slug: str | None = None
    name: str | None = None
    field: str | None = None  # where a property is meant, `name` is its own


_named: Final = msgspec.json.Decoder(_Element)
