"""Random but valid histories on several branches, and what they come to: a model that copies everything."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.projectors.story import MAIN, Story, created, deleted, restored, updated

KEYS = ("a", "b", "c")
BRANCHES = (MAIN, "dev/main/one", "dev/main/two", "dev/two/three")
State = Any  # properties, "deleted" or absent

wishes = st.lists(
    st.tuples(
        st.sampled_from(BRANCHES),
        st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from("cudrb"), st.integers(0, 9)), min_size=1, max_size=4),
        st.integers(0, 30),
    ),
    max_size=25,
)
"""[(branch, [(key, create | update | delete | restore | move the branch first, number)], how far back a base lies)]"""


@dataclass
class History:
    """`seen[branch][position]` = what each key is there, for every position the branch has been read at."""

    story: Story = field(default_factory=Story)
    seen: dict[str, dict[int, dict[str, State]]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seen[MAIN] = {0: {}, 1: {}}

    def at(self, branch: str, position: int) -> dict[str, State]:
        known = self.seen[branch]
        return known[max(p for p in known if p <= position)]

    def tell(self, branch: str, facts: list[tuple[str, str, int]], back: int) -> None:
        if branch not in self.seen:
            self.fork(branch, back)
            return
        base = self.base(self.parents[branch], back) if branch != MAIN and any(f[1] == "b" for f in facts) else 0
        now = dict(self.at(self.parents[branch], base) if base else self.at(branch, self.story.position))
        told: list[Any] = []
        steps = [now] if base else []
        for key, wish, number in facts:
            fact, state = _next(now.get(key), key, wish, number)
            if fact:
                told.append(fact)
                now = {**now, key: state}
                steps.append(now)
        if steps:
            start = self.story.position
            if base:
                self.story.rebased(branch, self.parents[branch], base, *told)
            else:
                self.story.commit(*told, branch=branch)
            self.seen[branch].update({start + 1 + n: step for n, step in enumerate(steps)})

    def fork(self, branch: str, back: int) -> None:
        parent = list(self.seen)[back % len(self.seen)]
        base = self.base(parent, back)
        self.parents[branch] = parent
        inherited = {p: state for p, state in self.seen[parent].items() if p <= base}
        self.story.branch_created(branch, parent, base)
        self.seen[branch] = inherited | {self.story.position: self.at(parent, base)}

    def base(self, parent: str, back: int) -> int:
        born = min(p for p in self.seen[parent] if p) if parent != MAIN else 1
        return max(born, self.story.position - back)


def _next(state: State, key: str, wish: str, number: int) -> tuple[Any, State]:
    match wish, state:
        case "c", None | ("deleted", _):
            return created(key, n=number), {"n": number}
        case "u", dict():
            return updated(key, n=number, **{f"m{number}": None}), {**state, "n": number, f"m{number}": None}
        case "d", dict():
            return deleted(key), ("deleted", state)
        case "r", ("deleted", before):
            return restored(key), before
    return None, state


def told(wished: list[Any]) -> History:
    history = History()
    for branch, facts, back in wished:
        history.tell(branch, facts, back)
    return history
