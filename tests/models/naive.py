"""What objects, links and branches are, said as simply as can be: dictionaries, and a fork is a copy of all of them."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

ACCEPTED, REJECTED, UNCHANGED = "accepted", "rejected", "unchanged"


@dataclass
class Branch:
    """Objects by key as (properties, deleted), links by their ends as deleted; `tag` is unique among living objects."""

    objects: dict[str, tuple[dict[str, Any], bool]] = field(default_factory=dict)
    links: dict[tuple[str, str], bool] = field(default_factory=dict)

    def copy(self) -> "Branch":
        return deepcopy(self)

    def alive(self, key: str) -> bool:
        return key in self.objects and not self.objects[key][1]

    def taken(self, key: str, properties: dict[str, Any]) -> bool:
        """Whether another living object has this tag."""
        tag = properties.get("tag")
        others = (known for other, (known, deleted) in self.objects.items() if other != key and not deleted)
        return tag is not None and any(known.get("tag") == tag for known in others)

    def put(self, key: str, properties: dict[str, Any], *, deleted: bool = False) -> str:
        if self.objects.get(key) == (properties, deleted):
            return UNCHANGED
        if self.taken(key, properties):
            return REJECTED
        self.objects[key] = properties, deleted
        return ACCEPTED

    def create(self, properties: dict[str, Any]) -> str:
        key = properties["id"]
        if self.alive(key) and self.objects[key][0] != properties:
            return REJECTED
        return self.put(key, properties)

    def upsert(self, properties: dict[str, Any]) -> str:
        known = self.objects.get(properties["id"], ({}, False))[0]
        return self.put(properties["id"], {**known, **properties})

    def update(self, key: str, patch: dict[str, Any]) -> str:
        if not self.alive(key):
            return REJECTED
        merged = {**self.objects[key][0], **patch}
        return self.put(key, {name: value for name, value in merged.items() if value is not None})

    def delete(self, key: str) -> str:
        if self.alive(key) and any(key in ends and not deleted for ends, deleted in self.links.items()):
            return REJECTED
        if key not in self.objects:
            return REJECTED
        known, deleted = self.objects[key]
        self.objects[key] = known, True
        return UNCHANGED if deleted else ACCEPTED

    def restore(self, key: str) -> str:
        return self.put(key, self.objects[key][0]) if key in self.objects else REJECTED

    def link(self, one: str, other: str) -> str:
        if self.links.get((one, other)) is False:
            return UNCHANGED
        if not (self.alive(one) and self.alive(other)):
            return REJECTED
        self.links[one, other] = False
        return ACCEPTED

    def unlink(self, one: str, other: str) -> str:
        if (one, other) not in self.links:
            return REJECTED
        before, self.links[one, other] = self.links[one, other], True
        return UNCHANGED if before else ACCEPTED
