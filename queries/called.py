"""RIDs in a text by the API names that people know them by, as they were at a cut. What is not there stays a RID."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from events.decider import Lookup
from events.names import Key
from events.schema.kinds import KINDS
from queries.cuts import Cut

_RID: Final = re.compile(r"ri\.oms\.([a-z-]+)\.[0-9a-f-]{36}")
_TYPES: Final = ("objectType", "linkType")  # these have their own questions


def in_names(state: Lookup, text: str) -> str:
    """`state` is a cut's, or asks several cuts."""
    return _RID.sub(partial(_name, state), text)


def in_rids(cut: Cut, key: str) -> str:
    """`objectType/Airline` as its key, `objectType/ri.oms.…`; what is no name of an element stays as it is."""
    kind, _, name = key.partition("/")
    if kind in KINDS:
        for version in cut.valid(f"{kind}/"):
            if version.state["name"] == name and not version.state.get("deleted"):
                return version.entity
    return key


def _name(lookup: Lookup, rid: re.Match[str]) -> str:
    first, *others = rid[1].split("-")
    state = lookup(Key(f"{first}{''.join(map(str.capitalize, others))}/{rid[0]}"))
    return (
        rid[0] if state is None else str(state.get("name") or state.get("number", rid[0]))
    )  # a migration has a number


def other_elements(cut: Cut, name: str) -> Iterator[str]:
    """What a name is that is no type of objects or links: `Named is an interface`."""
    for kind, words in KINDS.items():
        if kind not in _TYPES:
            for version in cut.valid(f"{kind}/"):
                if name in (version.state["name"], version.state["slug"], version.state["rid"]):
                    yield f"{version.state['name']} is {'an' if words[0] in 'aeio' else 'a'} {words}"
