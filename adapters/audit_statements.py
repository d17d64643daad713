"""What is asked of the audit's tables; each database says how it looks for bytes and for names."""

from typing import Any, Protocol

from sqlalchemy import Select, func, or_, select

from adapters.audit_tables import events, incidents, refusals
from queries.audit import Refusals, Search, as_stored


class Looks(Protocol):
    """Conditions of one kind of database."""

    def hold(self, column: Any, found: bytes) -> Any:
        """The bytes in this column contain those."""

    def named(self, column: Any, name: str) -> Any:
        """The text is this one."""

    def under(self, column: Any, prefix: str) -> Any:
        """The text begins like this."""


def entries(search: Search, looks: Looks) -> Select[Any]:
    """Rows of `events`, newest first."""
    found = select(events).order_by(events.c.position.desc()).limit(search.limit)
    if search.actor:
        found = found.where(or_(_by(events.c.author, search.actor), _by(events.c.on_behalf_of, search.actor)))
    if search.resource.endswith("/"):
        found = found.where(looks.under(events.c.entity, search.resource))
    elif search.resource:
        found = found.where(looks.named(events.c.entity, search.resource))
    if search.kind:
        kind = f"io.oms.{search.kind.removeprefix('io.oms.')}"
        found = found.where(or_(events.c.type == kind, events.c.type.startswith(f"{kind}.", autoescape=True)))
    if search.trace:
        found = found.where(events.c.trace.contains(search.trace, autoescape=True))
    if search.command:
        found = found.where(events.c.cause == search.command)
    if search.before is not None:
        found = found.where(events.c.position < search.before)
    return _common(found, events, events.c.body, search, looks)


def refused(search: Refusals, looks: Looks) -> Select[Any]:
    """Rows of `refusals`, newest first."""
    found = select(refusals).order_by(refusals.c.number.desc()).limit(search.limit)
    if search.actor:
        found = found.where(_by(refusals.c.principal, search.actor))
    if search.command:
        found = found.where(refusals.c.command_id == search.command)
    if search.before is not None:
        found = found.where(refusals.c.number < search.before)
    return _common(found, refusals, refusals.c.findings, search, looks)


def unplaced(search: Refusals, looks: Looks) -> Select[Any]:
    """Rows of `incidents`, newest first."""
    found = select(incidents).order_by(incidents.c.time.desc(), incidents.c.id.desc()).limit(search.limit)
    if search.actor:
        found = found.where(_by(incidents.c.principal, search.actor))
    if search.text:
        found = found.where(incidents.c.what.contains(search.text, autoescape=True))
    return _common(found, incidents, None, search._replace(text=""), looks)


def _common(found: Select[Any], table: Any, bytes_: Any, search: Search | Refusals, looks: Looks) -> Select[Any]:
    if search.branch:
        found = found.where(table.c.branch == search.branch)
    if search.since is not None:
        found = found.where(table.c.time >= search.since)
    if search.until is not None:
        found = found.where(table.c.time < search.until)
    return found.where(looks.hold(bytes_, as_stored(search.text))) if search.text else found


def _by(column: Any, actor: str) -> Any:
    """Whole, or what stands before its `@`."""
    if "@" in actor:
        return column == actor
    return or_(column == actor, func.substr(column, 1, len(actor) + 1) == f"{actor}@")
