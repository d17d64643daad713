"""The page of the event gateway: its addresses, its example of a mapping and its limits are what the program has."""

import json
import re
import tomllib
from pathlib import Path

from events.wire.cloudevents import CloudEvent
from gateways.http import callers, intake, openapi, polling, stream, tail
from oms.importing.arriving import arrived, rules_of

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")


def test_every_address_of_the_page_is_there_and_every_one_is_on_the_page():
    paths = set(openapi.document()["paths"])
    for path in paths:
        assert path.split("{")[0].rstrip("/") in PAGE, path
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in (*paths, "/openapi.json")]
    named = set(re.findall(r"`(/[\w/.{}<>-]+)", PAGE)) | set(re.findall(r"localhost:8003(/[\w/.-]+)", PAGE))
    lost = {each for each in named - {"/cursors/…"} if not any(pattern.fullmatch(each) for pattern in patterns)}
    assert lost <= {"/webhooks/consent"}


def test_the_mapping_of_the_page_says_what_it_says():
    rules = rules_of(tomllib.loads(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]))
    said = {"specversion": "1.0", "id": "7", "source": "/airport/gates", "type": "com.example.gate.x", "time": "2026-01-31T00:00:00Z"}  # fmt: skip
    event = CloudEvent(attributes=said, data=json.dumps({"gate": {"number": "A1"}, "state": "열림"}).encode())
    branch, (command,) = arrived(rules, event)
    assert (branch, command["data"]["properties"]) == ("prod/main/main", {"number": "A1", "state": "열림", "seen": "7"})
    assert command["effective"] == said["time"]


def test_the_limits_of_the_page_are_those_of_the_program():
    assert (intake.MOST_EVENTS, polling.MOST_EVENTS, callers.MAX_BODY) == (1_000, 1_000, 2 << 20)
    assert (stream.HEARTBEAT, stream.MOST_STREAMS, tail.PAGE_BYTES) == (15, 500, 256 << 10)
    for said in ("1,000 events and 2 MiB", "Every 15 seconds", "At most 500 streams", "256 KiB", "up to 60 seconds"):
        assert said in " ".join(PAGE.split())
