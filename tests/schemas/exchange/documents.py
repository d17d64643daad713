"""Schemas of any shape, as documents."""

from typing import Any

from hypothesis import strategies as st

from schemas.exchange.document import empty

TYPES = ("Flight", "비행기", "Person")
titles = st.none() | st.sampled_from(["비행", 'A flight: "so" #1', "yes", "1"])


def said(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, [])}


plain = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "date", "timestamp", "json"]).map(lambda t: {"type": t}),
    st.just({"type": "enum", "values": ["on time", "결항", "no"]}),
    st.sampled_from(TYPES).map(lambda t: {"type": "reference", "target": t}),
    st.sampled_from([{"valueType": "Seats"}, {"valueType": "Gate", "version": 1}, {"struct": "Address"}]),
)
flags = st.fixed_dictionaries(
    {},
    optional={
        "required": st.just(True),
        "array": st.just(True),
        "description": st.sampled_from(["이름", "what it is"]),
        "marking": st.sampled_from(["mark", "encrypt"]),
        "default": st.sampled_from([0, False, "", "x", 1.5, [], {"a": [None, 1]}]),
    },
)
typed = st.builds(lambda a, b: {**a, **b}, plain, flags)


def named(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": name, **each} for name, each in zip(("id", "이름", "gate", "on_time"), members, strict=False)]


members = st.lists(typed, max_size=4).map(named)
object_types = st.builds(
    lambda title, props, parent, table, unfoldable: said(
        title=title,
        table=table,
        primaryKey=["id"],
        properties=[{"name": "id", "type": "string"}, *props[1:]],
        parents=parent,
        titleProperty="id",
        deprecated={"replacedBy": "Person"} if table else None,
        unfoldable=unfoldable,
    ),
    titles,
    members.filter(bool),
    st.sampled_from([None, ["Person"]]),
    st.sampled_from([None, "flights"]),
    st.sampled_from([None, True]),
)
link_types = st.builds(
    lambda cardinality, inverse, props: said(
        **{"from": "Flight", "to": "Person"}, cardinality=cardinality, inverse=inverse, properties=props
    ),
    st.sampled_from([None, "1-1", "1-n", "n-1"]),
    st.sampled_from([None, "나른다"]),
    members,
)
VALUE_TYPES = {
    "Seats": {"base": "integer", "versions": [{"min": 1, "max": 900, "unit": "석"}, {"min": 0}]},
    "Gate": {"base": "string", "title": "탑승구", "versions": [{"regex": "[A-Z][0-9]+"}]},
}


def schema(types: list[Any], links: list[Any], fields: list[Any], shared: Any, interface: Any) -> dict[str, Any]:
    document = empty()
    document["valueTypes"] = VALUE_TYPES
    document["structTypes"] = {"Address": {"fields": fields or [{"name": "city", "type": "string"}]}}
    document["sharedProperties"] = {"정원": {"property": shared}}
    document["interfaces"] = {"Named": said(properties=interface, links=[{"name": "at", "target": "Flight"}])}
    document["objectTypes"] = dict(zip(TYPES, types, strict=True))
    document["linkTypes"] = dict(zip(("carries", "flownBy"), links, strict=False))
    return document


schemas = st.builds(
    schema,
    st.lists(object_types, min_size=3, max_size=3),
    st.lists(link_types, max_size=2),
    members,
    typed,
    members,
)
