"""A command that a door of HTTP says for who knocks, and what became of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from events.findings import Finding
from events.names import command_subject
from gateways.commands import DEADLINE_HEADER, WAIT_HEADER
from gateways.http.ports import Ask, Caller
from gateways.http.problems import refused

DEADLINE: Final = 10.0
MARGIN: Final = 2.0  # seconds beyond what the door behind waits


class Says(Protocol):
    """What is behind a door that says commands."""

    @property
    def ontology(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def ask(self) -> Ask: ...
    @property
    def new_id(self) -> Callable[[], str]: ...


async def decided(
    behind: Says, caller: Caller, command: str, data: Mapping[str, Any], identity: str | None
) -> dict[str, Any]:
    """The outcome, once it is to be read. Raises `Problem` where that is a rejection, and `NoAnswer`."""
    said = {"id": identity or behind.new_id(), "type": command, "branch": behind.branch, "data": data}
    subject = command_subject(behind.ontology, caller.principal, behind.branch, command)
    headers = {WAIT_HEADER: "projected:versions", DEADLINE_HEADER: f"{DEADLINE:g}"}
    reply = await behind.ask(subject, msgspec.json.encode(said), headers, DEADLINE + MARGIN)
    outcome = msgspec.json.decode(reply, type=dict[str, Any])
    if outcome["status"] == "rejected":
        raise refused(findings_of(outcome), command=outcome["command"])
    return outcome


def findings_of(outcome: Mapping[str, Any]) -> list[Finding]:
    return [Finding(each["code"], each["path"], each["text"]) for each in outcome["findings"]]
