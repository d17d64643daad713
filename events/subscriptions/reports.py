"""What is told about an endpoint by who carries events out to it: that it fails, is well again, or that tries were the last.

They are facts on the log as all others, so whoever asks for their types gets them as reliably as any event. There are
few: a failing has four, its end one, and fourth and last tries, and arrivals behind a fourth, are told once a minute, together.
Three rules keep them from feeding themselves: who asks for all types does not get them, nobody gets those about himself,
and tries of one are not told.
"""

from collections.abc import Mapping
from typing import Any, Final

from events.decider import Payload
from events.subscriptions import subscription_words as told

REPORTED: Final = "reported"
"""What was told last stands there in a state. It is no term, and changes nothing for who carries events out."""

EVENT_OF: Final[Mapping[type[Payload], type[told.ReportEvent]]] = {
    told.ReportSubscriptionFailing: told.SubscriptionFailing,
    told.ReportSubscriptionRecovered: told.SubscriptionRecovered,
    told.ReportSubscriptionExhausted: told.SubscriptionExhausted,
    told.ReportSubscriptionEventsFailing: told.SubscriptionEventsFailing,
    told.ReportSubscriptionEventsRecovered: told.SubscriptionEventsRecovered,
}


def reported(name: str, command: told.Report) -> told.ReportEvent:
    """The event that a command asks for."""
    said = command.model_dump(exclude={"name"})
    return EVENT_OF[type(command)].model_validate({"name": name, **said})


def told_of(event: told.ReportEvent) -> dict[str, Any]:
    """As it stands in a state."""
    return {"as": type(event).__name__.removeprefix("Subscription").lower(), **event.model_dump(exclude={"name"})}
