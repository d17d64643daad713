"""What an answer of TerminusDB means, whoever asked."""

from collections.abc import Sequence
from typing import Any

import msgspec

from projectors.graph_store import GraphRefused, GraphUnavailable

VERSION = "TerminusDB-Data-Version"


def refusal(call: str, status: int, text: bytes) -> GraphRefused | GraphUnavailable:
    """What to raise for an answer that is no success."""
    try:
        said = msgspec.json.decode(text)
    except msgspec.DecodeError:
        said = {}
    said = said if isinstance(said, dict) else {}
    error = said.get("api:error") or {}
    kind = str(error.get("@type") or said.get("@type") or "")
    message = str(said.get("api:message") or text[:200].decode(errors="replace"))
    if status >= 500:
        return GraphUnavailable(call, f"{status} {message}")
    if kind == "api:NoContextFoundInSchema":
        return GraphUnavailable(call, "the schema arrived without its end")
    if message == "Schema check failure":
        kind = "api:SchemaCheckFailure"
    witnesses = error.get("api:witnesses") or said.get("system:witnesses") or ()
    return GraphRefused(call, status, kind, message, witnesses)


def count(call: str, sent: Sequence[str], ids: Any) -> None:
    """Raises `GraphUnavailable` if the answer does not name each in its turn, in full or short."""
    named = ids if isinstance(ids, list) else []
    if len(named) != len(sent) or not all(map(_is, named, sent)):
        raise GraphUnavailable(call.partition("?")[0], f"{len(sent):,} documents were sent, {len(named):,} are named")


def _is(full: Any, short: str) -> bool:
    return str(full) == short or str(full).endswith("/" + short)
