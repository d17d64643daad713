"""Who decides the commands of which a migration consists: of objects, of links, and of the schema."""

from collections.abc import Mapping
from typing import Final

from events.decider import Decider, Payload, State
from events.objects import link, placing, section
from events.objects import object as object_
from events.schema import (
    link_reserving,
    link_type,
    property_counting,
    property_life,
    property_opening,
    property_removal,
    property_reserving,
    property_rules,
    property_source,
    property_type,
    shared_property,
    struct_type,
    type_filling,
    type_life,
    type_rekeying,
    type_structure,
    value_type,
)

_DECIDERS: Final[tuple[Decider, ...]] = (
    link_reserving,
    property_counting,
    property_opening,
    property_reserving,
    object_,
    link,
    section,
    link_type,
    property_life,
    property_removal,
    property_rules,
    property_source,
    property_type,
    shared_property,
    struct_type,
    type_filling,
    type_life,
    type_rekeying,
    type_structure,
    value_type,
)
_BY_COMMAND: Final[Mapping[type[Payload], Decider]] = {
    **{model: decider for decider in _DECIDERS for model in decider.COMMANDS},
    **dict.fromkeys(placing.INNER, placing),
    **dict.fromkeys(type_rekeying.INNER, type_rekeying),
    **dict.fromkeys(type_filling.INNER, type_filling),
    **dict.fromkeys(property_counting.INNER, property_counting),
    **dict.fromkeys(property_opening.INNER, property_opening),
    **dict.fromkeys(property_reserving.INNER, property_reserving),
    **dict.fromkeys(link_reserving.INNER, link_reserving),
}
_BY_EVENT: Final[Mapping[type[Payload], Decider]] = {
    model: decider for decider in _DECIDERS for model in decider.EVENTS.values()
}


def decided_by(command: Payload) -> Decider:
    return _BY_COMMAND[type(command)]


def evolve(state: State | None, event: Payload) -> State | None:
    """Folds whatever they decide."""
    return _BY_EVENT[type(event)].evolve(state, event)
