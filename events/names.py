"""Names: their grammar, and how they become keys, subjects and NATS tokens. Frozen: stored facts hold them.

entity key   object/Flight/2013:1:1:UA       the CloudEvents `subject`; also the key of heads and versions
NATS subject oms.evt.main.prod.flights.main.object.Flight.2013:1:1:UA
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NewType

from events.wire.attributes import FORBIDDEN

Key = NewType("Key", str)
"""`<aggregate>/<id>`, e.g. `object/Flight/UA-1545`, `objectType/ri.oms.object-type.…`; also reserved keys (`unique/…`)."""

Rid = NewType("Rid", str)
"""`ri.oms.<kind>.<uuid7>`; never changes, never reused."""

ONTOLOGY: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")
BRANCH: Final = re.compile(r"(dev|stg|prod|[a-z][a-z0-9]{1,15})/[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,62}")
TYPE_NAME: Final = re.compile(r"[^\W\d_][^\W_]{0,99}")  # letters of any script, then letters and digits
TAG: Final = re.compile(r"[^\W_][\w.-]{0,99}")  # letters of any script and digits, then also . _ and -
FIELD_NAME: Final = re.compile(r"[^\W\d_]\w{0,99}")
ONTOLOGY_SCOPE: Final = ""  # the branch column of keys that belong to no branch
ONTOLOGY_KEYS: Final = (
    "branch/",
    "slug/",
    "tag/",
    "proposal/",
    "proposals/",
    "dataKey/",
    "section/",
    "migration/",
    "migrations/",
    "subscription/",
    "subscriptions/",
    "schedule/",
    "calendar/",
)  # how they begin
MAX_TOKEN: Final = 200  # bytes of UTF-8
MAX_KEY: Final = 1024  # characters of one object key

_ESCAPED_IN_TOKEN: Final = re.compile(r"[.*>%\s\x00-\x1f\x7f-\x9f]")
_ESCAPED_IN_KEY: Final = re.compile("[%:~/" + FORBIDDEN.pattern[1:])
_ESCAPED_IN_ASCII_KEY: Final = re.compile(r"[%:~/\x00-\x1f\x7f]")  # the same, fast
_PERCENT: Final = re.compile(r"(?:%[0-9A-F]{2})+")


def branch_parts(branch: str) -> tuple[str, str, str]:
    """`(env, service, purpose)`. The name must match `BRANCH`."""
    env, service, purpose = branch.split("/")
    return env, service, purpose


def column_of(branch: str, key: str) -> str:
    """Under which branch an entity of an event on `branch` stands: its own, or none."""
    return ONTOLOGY_SCOPE if key.startswith(ONTOLOGY_KEYS) else branch


def token(text: str) -> str:
    """One NATS subject token: `.`, `*`, `>`, `%`, blanks and control characters percent-encoded, the rest readable UTF-8.

    Longer than 200 bytes: `sha256-<hex>` of the text (the key itself is in the event's body). Empty text: `%`.
    """
    if text.isalnum() and len(text) <= MAX_TOKEN // 4:
        return text
    escaped = _ESCAPED_IN_TOKEN.sub(_percent, text) or "%"
    if len(escaped) > MAX_TOKEN // 4 and len(escaped.encode()) > MAX_TOKEN:
        return "sha256-" + hashlib.sha256(text.encode()).hexdigest()
    return escaped


def untoken(escaped: str) -> str:
    """The text of a token that is not a digest."""
    return "" if escaped == "%" else _PERCENT.sub(_unpercent, escaped)


def composed_key(components: Iterable[str]) -> str:
    """Primary key of one or more components, joined by `:`; `%`, `:`, `~`, `/` and what no CloudEvents attribute may hold, percent-encoded."""
    return ":".join([part if part.isalnum() else _escaped_in_key(part) for part in components])


def _escaped_in_key(part: str) -> str:
    return (_ESCAPED_IN_ASCII_KEY if part.isascii() else _ESCAPED_IN_KEY).sub(_percent, part)


def key_components(key: str) -> list[str]:
    """The inverse of `composed_key`."""
    return [_PERCENT.sub(_unpercent, part) for part in key.split(":")]


def object_key(slug: str, key: str) -> Key:
    """`slug` is the type's (its first API name), `key` an encoded primary key."""
    return Key(f"object/{slug}/{key}")


def link_key(slug: str, from_key: str, to_key: str) -> Key:
    """`from_key` and `to_key` are encoded primary keys of the two ends."""
    return Key(f"link/{slug}/{from_key}~{to_key}")


def event_subject(ontology: str, branch: str, aggregate: str, slug: str, identity: str) -> str:
    """`oms.evt.<o>.<env>.<service>.<purpose>.<aggregate>.<class>.<id>`; `slug` is `-` where the aggregate has none."""
    return _event_prefix(ontology, branch, aggregate, slug) + token(identity)


@lru_cache(4096)
def _event_prefix(ontology: str, branch: str, aggregate: str, slug: str) -> str:
    env, service, purpose = branch_parts(branch)
    return f"oms.evt.{ontology}.{env}.{service}.{purpose}.{aggregate}.{token(slug)}."


def command_subject(ontology: str, principal: str, branch: str, command: str, *, queued: bool = False) -> str:
    """`oms.cmd.<o>.<principal>.<env>.<service>.<purpose>.<command>`, or `oms.queue.…`."""
    door = "queue" if queued else "cmd"
    return f"oms.{door}.{ontology}.{token(principal)}.{'.'.join(branch_parts(branch))}.{command}"


def outcome_subject(ontology: str, principal: str, command_id: str) -> str:
    """Where the outcome of a queued command is published."""
    return f"oms.outcome.{ontology}.{token(principal)}.{token(command_id)}"


def dead_subject(consumer: str, subject: str) -> str:
    """Where it is told that a consumer parked an event: `oms.dead.<o>.<consumer>`, then as the event's own subject goes on."""
    _, _, ontology, rest = subject.split(".", 3)
    return f"oms.dead.{ontology}.{consumer}.{rest}"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def _unpercent(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("%", "")).decode()
