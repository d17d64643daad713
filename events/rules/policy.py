"""Policies of a branch: what becomes of personal data in properties that are not marked.

email warn   phone warn   rrn reject   card reject   iban warn   ip warn   passport reject      unless it says otherwise
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.names import Key

aggregate: Final = "policy"
PII_POLICY: Final = Key("policy/pii")
Verdict = Literal["allow", "warn", "reject"]
PiiKind = Literal["email", "phone", "rrn", "card", "iban", "ip", "passport"]
UNLESS_SAID: Final[Mapping[str, Verdict]] = {
    "email": "warn",
    "phone": "warn",
    "rrn": "reject",
    "card": "reject",
    "iban": "warn",
    "ip": "warn",
    "passport": "reject",
}


class SetPiiPolicy(Payload):
    """Per kind of personal data: let it be, warn, or refuse it, where a property is not marked. Others stay as they are."""

    kinds: Annotated[dict[PiiKind, Verdict], Field(min_length=1, description="verdicts by kind")]


class PiiPolicySet(Payload):
    """It was set what becomes of personal data that is found in values. Every kind, as it is from now on."""

    kinds: dict[str, Verdict]


COMMANDS: Final[tuple[type[Payload], ...]] = (SetPiiPolicy,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.policy.piiSet.v1": PiiPolicySet}


def verdicts(state: State | None) -> Mapping[str, Verdict]:
    """Of every kind, from what the key `PII_POLICY` holds."""
    return UNLESS_SAID if state is None else {**UNLESS_SAID, **state["kinds"]}


def looks(state: State) -> bool:
    """Whether there is anything that a branch with this policy does not allow."""
    return any(verdict != "allow" for verdict in state["kinds"].values())


def reads(context: Context, _command: Payload) -> list[Key]:
    return as_far_as_known((branch_key(context.branch), PII_POLICY))


def target(_context: Context, _command: Payload) -> Key | None:
    return PII_POLICY


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, SetPiiPolicy)
    must_be_open(context)
    was = verdicts(context.get(PII_POLICY))
    asked = {**was, **{str(kind): verdict for kind, verdict in command.kinds.items()}}
    return [] if asked == was else [Drafted(PII_POLICY, "-", PiiPolicySet(kinds=asked))]


def evolve(_state: State | None, event: Payload) -> State | None:
    return event.model_dump()
