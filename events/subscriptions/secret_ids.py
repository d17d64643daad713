"""Which secrets a subscription names: by id, for whoever keeps them."""

from events.decider import State
from events.wire import instants


def signs(name: str) -> str:
    """Whom a secret to sign with is for: nobody else signs with it, though its id is seen by all."""
    return f"the signatures of {name}"


def in_use(state: State, time: int) -> list[str]:
    """What it is signed with at `time` (µs), the newest first; those before it as long as they overlap. Empty where there never was one."""
    kept = [each for each in state["secrets"] if "until" not in each or time < instants.from_text(each["until"])]
    return [each["id"] for each in reversed(kept)]


def shown(state: State) -> list[str]:
    """What its endpoint is shown: of credentials, headers and TLS."""
    credential, tls = state.get("sinkcredential") or {}, state.get("tls") or {}
    own = (credential.get("secret"), credential.get("sessiontoken"), credential.get("accesstoken"))
    named = [*own, *(state.get("secretheaders") or {}).values()]
    return [each for each in (*named, tls.get("identity"), tls.get("authority")) if each is not None]


def ever(state: State) -> list[str]:
    """All that it names, needed or not."""
    return [*(each["id"] for each in state["secrets"]), *shown(state)]


def named(state: State, time: int) -> set[str]:
    """All of them that are needed at `time` (µs)."""
    return set() if state.get("deleted") else {*in_use(state, time), *shown(state)}
