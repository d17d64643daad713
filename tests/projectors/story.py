"""Writes logs as the committer does, from a few words a line."""

from typing import Any

import msgspec

from events import catalog
from events.decider import Payload
from events.wire import instants
from events.wire.envelope import Event, encode
from projectors.projector import Fetched
from security.chain import body_hash, commit_id, event_id, genesis

MAIN = "prod/main/main"
START = 1_700_000_000_000_000


evolve = catalog.evolve


def payload_of(event_type: str, data: bytes) -> Payload:
    """As the catalog has it, but for data that says it explodes."""
    if b'"explode"' in data:
        raise catalog.NotAPayload("EVENT_DATA", "it explodes")
    return catalog.payload(event_type, data)


class Story:
    """A log being written. `positions` says where each thing last happened."""

    def __init__(self, ontology: str = "main") -> None:
        self.messages: list[Fetched] = []
        self.hash = genesis(ontology)
        self.time = START
        self.branch_created(MAIN, None, 0)

    @property
    def position(self) -> int:
        return len(self.messages)

    def commit(
        self, *facts: tuple[str, str, dict[str, Any]], branch: str = MAIN, author: str = "ann@desk", **more
    ) -> int:
        """Append facts `(aggregate.change, entity, data)` as one commit; returns its last position."""
        start = self.time = self.time + 1_000
        types = [f"io.oms.{name}.v1" for name, _, _ in facts]
        data = [msgspec.json.encode(content) for *_, content in facts]
        digest = commit_id(
            [], author, instants.to_text(start), "",
            [(kind, entity, body_hash(raw)) for kind, (_, entity, _), raw in zip(types, facts, data, strict=True)],
        )  # fmt: skip
        for index, (kind, (_, entity, _), raw) in enumerate(zip(types, facts, data, strict=True)):
            self.time = start + index
            event = Event(
                specversion="1.0", id=event_id(self.time, self.hash), source="/oms/main/prod/main", type=kind,
                subject=entity, time=instants.to_text(self.time), datacontenttype="application/json",
                dataschema=f"urn:oms:schema:{kind}", sequence=f"{self.position + 1:020d}", branch=branch,
                commitid=digest, commitindex=index, commitsize=len(facts), author=author,
                causationid=f"command-{self.position}", prevhash=self.hash, data=msgspec.Raw(raw), **more,
            )  # fmt: skip
            body = encode(event)
            self.hash = body_hash(body)
            self.messages.append(Fetched(self.position + 1, f"oms.evt.main.{branch.replace('/', '.')}.x", body))
        return self.position

    def branch_created(self, name: str, parent: str | None = MAIN, base: int | None = None) -> int:
        data = {"name": name, "parent": parent, "base": self.position if base is None else base, "default": not parent}
        return self.commit(("branch.created", f"branch/{name}", data), branch=parent or name)

    def rebased(self, name: str, parent: str, base: int, *again: tuple[str, str, dict[str, Any]]) -> int:
        """Moves the base; `again` is what the branch writes on top of it in the same commit."""
        data = {"name": name, "parent": parent, "base": base, "was": 1, "floor": self.position}
        return self.commit(("branch.rebased", f"branch/{name}", data), *again, branch=name)

    def created(self, key: str, branch: str = MAIN, **properties: Any) -> int:
        return self.commit(created(key, **properties), branch=branch)

    def updated(self, key: str, branch: str = MAIN, **properties: Any) -> int:
        return self.commit(updated(key, **properties), branch=branch)

    def deleted(self, key: str, branch: str = MAIN) -> int:
        return self.commit(deleted(key), branch=branch)

    def restored(self, key: str, branch: str = MAIN) -> int:
        return self.commit(restored(key), branch=branch)

    def type_created(self, slug: str, branch: str = MAIN, **more: Any) -> int:
        data = {"rid": f"ri.oms.object-type.{slug}", "slug": slug, "name": slug, "primaryKey": ["id"], "properties": []}
        return self.commit(("objectType.created", f"objectType/{data['rid']}", data | more), branch=branch)


def created(key: str, **properties: Any) -> tuple[str, str, dict[str, Any]]:
    return "object.created", f"object/Thing/{key}", _thing(key) | {"properties": properties}


def updated(key: str, **properties: Any) -> tuple[str, str, dict[str, Any]]:
    explode = {"explode": properties.pop("explode")} if "explode" in properties else {}
    return "object.updated", f"object/Thing/{key}", _thing(key) | {"set": properties, "unset": [], "was": {}} | explode


def deleted(key: str) -> tuple[str, str, dict[str, Any]]:
    return "object.deleted", f"object/Thing/{key}", _thing(key)


def restored(key: str) -> tuple[str, str, dict[str, Any]]:
    return "object.restored", f"object/Thing/{key}", _thing(key)


def _thing(key: str) -> dict[str, Any]:
    return {"type": "ri.oms.object-type.Thing", "slug": "Thing", "key": key}
