"""The rules of a link type's links: how many, between what, whether in circles, and what becomes of them at a deletion.

What loosens a rule holds at once. What tightens it is held against the links that stand, and refused with those that
break it; more than `MOST` links are not looked through in a commit.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from events.decider import MOST, Context, Payload, State, needed, under_key
from events.findings import Finding, Refused
from events.names import Key
from events.objects.link_cycles import circle_among, shown
from events.reserved import end_keys, followed, incident_keys, links_key, links_under, number, single_ends
from events.schema import link_type_words as words
from events.schema.hierarchy import line
from events.schema.kinds import kind_named, kind_of_slug, kind_reads, slug_reads, unknown
from events.schema.link_type_creation import hierarchy_faults, keyless_faults, owner_faults, owner_of

SHOWN = 20  # violators in a sentence

Rule = words.SetCardinality | words.ChangeEndpoints | words.SetOnDelete | words.SetAcyclic


def rule_reads(context: Context, state: State, command: Payload) -> Iterator[Key]:
    """The keys that `ruled` asks for, and those that its events change. Raises `Unread`."""
    match command:
        case words.SetCardinality() | words.SetOnDelete() | words.SetAcyclic():
            if _looks_at_links(state, command):
                yield links_key(state["slug"])
                if number(context.get(links_key(state["slug"]))):
                    yield under_key(links_under(state["slug"]))
                    yield from _touched(context, state, command)
        case words.ChangeEndpoints():
            yield links_key(state["slug"])
            for end, named in (("from", command.from_), ("to", command.to)):
                if named is not None:
                    yield from kind_reads(context, "objectType", named)
                    yield from slug_reads(context, "objectType", state[end])
        case words.AddLinkProperty():
            yield links_key(state["slug"])


def _looks_at_links(state: State, command: Payload) -> bool:
    match command:
        case words.SetCardinality():
            return bool(set(single_ends(command.cardinality)) - set(single_ends(state["cardinality"])))
        case words.SetAcyclic() if command.acyclic and not state.get("acyclic"):
            return True
    return not followed(state)


def _touched(context: Context, state: State, command: Payload) -> Iterator[Key]:
    """The keys that belong to the links that stand and change with the rule. Raises `Unread`."""
    for link in _standing(context, state):
        if isinstance(command, words.SetCardinality):
            yield from end_keys(state["slug"], command.cardinality, link["from"], link["to"])
        elif not followed(state):
            yield from incident_keys(state["slug"], link["from"], link["to"])


def ruled(context: Context, state: State, command: Rule) -> list[Payload]:
    match command:
        case words.SetCardinality():
            return _set_cardinality(context, state, command)
        case words.ChangeEndpoints():
            return _change_endpoints(context, state, command)
        case words.SetOnDelete():
            return _set_on_delete(context, state, command)
        case words.SetAcyclic():
            return _set_acyclic(context, state, command)


def _set_cardinality(context: Context, state: State, command: words.SetCardinality) -> list[Payload]:
    cardinality = command.cardinality
    was = state["cardinality"]
    if cardinality == was:
        return []
    tighter = [end for end in single_ends(cardinality) if end not in single_ends(was)]
    links = _links(context, state, command) if tighter else []
    findings = [finding for end in tighter for finding in _crowded(state, end, links, cardinality)]
    if findings:
        raise Refused(findings)
    return [words.LinkTypeCardinalitySet(rid=state["rid"], slug=state["slug"], cardinality=cardinality, was=was)]


def _change_endpoints(context: Context, state: State, command: words.ChangeEndpoints) -> list[Payload]:
    ends: dict[str, str] = {"from": state["from"], "to": state["to"]}
    findings: list[Finding] = []
    for end, named in (("from", command.from_), ("to", command.to)):
        type_ = None if named is None else kind_named(context, "objectType", named)
        if named is not None and (type_ is None or type_.get("deleted")):
            findings.append(unknown(context, "objectType", named, f"/{end}"))
        elif type_ is not None and type_["slug"] != state[end]:
            ends[end] = type_["slug"]
            findings += keyless_faults(context, type_["slug"], f"/{end}")
            findings += _narrower(context, state, end, type_)
    if state.get("acyclic") and not findings:
        findings += hierarchy_faults(context, ends, "")
    if findings:
        raise Refused(findings)
    was = {end: state[end] for end in ends if ends[end] != state[end]}
    if not was:
        return []
    changed = {"rid": state["rid"], "slug": state["slug"], **ends, "was": was}
    return [words.LinkTypeEndpointsChanged.model_validate(changed, by_alias=True)]


def _narrower(context: Context, state: State, end: str, type_: State) -> Iterator[Finding]:
    """Links that stand may stand between objects of other types than that."""
    standing = number(context.get(links_key(state["slug"])))
    old = kind_of_slug(context, "objectType", state[end])
    if (
        context.planned
        or not standing
        or (old is not None and any(one["rid"] == type_["rid"] for one in line(context.get, old)))
    ):
        return
    text = (
        f"{standing:,} links of {state['name']} stand {end} {state[end]}, which is no {type_['name']}; "
        "delete them first, or plan a migration"
    )
    yield Finding("RULE_BREAKING_UNPLANNED", f"/{end}", text)


def _set_on_delete(context: Context, state: State, command: words.SetOnDelete) -> list[Payload]:
    findings = list(owner_faults(command.on_delete, command.owner))
    if findings:
        raise Refused(findings)
    owner = owner_of(command.on_delete, command.owner, state["cardinality"])
    was = state.get("onDelete", "restrict")
    if (command.on_delete, owner) == (was, state.get("owner")):
        return []
    if not followed(state):
        _links(context, state, command)
    changed = {"rid": state["rid"], "slug": state["slug"], "onDelete": command.on_delete, "owner": owner, "was": was}
    return [words.LinkTypeOnDeleteSet.model_validate(changed, by_alias=True)]


def _set_acyclic(context: Context, state: State, command: words.SetAcyclic) -> list[Payload]:
    acyclic = command.acyclic
    if acyclic == state.get("acyclic", False):
        return []
    if acyclic and (findings := list(hierarchy_faults(context, state, "/acyclic"))):
        raise Refused(findings)
    links = _links(context, state, command) if acyclic else []
    circle = circle_among(links)
    if circle:
        text = f"links of {state['name']} go in a circle: {shown(circle)}; delete one of them first"
        raise Refused([Finding("RULE_BREAKING_UNPLANNED", "/acyclic", text)])
    return [words.LinkTypeAcyclicSet(rid=state["rid"], slug=state["slug"], acyclic=acyclic)]


def _links(context: Context, state: State, command: Payload) -> list[State]:
    """The links that stand, all that their rule touches being known. Raises `Refused` where they are too many, `Unread`."""
    standing = number(context.get(links_key(state["slug"])))
    if not standing:
        return []
    if standing > MOST:
        text = f"{standing:,} links of {state['name']} stand, more than the {MOST:,} that a commit looks through"
        raise Refused([Finding("RULE_BREAKING_UNPLANNED", "/type", f"{text}; plan a migration")])
    needed(context.get, _touched(context, state, command))
    return list(_standing(context, state))


def _standing(context: Context, state: State) -> Iterator[State]:
    for key in context.under(links_under(state["slug"])):
        link = context.get(key)
        if link is not None and not link["deleted"]:
            yield link


def _crowded(state: State, end: str, links: Sequence[State], cardinality: str) -> Iterator[Finding]:
    crowded = sorted(key for key, n in Counter(link[end] for link in links).items() if n > 1)
    if crowded:
        some = ", ".join(crowded[:SHOWN]) + (" …" if len(crowded) > SHOWN else "")
        text = (
            f"{state['name']} cannot be {cardinality}: {len(crowded):,} of {state[end]} have more than one link "
            f"({some}); delete some first, or plan a migration"
        )
        yield Finding("RULE_BREAKING_UNPLANNED", "/cardinality", text)
