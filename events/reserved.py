"""Reserved keys by name: what must be unique, is counted, or is asked the other way round. `events.index` derives them.

name/<kind>/<API name>          {"rid", "slug"}    a name in use on the branch; kind = objectType, linkType, interface …
slug/<kind>/<slug>              {"rid"}            a slug, taken for ever in the whole ontology
unique/<slug>/<field>/<value>   {"owner": key}     the object that holds a unique value; slug of the type that declares it
unique/<slug>/~key/<key>        {"owner": key}     the object of a subtype that has this key; slug of the type keyed by it
uses/<kind>/<RID>               {"by": [key, …], "subtypes": [key, …]}   the elements of the schema that use this one, and
                                                   of these the types that have it as a parent (absent = none)
count/object/<slug>             {"n"}              alive objects of a type
degree/<object key>             {"n"}              alive links and references at an object
end/<slug>/<from|to>/<key>      {"link": key}      the one link that an end may have
subject/<person>                {"objects"}        keys of the objects about a person; by a token where it is encrypted
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from events.decider import State
from events.names import Key
from events.values import component_text

MAX_VALUE: Final = 256  # characters of a unique value inside its key; a longer one is its digest

_HMAC: Final = "hmac-"
_canonical: Final = msgspec.json.Encoder().encode
_ENDS: Final[Mapping[str, tuple[str, ...]]] = {"1-1": ("from", "to"), "1-n": ("to",), "n-1": ("from",), "n-n": ()}


def name_key(kind: str, name: str) -> Key:
    """`kind` is an `events.kinds.Kind`, `name` an API name of the moment."""
    return Key(f"name/{kind}/{name}")


def slug_key(kind: str, slug: str) -> Key:
    return Key(f"slug/{kind}/{slug}")


def uses_key(element: Key) -> Key:
    """`element` is the key of an element of the schema, `<kind>/<RID>`."""
    return Key(f"uses/{element}")


def unique_key(slug: str, field: str, value: Any) -> Key:
    """`value` as it is stored: a scalar, or a closed one with a token."""
    if type(value) is dict:
        return Key(f"unique/{slug}/{field}/{_HMAC}{value['token']}")
    text = _canonical(value).decode()
    if len(text) > MAX_VALUE:
        text = "sha256-" + sha256(text.encode()).hexdigest()
    return Key(f"unique/{slug}/{field}/{text}")


def shared_key(slug: str, key: str) -> Key:
    """For an object of a subtype: its primary key, unique below the type with this slug, which declares that key."""
    return unique_key(slug, "~key", key)


def count_key(slug: str) -> Key:
    return Key(f"count/object/{slug}")


def degree_key(entity: Key) -> Key:
    return Key(f"degree/{entity}")


def end_keys(slug: str, cardinality: str, from_key: str, to_key: str) -> list[Key]:
    """The ends that a link of this cardinality takes for itself. `1-n`: one `from` has many `to`."""
    keys = {"from": from_key, "to": to_key}
    return [Key(f"end/{slug}/{end}/{keys[end]}") for end in _ENDS[cardinality]]


def subject_key(prefix: str, value: Any) -> Key:
    """`prefix` and the stored value of the property that says whom an object is about."""
    if type(value) is dict:
        return token_key(value["token"])
    return Key(f"subject/{prefix}{component_text(value)}")


def token_key(token: str) -> Key:
    """As `subject_key`, of a person whose name is encrypted."""
    return Key(f"subject/{_HMAC}{token}")


def number(state: State | None) -> int:
    """What a `count/…` or `degree/…` key says."""
    return 0 if state is None else int(state["n"])
