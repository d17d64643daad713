"""What became of a command: asked of the door that decided it, or heard when a queued one is decided."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError

from oms.client.commands import Message, Speaker, message_of
from oms.client.messages import Outcome, outcome_of, token
from oms.client.trying import NotYet, Unavailable, until_answered


class Refused(Exception):
    """A command that could not be queued, or a question that has no answer; `outcome` holds the findings."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__("; ".join(f"{finding.code}: {finding.text}" for finding in outcome.findings))


NOT_FOUND = "COMMAND_NOT_FOUND"
REPLY_SECONDS = 0.5  # beyond what a door was told to wait, for its answer to come back
HEARD_SECONDS = 2.0  # an outcome is told once: ask from time to time, it may have been told before we listened


async def ask(nats: Nats, message: Message, wait: str, seconds: float) -> Outcome:
    """One try. Raises `NotYet` for what was not decided, or is not as far as `wait` says; and nats errors."""
    headers = {"Oms-Wait": wait, "Oms-Deadline": f"{seconds:.3f}"} if wait != "outbox" else None
    reply = await nats.request(message.subject, message.body, timeout=seconds + REPLY_SECONDS, headers=headers)
    outcome = outcome_of(reply.data)
    if outcome.unavailable:
        raise NotYet(outcome.findings[0].text)
    if outcome.late:
        raise NotYet(outcome.findings[-1].text, outcome)
    return outcome


async def remembered(nats: Nats, speaker: Speaker, identity: str, deadline: float) -> Outcome | None:
    """`None`: never decided, or forgotten since. Raises `Unavailable`."""
    message = _question(speaker, identity)

    async def once(seconds: float) -> Outcome:
        return await ask(nats, message, "outbox", seconds)

    outcome = await until_answered(once, f"no word about command {identity}", "see: oms status", deadline)
    return None if any(finding.code == NOT_FOUND for finding in outcome.findings) else outcome


async def decided(nats: Nats, speaker: Speaker, identity: str, deadline: float) -> Outcome:
    """Waits for the outcome of a queued command. Raises `Unavailable`."""
    subject = f"oms.outcome.{speaker.ontology}.{token(speaker.principal)}.{token(identity)}"
    subscription = await nats.subscribe(subject)
    try:
        async with asyncio.timeout(deadline):
            while True:
                if found := await remembered(nats, speaker, identity, deadline):
                    return found
                with suppress(NatsError):
                    return outcome_of((await subscription.next_msg(HEARD_SECONDS)).data)
    except TimeoutError:
        cause = f"command {identity} is not decided within {deadline:g} s"
        raise Unavailable(cause, f"ask later: oms outcome {identity}") from None
    finally:
        with suppress(NatsError, OSError):
            await subscription.unsubscribe()


async def answered(nats: Nats, message: Message, seconds: float) -> dict[str, Any]:
    """One try of a question. Raises `NotYet` where asking again may help, `Refused`; and nats errors."""
    headers = {"Oms-Deadline": f"{seconds:.3f}"}
    reply = await nats.request(message.subject, message.body, timeout=seconds + REPLY_SECONDS, headers=headers)
    outcome = outcome_of(reply.data)
    if outcome.unavailable:
        raise NotYet(outcome.findings[0].text)
    if outcome.status == "rejected":
        raise Refused(outcome)
    answer: dict[str, Any] = json.loads(reply.data)["answer"]
    return answer


def queued(answer: bytes) -> None:
    """Raises `NotYet` for what the queue did not take."""
    told: Mapping[str, Mapping[str, str]] = json.loads(answer)
    if "error" in told:
        raise NotYet(told["error"].get("description", "the queue refused it"))


def _question(speaker: Speaker, identity: str) -> Message:
    return message_of(speaker, "cmd", "Outcome", {"id": identity}, {})
