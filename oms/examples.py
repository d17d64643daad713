"""An example of an event that a subscription wants, made from the type's schema; it is marked as a test."""

import json
from collections.abc import Mapping
from typing import Any, Final

from adapters import system_clock as clock
from events.catalog import EVENTS
from events.decider import State
from events.meant import nearest
from events.subscriptions.selecting import of_types
from events.wire.instants import to_text
from oms.settings import Settings
from schemas.example import event_example

TYPE: Final = "io.oms.object.created.v1"  # where a subscription names none


class NoSuchType(Exception):
    """No type of events; `meant` says which may have been."""

    def __init__(self, asked: str) -> None:
        self.meant = nearest(asked, EVENTS)
        super().__init__(f"there are no events of type {asked[:200]!r}")


def example(settings: Settings, state: State, type_: str | None) -> dict[str, Any]:
    """Of that type, or of one that the subscription selects; its id is empty. Raises `NoSuchType`."""
    asked = type_ or next((each for each in (TYPE, *sorted(EVENTS)) if of_types(state.get("types"), each)), TYPE)
    if asked not in EVENTS:
        raise NoSuchType(asked)
    data = event_example(asked)
    classes = [each["slug"] for each in state.get("objectTypes") or ()]
    if classes and "slug" in data:
        data["slug"] = classes[0]
    aggregate = asked.split(".")[2]
    env, service, _ = settings.branch.split("/")
    return {
        "specversion": "1.0", "id": "", "source": f"/oms/{settings.ontology}/{env}/{service}", "type": asked,
        "subject": f"{aggregate}/{'/'.join([*classes[:1], 'example'])}", "time": to_text(clock.now()),
        "datacontenttype": "application/json", "dataschema": f"urn:oms:schema:{asked}", "sequence": "0" * 20,
        "branch": settings.branch, "commitid": "0" * 64, "commitindex": 0, "commitsize": 1, "author": settings.author,
        "causationid": "example", "prevhash": "0" * 64, "data": data,
    }  # fmt: skip


def marked(event: Mapping[str, Any]) -> tuple[str, bytes]:
    """An id that says that it is a test, and the event with it."""
    identity = f"test-{clock.new_id()}"
    return identity, json.dumps({**event, "id": identity}, ensure_ascii=False, separators=(",", ":")).encode()
