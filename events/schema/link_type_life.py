"""The life of a link type: its names, what people read about it, how far it can be relied on, and its end."""

from collections.abc import Iterator

from events.decider import Context, Payload, State
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import links_key, name_key, number, uses_key
from events.schema import link_type_words as words
from events.schema.deprecating import deprecation
from events.schema.element import listed_names
from events.schema.kinds import kind_of_slug, kind_reads, name_taken, slug_reads, type_name
from events.schema.link_type_creation import inverse_faults
from events.schema.tables import table_faults, table_reads
from events.schema.uses import users

Life = (
    words.RenameLinkType
    | words.SetLinkTypeInverse
    | words.UpdateLinkTypeMetadata
    | words.SetLinkTypeStatus
    | words.DeprecateLinkType
    | words.DeleteLinkType
    | words.RestoreLinkType
)


def life_reads(context: Context, state: State, command: Payload) -> Iterator[Key]:
    """The keys that `lived` asks for, and those that its events change."""
    match command:
        case words.RenameLinkType():
            yield name_key("linkType", command.name)
            yield name_key("linkType", state["name"])
            yield from table_reads()
        case words.UpdateLinkTypeMetadata() if "table" in command.model_fields_set:
            yield from table_reads()
        case words.SetLinkTypeInverse():
            yield from (name_key("linkType", name) for name in (command.inverse, state["inverse"]) if name)
        case words.DeprecateLinkType() if command.replaced_by is not None:
            yield from kind_reads(context, "linkType", command.replaced_by)
        case words.DeleteLinkType():
            yield links_key(state["slug"])
            yield uses_key(Key(f"linkType/{state['rid']}"))
            yield from (name_key("linkType", name) for name in _names(state))
        case words.RestoreLinkType():
            yield from (name_key("linkType", name) for name in _names(state))
            yield from slug_reads(context, "objectType", state["from"])
            yield from slug_reads(context, "objectType", state["to"])
            yield from table_reads()


def lived(context: Context, state: State, command: Life) -> list[Payload]:
    match command:
        case words.RenameLinkType():
            events = _rename(context, state, command.name)
        case words.SetLinkTypeInverse():
            events = _invert(context, state, command.inverse)
        case words.UpdateLinkTypeMetadata():
            events = _describe(context, state, command)
        case words.SetLinkTypeStatus():
            events = _rely(state, command.status)
        case words.DeprecateLinkType():
            events = _deprecate(context, state, command)
        case words.DeleteLinkType():
            events = _delete(context, state)
        case words.RestoreLinkType():
            events = _restore(context, state)
    return events


def _rename(context: Context, state: State, name: str) -> list[Payload]:
    if name == state["name"]:
        return []
    findings = [*type_name(name, "/name"), *name_taken(context, "linkType", name, "/name", state["rid"])]
    if name == state["inverse"]:
        text = f"{name} is what {state['name']} is called from its other end; choose another name"
        findings.append(Finding("TYPE_NAME_TAKEN", "/name", text))
    findings += table_faults(context, "linkType", state, {**state, "name": name}, "/name")
    if findings:
        raise Refused(findings)
    return [words.LinkTypeRenamed(rid=state["rid"], slug=state["slug"], name=name, was=state["name"])]


def _invert(context: Context, state: State, inverse: str | None) -> list[Payload]:
    was = state["inverse"]
    if inverse == was:
        return []
    findings = list(inverse_faults(context, state["name"], inverse, state["rid"]))
    if findings:
        raise Refused(findings)
    return [words.LinkTypeInverseSet(rid=state["rid"], slug=state["slug"], inverse=inverse, was=was)]


def _describe(context: Context, state: State, command: words.UpdateLinkTypeMetadata) -> list[Payload]:
    members = ("title", "description", "table")
    known = {name: state.get(name) for name in members}
    asked = {name: getattr(command, name) for name in members if name in command.model_fields_set}
    if known == {**known, **asked}:
        return []
    findings = list(table_faults(context, "linkType", state, {**state, **asked}))
    if findings:
        raise Refused(findings)
    return [words.LinkTypeMetadataUpdated(rid=state["rid"], slug=state["slug"], **{**known, **asked})]


def _rely(state: State, status: words.Status) -> list[Payload]:
    was = state.get("status", "active")
    if status == was:
        return []
    return [words.LinkTypeStatusSet(rid=state["rid"], slug=state["slug"], status=status, was=was)]


def _deprecate(context: Context, state: State, command: words.DeprecateLinkType) -> list[Payload]:
    replacement, until = deprecation(context, "linkType", state, command.replaced_by, command.until)
    if (state.get("status"), state.get("replacedBy"), state.get("until")) == ("deprecated", replacement, until):
        return []
    return [words.LinkTypeDeprecated(rid=state["rid"], slug=state["slug"], replaced_by=replacement, until=until)]


def _delete(context: Context, state: State) -> list[Payload]:
    if state.get("deleted"):
        return []
    findings: list[Finding] = []
    standing = number(context.get(links_key(state["slug"])))
    if standing:
        text = f"{standing:,} links of {state['name']} stand on {context.branch}; delete them first"
        findings.append(Finding("TYPE_IN_USE", "/type", text))
    by = users(context.get(uses_key(Key(f"linkType/{state['rid']}"))))
    if by:
        text = f"{state['name']} is used by {listed_names(context, by)}; change or delete these first"
        findings.append(Finding("TYPE_IN_USE", "/type", text))
    if findings:
        raise Refused(findings)
    return [words.LinkTypeDeleted(rid=state["rid"], slug=state["slug"])]


def _restore(context: Context, state: State) -> list[Payload]:
    if not state.get("deleted"):
        return []
    findings: list[Finding] = []
    for name in _names(state):
        findings += name_taken(context, "linkType", name, "/type", state["rid"])
    findings += table_faults(context, "linkType", state, state, "/type")
    for end in ("from", "to"):
        type_ = kind_of_slug(context, "objectType", state[end])
        if type_ is None or type_.get("deleted"):
            text = f"{state['name']} goes {end} {state[end]}, which is deleted on {context.branch}; restore that first"
            findings.append(Finding("TYPE_DELETED", "/type", text))
    if findings:
        raise Refused(findings)
    return [words.LinkTypeRestored(rid=state["rid"], slug=state["slug"])]


def _names(state: State) -> list[str]:
    return [name for name in (state["name"], state["inverse"]) if name]
