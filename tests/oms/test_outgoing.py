"""What goes over HTTP for an event: its own headers beside those that are always the same, and what the receiver insists on."""

from events.subscriptions.letters import Letter
from events.wire.envelope import encode
from oms.outgoing import requested
from tests.events.samples import EVENT

CONFIG = {"mode": "structured", "timeout": 5}
STATE = {"id": "ri.oms.subscription.1", "name": "gates", "sink": "https://example.com/", "protocol": "HTTP", "config": CONFIG}  # fmt: skip
LETTER = Letter(7, EVENT.id, encode(EVENT))


def test_headers_of_an_event_method_and_content_type_are_as_the_subscription_says():
    said = {"method": "PATCH", "contenttype": "application/json", "headers": {"X-Team": "gates"}}
    said["eventheaders"] = {"X-Key": "data.key", "X-None": "data.nowhere"}
    request = requested({**STATE, "protocolsettings": said}, LETTER, [], 1)
    assert (request.method, request.body) == ("PATCH", LETTER.body)
    assert request.headers == {"X-Team": "gates", "X-Key": "2013:1:1:UA", "Content-Type": "application/json"}
    mail = {**STATE, "protocol": "MAIL", "sink": "mailto:ops@example.com"}
    tries = [requested(mail, LETTER._replace(attempt=attempt), [], attempt).headers["message-id"] for attempt in (1, 2)]
    assert tries[0] == tries[1]
    plain = requested(STATE, LETTER, [], 1)
    assert (plain.method, plain.headers["Content-Type"].partition(";")[0]) == ("POST", "application/cloudevents+json")
