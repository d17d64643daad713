"""What differs between two objects, two documents, two states."""

from tests.terminusdb.double.store import Commit, shown


def difference(before: dict, after: dict, keep=("@id",)) -> dict:
    """What to do to one object so that it becomes the other."""
    found = {name: before[name] for name in keep if name in before}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if name.startswith("@") or one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            found[name] = difference(one, other, ())
        elif isinstance(one, list) and isinstance(other, list):
            found[name] = _lists(one, other)
        else:
            found[name] = {"@op": "SwapValue", "@before": one, "@after": other}
    return found


def _lists(one: list, other: list):
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    rest, new = one[same:], other[same:]
    if len(rest) == len(new):
        change = [{"@op": "SwapValue", "@before": a, "@after": b} for a, b in zip(rest, new, strict=True)]
    else:
        change = {"@op": "SwapList", "@before": rest, "@after": new, "@rest": {"@op": "KeepList"}}
    return {"@op": "CopyList", "@to": same, "@rest": change} if same else change


def of_document(before, after, identity: str, keep) -> dict:
    if identity not in before.documents:
        return {"@op": "Insert", "@insert": shown(after, identity, unfold=False)}
    if identity not in after.documents:
        return {"@op": "Delete", "@delete": shown(before, identity, unfold=False)}
    return difference(shown(before, identity, unfold=False), shown(after, identity, unfold=False), keep)


def changed(before: Commit, after: Commit) -> list[str]:
    """Documents that differ, in the order in which the history came to them."""
    one, other = list(before.line()), list(after.line())
    own = [
        *reversed([each for each in one if each not in other]),
        *reversed([each for each in other if each not in one]),
    ]
    order = {}
    for each in own:
        old = each.parent.state.documents if each.parent else {}
        new = each.state.documents
        order |= dict.fromkeys(
            sorted(i for i in old.keys() | new.keys() if old.get(i) != new.get(i) and i not in order)
        )
    a, b = before.state.documents, after.state.documents
    return [each for each in order if a.get(each) != b.get(each)]
