"""Links that go in circles, found page by page: of the links of each circle the newest goes, or the oldest.

links that were gone through, and those that others wrote meanwhile ─► followed from object to object ─► the next link:
it closes no circle, and is followed from then on; or one of those around it goes
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from events.decider import Context, State, needed
from events.migrations.migration_links import unlinked
from events.migrations.migration_step import Claims, Conversion, Step
from events.migrations.migration_words import Fix
from events.names import Key, link_key
from events.objects.link_cycles import circle_in
from events.reserved import followed, incident_keys, links_key, links_under, number
from events.schema.kinds import kind_named
from events.schema.link_reserving import SetTraced, TraceLinks
from events.schema.link_type_words import SetAcyclic


def straightened(context: Context, command: SetAcyclic, fix: Fix) -> Conversion:
    """Of the links of a circle one goes: the newest where the first stay, the oldest where the last do."""
    kind = kind_named(context, "linkType", command.type)
    assert kind is not None, "its change was decided"
    first = () if followed(kind) else (TraceLinks(type=command.type),)
    there = number(context.get(links_key(kind["slug"])))
    whole = Conversion((links_under(kind["slug"]),), there, unlinked, first=first, last=(SetTraced(type=command.type),))
    return replace(whole, claiming=lambda links, _: _claims(context, kind, links, newest=fix.kind == "first"))


def _claims(context: Context, kind: State, links: Mapping[Key, State], *, newest: bool) -> Claims:
    traced = _Traced(context, kind)
    # what a search reads is asked for by all of them at once, step by step
    needed(lambda one: circle_in(traced.under, kind, one["from"], one["to"]), links.values())
    steps: dict[Key, Step] = {}
    for key, link in links.items():
        while key not in steps and (objects := circle_in(traced.under, kind, link["from"], link["to"])):
            around = [link_key(kind["slug"], *pair) for pair in pairwise(objects)]
            in_order = sorted(around, key=lambda each: context.head(each).position)
            gone = in_order[-1 if newest else 0]
            state = links.get(gone) or context.get(gone)
            assert state is not None, "it is followed"
            steps[gone] = unlinked(state)
            traced.let_go(state)
        if key not in steps:
            traced.follow(link)
    firsts = {key: incident_keys(kind["slug"], link["from"], link["to"])[0] for key, link in links.items()}
    known = needed(context.get, firsts.values())
    return Claims(steps, [key for key, one in zip(firsts, known, strict=True) if one is None and key not in steps])


class _Traced:
    """The links that are followed already, with those of this page, and without those that go."""

    def __init__(self, context: Context, kind: State) -> None:
        self.context, self.slug = context, kind["slug"]
        self._more: defaultdict[str, set[Key]] = defaultdict(set)  # by prefix
        self._gone: set[Key] = set()

    def under(self, prefix: str) -> Sequence[Key]:
        """As `Context.under`."""
        return sorted({*self.context.under(prefix), *self._more[prefix]} - self._gone)

    def follow(self, link: State) -> None:
        for key in incident_keys(self.slug, link["from"], link["to"]):
            self._more[key.rpartition("/")[0] + "/"].add(key)

    def let_go(self, link: State) -> None:
        self._gone.update(incident_keys(self.slug, link["from"], link["to"]))
