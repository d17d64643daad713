"""Reserved keys by name: what must be unique, is counted, or is asked the other way round. `events.index` derives them.

name/<kind>/<API name>          {"rid", "slug"}    a name in use on the branch; kind = objectType, linkType, interface …
slug/<kind>/<slug>              {"rid"}            a slug, taken for ever in the whole ontology
unique/<slug>/<field>/<value>   {"owner": key}     the object that holds a unique value; slug of the type that declares it
unique/<slug>/~key/<key>        {"owner": key}     the object of a subtype that has this key; slug of the type keyed by it
unique/<slug>/~was/<key>        {"owner": key}     while objects go under another key: one that went there already, by the
                                                   key that it had; slug of the type that declares the key. It stays
                                                   when that is over, and nobody asks for it
uses/<kind>/<RID>               {"by": [key, …], "subtypes": [key, …]}   the elements of the schema that use this one, and
                                                   of these the types that have it as a parent (absent = none)
count/object/<slug>             {"n"}              alive objects of a type
count/link/<slug>               {"n"}              links of a type that stand
degree/<object key>             {"n", "links"}     links and references at an object; of these the links, by slug, if any
end/<slug>/<from|to>/<key>      {"link": key}      the one link that an end may have
referring/<object key>/<slug>/<key>  {}            an object of the type `slug` that refers to that object, while its type is traced
subject/<person>                {"objects"}        keys of the objects about a person; by a token where it is encrypted
incident/<slug>/<from|to>/<key>/<other key>  {"link": key}  a link at that end, if links of the type are followed
proposals/count                 {"n"}              how many proposals there ever were
proposals/open/<branch>         {"numbers": [n]}   the proposals from or to that branch that are not over
migrations/of/<branch>          {"n", "open"}      how many migrations there ever were; numbers by RID of those not over
migrations/of/<branch>/<number> {"rid"}            a migration by its number
migrations/running              {<branch>: RID}    the migration that runs on each branch
crowded/<RID>/<reserved key>    {}                 what more than one had when that migration came by, and none keeps
counted/<as>/<object key>       {"of": [key, …]}   to what its values refer, of a property on its way (`counting`) to be a reference
subscriptions/of/<type's key>   {"by": [key, …]}   the subscriptions that select an object type, on whatever branch
rules/objects                   {<slug>: [key, …]} the rules in force, by the type whose objects they are asked of; `*` = all

A link that an `end` names may be gone, where more than one was allowed in between: it counts while it stands.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from events.decider import State
from events.names import Key
from events.schema.values import component_text

RULES: Final = Key("rules/objects")
MAX_VALUE: Final = 256  # characters of a unique value inside its key; a longer one is its digest

_HMAC: Final = "hmac-"
_canonical: Final = msgspec.json.Encoder().encode
ENDS: Final[Mapping[str, tuple[str, ...]]] = {"1-1": ("from", "to"), "1-n": ("to",), "n-1": ("from",), "n-n": ()}
"""The ends that have one link at most, by cardinality."""


def name_key(kind: str, name: str) -> Key:
    """`kind` is an `events.schema.kinds.Kind`, `name` an API name of the moment."""
    return Key(f"name/{kind}/{name}")


def slug_key(kind: str, slug: str) -> Key:
    return Key(f"slug/{kind}/{slug}")


def uses_key(element: Key) -> Key:
    """`element` is the key of an element of the schema, `<kind>/<RID>`."""
    return Key(f"uses/{element}")


def selecting_key(element: Key) -> Key:
    """`element` is the key of an object type."""
    return Key(f"subscriptions/of/{element}")


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


def was_key(slug: str, key: str) -> Key:
    """For an object that stands under another key already than its values make: `key` is theirs, `slug` as in `shared_key`."""
    return unique_key(slug, "~was", key)


def count_key(slug: str) -> Key:
    return Key(COUNTED_OBJECTS + slug)


def degree_key(entity: Key) -> Key:
    return Key(f"degree/{entity}")


def links_key(slug: str) -> Key:
    return Key(f"count/link/{slug}")


def links_under(slug: str) -> str:
    """Under what all links of a type are, also those that are deleted."""
    return f"link/{slug}/"


def followed(link_type: State) -> bool:
    """Whether links of the type are followed from object to object; once they were they always are."""
    return "acyclic" in link_type or "onDelete" in link_type


def incident_under(slug: str, end: str, key: str) -> str:
    """Under what the links are that an object, by its encoded primary key, has at that end."""
    return f"incident/{slug}/{end}/{key}/"


def incident_keys(slug: str, from_key: str, to_key: str) -> list[Key]:
    return [
        Key(incident_under(slug, "from", from_key) + to_key),
        Key(incident_under(slug, "to", to_key) + from_key),
    ]


def single_ends(cardinality: str) -> tuple[str, ...]:
    """The ends that may have one link only."""
    return ENDS[cardinality]


def end_keys(slug: str, cardinality: str, from_key: str, to_key: str) -> list[Key]:
    """The ends that a link of this cardinality takes for itself. `1-n`: one `from` has many `to`."""
    keys = {"from": from_key, "to": to_key}
    return [Key(f"end/{slug}/{end}/{keys[end]}") for end in ENDS[cardinality]]


def tighter_keys(kind: State, cardinality: str, from_key: str, to_key: str) -> list[Key]:
    """The ends that a link takes for itself under this cardinality, and not under its type's own."""
    own = end_keys(kind["slug"], kind["cardinality"], from_key, to_key)
    return [key for key in end_keys(kind["slug"], cardinality, from_key, to_key) if key not in own]


def referring_under(entity: Key, slug: str) -> str:
    """Under what the objects of a type are, by the slug of that type, that refer to an object."""
    return f"referring/{entity}/{slug}/"


def referring_key(entity: Key, by: Key) -> Key:
    """That the object `by` refers to `entity`."""
    _, slug, key = by.split("/", 2)
    return Key(referring_under(entity, slug) + key)


def subject_key(prefix: str, value: Any) -> Key:
    """`prefix` and the stored value of the property that says whom an object is about."""
    if type(value) is dict:
        return token_key(value["token"])
    return Key(f"subject/{prefix}{component_text(value)}")


def token_key(token: str) -> Key:
    """As `subject_key`, of a person whose name is encrypted."""
    return Key(f"subject/{_HMAC}{token}")


COUNTED_OBJECTS: Final = "count/object/"
PROPOSALS: Final = Key("proposals/count")


RUNNING_MIGRATIONS: Final = Key("migrations/running")


def migrations_key(branch: str) -> Key:
    return Key(f"migrations/of/{branch}")


def migration_number_key(branch: str, number: int) -> Key:
    return Key(f"migrations/of/{branch}/{number}")


def crowded_key(migration: str, reserved: Key) -> Key:
    """`migration` is its RID, `reserved` what a value or an end is reserved by."""
    return Key(f"crowded/{migration}/{reserved}")


def counted_key(name: str, entity: Key) -> Key:
    """`name` as a property on its way to be a reference, or none, says it (`counting`)."""
    return Key(f"counted/{name}/{entity}")


def open_proposals_key(branch: str) -> Key:
    return Key(f"proposals/open/{branch}")


def number(state: State | None) -> int:
    """What a `count/…` or `degree/…` key says."""
    return 0 if state is None else int(state["n"])
