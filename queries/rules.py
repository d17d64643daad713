"""The rules of a branch, and which objects that are there would not pass one: a rule is asked of changes alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from events.decider import Context, Head, State
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import Key
from events.reserved import RULES
from events.rules.judging import Touched, judged
from events.rules.rule_terms import ANY
from events.schema.shape import shape_in
from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import readable

SAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Rule:
    state: State

    def json(self) -> dict[str, Any]:
        shown = {name: self.state[name] for name in ("rid", "name", "on", "changes", "severity", "expression")}
        shown |= {name: self.state[name] for name in ("title", "description", "message") if name in self.state}
        return shown | {"enabled": not self.state.get("disabled")}


class Checked(NamedTuple):
    """How many objects a rule was asked of, how many do not pass it, and what is said of the first of these."""

    asked: int
    failed: int
    samples: list[str]


def rules(cut: Cut) -> list[Rule]:
    """Those that are there, by name."""
    alive = (Rule(version.state) for version in cut.alive("rule/"))
    return sorted(alive, key=lambda rule: str(rule.state["name"]))


def rule(cut: Cut, named: str) -> Rule:
    """By API name, slug or RID; the name wins. Raises `Refused` (TYPE_UNKNOWN)."""
    there = rules(cut)
    for member in ("name", "slug", "rid"):
        found = next((each for each in there if each.state[member] == named), None)
        if found is not None:
            return found
    meant = nearest(named, (each.state["name"] for each in there), "`oms rule list` shows those that there are")
    raise Refused([Finding("TYPE_UNKNOWN", "/rule", f"there is no rule {named[:200]!r} on {cut.branch}; {meant}")])


def checked(cut: Cut, asked: Rule, author: str, time: int) -> Checked:
    """Every object, as if it were changed now into what it is; or created, by a rule that is not asked of changes."""
    context = Context(cut.branch, author, time, str, _Heads(cut, asked.state), cut.position)
    update = "update" in asked.state["changes"]
    number = failed = 0
    samples: list[str] = []
    for version in _objects(cut, context, asked.state["on"]):
        if not version.state["deleted"]:
            state = readable(cut.versions, version, None)
            number += 1
            for one in judged(context, [Touched(version.entity, state if update else None, state, "")]):
                failed += 1
                samples += [one.finding.text] if failed <= SAMPLES else []
    return Checked(number, failed, samples)


def _objects(cut: Cut, context: Context, on: str) -> Iterator[Version]:
    if on == ANY:
        yield from cut.valid("object/")
        return
    for kind in list(cut.valid("objectType/")):
        if on in shape_in(context.get, kind.state).slugs:
            yield from cut.valid(f"object/{kind.state['slug']}/")


class _Heads:
    """A cut as a decision sees it, in which one rule is in force; states are kept, so that shapes are."""

    def __init__(self, cut: Cut, rule: State) -> None:
        key = Key(f"rule/{rule['rid']}")
        self._cut = cut
        self._known = {key: Head(0, rule), RULES: Head(0, {rule["on"]: [key]})}

    def __getitem__(self, key: Key, /) -> Head:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Head(0, self._cut.state(key))
        return known
