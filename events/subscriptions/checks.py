"""Everything that can be wrong with what a subscription says, but for the names of types: found all at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from events.branches.branch_rules import branch_key, not_there
from events.decider import Context
from events.filters import dialects
from events.findings import Finding
from events.meant import nearest
from events.schema.values import pointer
from events.subscriptions.credentials import credential_faults
from events.subscriptions.places import FORMS
from events.subscriptions.selecting import ALL, is_branches, of_types
from events.subscriptions.shaping import shape_faults
from events.subscriptions.sinks import MAX_HEADERS, MEDIA_TYPE, header_faults, sink_fault
from events.subscriptions.terms import Protocol


def faults(context: Context, said: Mapping[str, Any]) -> Iterator[Finding]:
    """`said` are terms by the names of their JSON, whose shapes are right. Raises `Unread`."""
    protocol = said["protocol"]
    if why := sink_fault(protocol, said["sink"]):
        yield Finding("SUBSCRIPTION_SINK", "/sink", f"{said['sink'][:200]!r} {why}")
    for member in ("types", "branches", "objectTypes"):
        if said.get(member) == []:
            yield Finding("SUBSCRIPTION_NOTHING", f"/{member}", "an empty list selects nothing; leave it out for all")
    yield from type_faults(said.get("types") or (), "/types")
    yield from _branches(context, said.get("branches") or ())
    yield from dialects.faults(said.get("filters") or [], "/filters")
    settings = said.get("protocolsettings")
    if settings is not None and protocol != "HTTP":
        yield Finding(
            "SUBSCRIPTION_PROTOCOL", "/protocolsettings", f"headers and methods are of HTTP, not of {protocol}"
        )
    elif settings is not None:
        yield from _http_faults(settings, said["config"]["mode"])
    yield from credential_faults(said)
    yield from _config_faults(protocol, said["config"])


def _config_faults(protocol: Protocol, config: Mapping[str, Any]) -> Iterator[Finding]:
    if config["mode"] == "binary" and (protocol == "MAIL" or (protocol in FORMS and not FORMS[protocol].binary)):
        text = f"{protocol} has no place for an event's attributes; take structured"
        yield Finding("SUBSCRIPTION_PROTOCOL", "/config/mode", text)
    if protocol != "HTTP" and config["mode"] == "batch":
        text = f"{protocol} knows no batches; take structured"
        yield Finding("SUBSCRIPTION_PROTOCOL", "/config/mode", text)
    if protocol != "HTTP" and config.get("handshake"):
        yield Finding("SUBSCRIPTION_PROTOCOL", "/config/handshake", f"nobody at {protocol} can be asked for consent")
    if config.get("batch") and config["mode"] != "batch":
        yield Finding("SUBSCRIPTION_PROTOCOL", "/config/batch", "limits of a batch are of mode batch")
    if deliver_at := config.get("deliverat"):
        yield from shape_faults(deliver_at, "/config/deliverat")
        if config["ordered"] or config["mode"] == "batch":
            text = "each event has a time of its own, so there is neither an order nor a batch; take delay"
            yield Finding("SUBSCRIPTION_PROTOCOL", "/config/deliverat", text)
    yield from _retry_faults(config)
    if transform := config.get("transform"):
        yield from shape_faults(transform["expression"], "/config/transform/expression")


def _retry_faults(config: Mapping[str, Any]) -> Iterator[Finding]:
    retries = config.get("retries") or []
    if retries and config["mode"] == "batch":
        text = "a batch comes again as it was sent, whatever types are in it; take schedule, or another mode"
        yield Finding("SUBSCRIPTION_PROTOCOL", "/config/retries", text)
    named: set[str] = set()
    for index, each in enumerate(retries):
        at = f"/config/retries/{index}/types"
        yield from type_faults(each["types"], at)
        for place, kind in enumerate(each["types"]):
            if of_types(sorted(named), kind):
                text = f"{kind[:200]!r} stands above already, and the first counts; put the narrower one first"
                yield Finding("SUBSCRIPTION_TYPE", f"{at}/{place}", text)
        named.update(each["types"])


def _http_faults(settings: Mapping[str, Any], mode: str) -> Iterator[Finding]:
    at, headers, made = "/protocolsettings", settings.get("headers") or {}, settings.get("eventheaders") or {}
    yield from header_faults(headers, f"{at}/headers")
    yield from header_faults(dict.fromkeys(made, ""), f"{at}/eventheaders", beside=headers)
    for name, expression in list(made.items())[:MAX_HEADERS]:
        yield from shape_faults(expression, f"{at}/eventheaders{pointer(name)}")
    if made and mode == "batch":
        yield Finding("SUBSCRIPTION_PROTOCOL", f"{at}/eventheaders", "a batch holds several events; take another mode")
    said = settings.get("contenttype")
    if said is not None and not MEDIA_TYPE.fullmatch(said):
        text = f"{said!r} is no media type such as application/json or application/vnd.team+json; charset=utf-8"
        yield Finding("SUBSCRIPTION_HEADER", f"{at}/contenttype", text)


def type_faults(types: Sequence[str], path: str) -> Iterator[Finding]:
    """Types of events that there are not; `path` is where they stand."""
    from events.catalog import EVENTS  # which holds this aggregate, too

    aggregates = {name.rsplit(".", 2)[0] for name in EVENTS}
    for index, each in enumerate(types):
        if each.endswith(ALL):
            known = each.removesuffix(ALL) in aggregates
            meant = nearest(each, [f"{aggregate}{ALL}" for aggregate in aggregates])
        else:
            known, meant = each in EVENTS, nearest(each, EVENTS)
        if not known:
            yield Finding(
                "SUBSCRIPTION_TYPE", f"{path}/{index}", f"there are no events of type {each[:200]!r}; {meant}"
            )


def _branches(context: Context, branches: Sequence[str]) -> Iterator[Finding]:
    for index, each in enumerate(branches):
        at = f"/branches/{index}"
        if not is_branches(each):
            text = f"{each[:200]!r} is no branch: <env>/<service>/<purpose>, or * for a whole part: prod/*/main"
            yield Finding("SUBSCRIPTION_BRANCH", at, text)
        elif "*" not in each:
            state = context.get(branch_key(each))
            if state is None or state["deleted"]:
                yield not_there(context, each, at)
