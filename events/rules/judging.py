"""Asks the rules in force of the objects that a commit changes: of each as it was before, and as it is behind it.

    created ─► create      changed ─► update      deleted ─► delete      back again ─► restore

A rule that cannot be evaluated is a finding as well: nobody passes a rule by what it cannot judge.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from events.decider import Context, State
from events.findings import Finding
from events.names import Key
from events.objects.personal import opened
from events.reserved import RULES
from events.rules.expression_text import Members
from events.rules.expressions import Budget, NotAnExpression, NotEvaluated, compiled
from events.rules.rule_terms import ANY, OBJECTS, PLACE, VARIABLES
from events.schema.shape import Shape, shape_in
from events.schema.values import Json

MAX_COMMIT_STEPS: Final = 20_000_000  # of all evaluations of a commit; about 2 s
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOWHERE: Final[Mapping[str, Json]] = {}


class Judged(NamedTuple):
    finding: Finding
    refuses: bool


class Touched(NamedTuple):
    """An object that a commit changes; `path` is where the command that does so stands."""

    key: Key
    before: State | None
    after: State | None
    path: str


def judged(context: Context, touched: list[Touched]) -> Iterator[Judged]:
    """What the rules of the branch say of these objects, behind all their changes. Raises `Unread`."""
    in_force = context.get(RULES) or {}
    budget = Budget(MAX_COMMIT_STEPS)
    for one in touched:
        case = _case(context, one)
        if case is None:
            continue
        for key in _rules(in_force, case):
            rule = context.get(key)
            assert rule is not None, f"{key} is in force and not there"
            if case.change in rule["changes"]:
                yield from _asked(context, rule, case, one.path, budget)
            if budget.left < 0:
                yield Judged(_too_much(len(touched), one.path), refuses=True)
                return


class _Case(NamedTuple):
    shape: Shape
    key: str
    change: str
    old: Mapping[str, Json]  # by field
    new: Mapping[str, Json]

    def values(self, context: Context, rule: State, members: Members) -> dict[str, Json]:
        """What an expression uses, by name."""
        said = {
            "change": self.change,
            "author": context.author,
            "branch": context.branch,
            "type": self.shape.name,
            "key": self.key,
            "time": _EPOCH + timedelta(microseconds=context.time),
        }
        objects = {"old": self.old, "new": self.new}
        return {
            name: said[name] if name in said else self._named(rule, objects[name], used)
            for name, used in members.items()
        }

    def hidden(self, rule: State) -> set[str]:
        """What encrypted properties are called: what is said is kept in plain."""
        personal = self.shape.personal
        if personal is None:
            return set()
        called = [*self.shape.names.items(), *((field, name) for name, field in rule["names"].items())]
        return {*personal.closed, *(name for field, name in called if field in personal.closed)}

    def _named(self, rule: State, values: Mapping[str, Json], used: Collection[str] | None) -> dict[str, Json]:
        """By the names that the rule was written with, and by today's where it named none or means all."""
        names: Mapping[str, str] = rule["names"]
        if used is None:
            return {**self.shape.named(values), **self._shown(names, values)}
        return self._shown({name: names.get(name) or self.shape.field(name) for name in used}, values)

    def _shown(self, fields: Mapping[str, str], values: Mapping[str, Json]) -> dict[str, Json]:
        """Values as people see them, by the names of these fields."""
        return {name: self.shape.shown(field, values[field]) for name, field in fields.items() if field in values}


def _case(context: Context, one: Touched) -> _Case | None:
    """`None` where nothing happened to an object that anybody could see."""
    state = one.after or one.before
    old, new = _alive(one.before), _alive(one.after)
    if state is None or (old is None and new is None):
        return None
    if new is None:
        change = "delete"
    elif old is not None:
        change = "update"
    else:
        change = "create" if one.before is None else "restore"
    kind = context.get(Key(f"objectType/{state['type']}"))
    assert kind is not None, f"{one.key} is of a type that is not there"
    shape = shape_in(context.get, kind)
    if shape.personal is not None:
        old, new = (values and opened(context, shape.personal, one.key, values) for values in (old, new))
    return _Case(shape, state["key"], change, old or _NOWHERE, new or _NOWHERE)


def _alive(state: State | None) -> Mapping[str, Any] | None:
    return None if state is None or state["deleted"] else state["properties"]


def _rules(in_force: Mapping[str, list[Key]], case: _Case) -> list[Key]:
    return sorted(key for on, keys in in_force.items() if on == ANY or on in case.shape.slugs for key in keys)


def _asked(context: Context, rule: State, case: _Case, path: str, budget: Budget) -> Iterator[Judged]:
    refuses = rule["severity"] == "reject"
    of = f"the rule {rule['name']} of {case.shape.name} {case.key}"
    try:
        expression = compiled(rule["expression"], VARIABLES)
        value = expression.evaluate(case.values(context, rule, expression.members), budget)
    except (NotEvaluated, NotAnExpression) as failed:
        what = f"{failed.text}; correct" if not case.hidden(rule) else "cannot be evaluated; correct"
        yield Judged(Finding("RULE_FAILED", path, f"{of} {what} the object, or the rule"), refuses)
        return
    if value is not True and value is not False:
        text = f"{of} comes to a {type(value).__name__}, neither true nor false; correct the rule"
        yield Judged(Finding("RULE_FAILED", path, text), refuses)
    elif not value:
        message = _message(rule, case.values(context, rule, dict.fromkeys(VARIABLES)), case.hidden(rule))
        yield Judged(Finding("RULE_VIOLATED", path, f"{of} is violated: {message}"), refuses)


def _message(rule: State, values: Mapping[str, Json], hidden: Collection[str]) -> str:
    """The rule's message with what it takes from the object; its expression where it has none."""
    message = rule.get("message")
    if message is None:
        return f"{rule['expression']} is not true"

    def taken(name: str, member: str | None) -> str:
        if member in hidden:
            return "…"
        value = values[name].get(member, "") if name in OBJECTS else values[name]
        return str(value)[:200]

    return PLACE.sub(lambda place: taken(place[1], place[2]), message)


def _too_much(objects: int, path: str) -> Finding:
    text = f"the rules would take more than {MAX_COMMIT_STEPS:,} steps for the {objects:,} objects of this commit; split it"
    return Finding("RULE_BUDGET", path, text)
