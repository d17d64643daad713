"""How any element of the schema is deprecated: by what it is replaced, and from when on it may be gone."""

from events.decider import Context, State
from events.findings import Finding, Refused
from events.schema.kinds import Kind, deleted, kind_named, unknown
from events.schema.values import NotAValue, timestamp


def deprecation(
    context: Context, kind: Kind, state: State, replaced_by: str | None, until: str | None
) -> tuple[str | None, str | None]:
    """The slug of what an element is replaced by, and the instant from which it may be gone. Raises `Refused`."""
    findings: list[Finding] = []
    replacement = None
    if replaced_by is not None:
        other = kind_named(context, kind, replaced_by)
        if other is None:
            findings.append(unknown(context, kind, replaced_by, "/replacedBy"))
        elif other["rid"] == state["rid"]:
            findings.append(Finding("TYPE_REPLACED_BY_ITSELF", "/replacedBy", f"{state['name']} cannot replace itself"))
        elif other.get("deleted"):
            findings.append(deleted(kind, other, "/replacedBy"))
        else:
            replacement = other["slug"]
    instant = instant_given(until, "until", findings)
    if findings:
        raise Refused(findings)
    return replacement, instant


def instant_given(given: str | None, name: str, findings: list[Finding]) -> str | None:
    """An instant as it is stored; what is none is a finding."""
    try:
        return None if given is None else timestamp(given)
    except NotAValue as wrong:
        findings.append(Finding(wrong.code, f"/{name}", f"{name} {wrong.text}"))
        return None
