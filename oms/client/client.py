"""What a program can say to OMS, and hear of it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError

from oms.client import reading
from oms.client.asking import Refused, answered, ask, decided, queued, remembered
from oms.client.commands import Message, Said, Sections, Speaker, message_of
from oms.client.messages import Event, Outcome
from oms.client.trying import Unavailable, until_answered
from oms.client.uploading import UPLOAD, Told, lacks, smaller, upload

UPLOADS = 3  # tries to have all sections there at once


class Client:
    """From `connect`. Safe for many tasks at once; concurrent sends travel together and are decided in the order sent.

    Every `deadline` is in seconds, tries included; `None`: the connection's.
    """

    def __init__(self, nats: Nats, speaker: Speaker, deadline: float) -> None:
        self.nats, self.speaker, self.deadline = nats, speaker, deadline

    async def send(
        self,
        command: str,
        data: Mapping[str, Any],
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Send one command, and again under the same id while there is no answer. Raises `Unavailable`.

        Of one that is too large for a message the large values are sent ahead, in sections: for unfoldable properties.
        `wait`: the outcome comes when the commit is in the `outbox` (durable), in the `log`, or in a view
        (`projected:<view>`).
        """
        message, sections = await self._message("cmd", command, data, said)
        return await self._sent(message, sections, wait, deadline)

    async def put(
        self,
        type_name: str,
        key: str,
        property_name: str,
        document: Any,
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        told: Told | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Put a document of any size into an unfoldable property of an object. Raises `Unavailable`, `ValueError`.

        What is stored already is not sent; `told` hears how many sections were. `ValueError`: it cannot be kept in sections.
        Connected without `split`, a document has to fit into a message.
        """
        split = self.speaker.split
        found = None if split is None else await asyncio.to_thread(split, document)
        data: dict[str, Any] = {"type": type_name, "key": key}
        if found is None:  # a patch would be merged into what is there
            path = "/" + property_name.replace("~", "~0").replace("/", "~1")
            data["operations"] = [{"op": "add", "path": path, "value": document}]
        else:
            data["patch"] = {property_name: found.stub}
        sections = {} if found is None else found.sections
        message = message_of(self.speaker, "cmd", "UpdateObject", data, said)
        return await self._sent(message, sections, wait, deadline, told)

    async def commit(
        self,
        commands: Sequence[Mapping[str, Any]],
        *,
        wait: str = "outbox",
        deadline: float | None = None,
        **said: Unpack[Said],
    ) -> Outcome:
        """Several commands `{type, data, expected?}` as one commit: all or none. Raises `Unavailable`."""
        data = {"commands": [dict(one) for one in commands]}
        return await self.send("Commit", data, wait=wait, deadline=deadline, **said)

    async def queue(
        self, command: str, data: Mapping[str, Any], *, deadline: float | None = None, **said: Unpack[Said]
    ) -> str:
        """Leave a command in the durable queue, to be decided in order; its id. Raises `Refused`, `Unavailable`."""
        message, sections = await self._message("queue", command, data, said)
        if message.refusal:
            raise Refused(message.refusal)
        await self._upload(message, sections, deadline)

        async def once(seconds: float) -> str:
            queued((await self.nats.request(message.subject, message.body, timeout=seconds)).data)
            return message.id

        return await until_answered(
            once, f"command {message.id} was not queued", _remedy(message.id), self._limit(deadline)
        )

    async def outcome(self, command_id: str) -> Outcome | None:
        """What became of a command; `None`: never decided, or forgotten since. Raises `Unavailable`."""
        return await remembered(self.nats, self.speaker, command_id, self.deadline)

    async def wait(self, command_id: str, *, deadline: float | None = None) -> Outcome:
        """The outcome of a queued command, as soon as there is one. Raises `Unavailable`."""
        return await decided(self.nats, self.speaker, command_id, self._limit(deadline))

    async def as_of(
        self,
        moment: str | int,
        type_name: str,
        key: str | None = None,
        *,
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
        fold: str | None = None,
        open: str | None = None,  # noqa: A002
    ) -> dict[str, Any]:
        """An object or link (without a key: the type) as it was: what `oms show --json` prints. Raises `Refused`, `Unavailable`.

        `moment`: now, base, a position, commit:<id>, tag:<name>, a date or an instant. `min_position`: wait until the view has it.
        `fold`: how far large values are unfolded (collapsed … expanded); `open`: only what stands at this path of the properties.
        """
        data = {
            "type": type_name,
            "key": key,
            "asOf": str(moment),
            "minPosition": min_position,
            "fold": fold,
            "open": open,
        }
        return await self._asked("Show", data, branch, deadline)

    async def history(
        self,
        type_name: str,
        key: str | None = None,
        *,
        as_of: str | int = "now",
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Every version and what it changed: what `oms history --json` prints. Raises `Refused`, `Unavailable`."""
        data = {"type": type_name, "key": key, "asOf": str(as_of), "minPosition": min_position}
        return await self._asked("History", data, branch, deadline)

    async def blame(
        self,
        type_name: str,
        key: str | None = None,
        *,
        as_of: str | int = "now",
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Who said last what each field is: what `oms blame --json` prints. Raises `Refused`, `Unavailable`."""
        data = {"type": type_name, "key": key, "asOf": str(as_of), "minPosition": min_position}
        return await self._asked("Blame", data, branch, deadline)

    async def everything(
        self,
        type_name: str | None = None,
        *,
        as_of: str | int = "now",
        deleted: bool = False,
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """All of a branch, or of a type, at one moment, one by one as in `oms show --json`. Raises `Refused`, `Unavailable`.

        `deadline` is of each page that is asked for.
        """
        data: dict[str, Any] = {"type": type_name, "asOf": str(as_of), "deleted": deleted, "minPosition": min_position}
        more = True
        while more:
            page = await self._asked("ShowAll", data, branch, deadline)
            for entity in page["entities"]:
                yield entity
            more = page["next"] is not None
            data |= {"asOf": str(page["position"]), "after": page["next"]}

    async def differences(
        self,
        type_name: str | None = None,
        key: str | None = None,
        *,
        from_moment: str | int | None = None,
        to_moment: str | int = "now",
        branch: str | None = None,
        from_branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What differs between two moments, or two branches, one by one as in `oms diff --json`. Raises `Refused`, `Unavailable`.

        Without `from_moment` what the branch has changed since its base. `deadline` is of each page that is asked for.
        """
        start = None if from_moment is None else str(from_moment)
        data: dict[str, Any] = {"type": type_name, "key": key, "from": start, "to": str(to_moment)}
        data |= {"fromBranch": from_branch, "minPosition": min_position}
        more = True
        while more:
            page = await self._asked("Diff", data, branch, deadline)
            for difference in page["differences"]:
                yield difference
            more = page["next"] is not None
            data |= {"to": str(page["to"]["position"]), "after": page["next"]}
            if page["from"]["branch"] != page["to"]["branch"] or start not in (None, "base"):
                data |= {"from": str(page["from"]["position"])}

    async def impact(
        self,
        type_name: str,
        property_name: str | None = None,
        *,
        as_of: str | int = "now",
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """What stands at a type or a property: what `oms schema impact --json` prints. Raises `Refused`, `Unavailable`."""
        data = {"type": type_name, "property": property_name, "asOf": str(as_of), "minPosition": min_position}
        return await self._asked("Impact", data, branch, deadline)

    async def schedules(
        self,
        schedule: str | None = None,
        *,
        following: int = 1,
        as_of: str | int = "now",
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Schedules, or the one of this name, with the `following` times of each. Raises `Refused`, `Unavailable`."""
        data = {"schedule": schedule, "asOf": str(as_of), "next": following, "minPosition": min_position}
        return await self._asked("Schedules", data, branch, deadline)

    async def schedule_runs(
        self,
        schedule: str,
        *,
        limit: int = 20,
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """What became of a schedule's runs, the last first. Raises `Refused`, `Unavailable`."""
        data = {"schedule": schedule, "limit": limit, "minPosition": min_position}
        return await self._asked("ScheduleRuns", data, branch, deadline)

    async def similar(
        self,
        text: str,
        type_name: str | None = None,
        *,
        limit: int = 10,
        as_of: str | int = "now",
        branch: str | None = None,
        min_position: int = 0,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Objects that are like a text: what `oms similar --json` prints. Raises `Refused`, `Unavailable`."""
        data = {"text": text, "type": type_name, "limit": limit, "asOf": str(as_of), "minPosition": min_position}
        return await self._asked("Similar", data, branch, deadline)

    async def preview_merge(
        self, source: str, *, branch: str | None = None, deadline: float | None = None, **asked: Any
    ) -> dict[str, Any]:
        """What a merge of `source` would do: see `PreviewMerge` for what else can be asked. Raises `Refused`, `Unavailable`."""
        return await self._asked("PreviewMerge", {"source": source, **asked}, branch, deadline)

    async def _message(self, door: str, command: str, data: Mapping[str, Any], said: Said) -> tuple[Message, Sections]:
        """The message, and what must be there before it comes: one that is too large says its large values by stubs."""
        message = message_of(self.speaker, door, command, data, said)
        split = self.speaker.split
        if not message.large or split is None:
            return message, {}
        smaller_data, sections = await asyncio.to_thread(smaller, command, message.body, split)
        return message_of(self.speaker, door, command, smaller_data, {**said, "id": message.id}), sections

    async def _sent(
        self,
        message: Message,
        sections: Sections,
        wait: str,
        deadline: float | None,
        told: Told | None = None,
    ) -> Outcome:
        if message.refusal:
            return message.refusal

        async def once(seconds: float) -> Outcome:
            return await ask(self.nats, message, wait, seconds)

        what = f"no outcome of command {message.id}"
        for _ in range(UPLOADS):
            try:
                await self._upload(message, sections, deadline, told)
            except Refused as refused:
                return refused.outcome._replace(command=message.id)
            outcome = await until_answered(once, what, _remedy(message.id), self._limit(deadline))
            if not (sections and lacks(outcome)):
                break
        return outcome

    async def _upload(
        self, message: Message, sections: Sections, deadline: float | None, told: Told | None = None
    ) -> None:
        """Raises `Refused`, `Unavailable`."""
        await upload(lambda data: self._asked(UPLOAD, data, message.branch, deadline), sections, told)

    async def _asked(
        self, question: str, data: Mapping[str, Any], branch: str | None, deadline: float | None
    ) -> dict[str, Any]:
        message = message_of(self.speaker, "cmd", question, data, {"branch": branch})
        if message.refusal:
            raise Refused(message.refusal)

        async def once(seconds: float) -> dict[str, Any]:
            return await answered(self.nats, message, seconds)

        return await until_answered(once, f"no answer to {question}", "see: oms status", self._limit(deadline))

    async def last(self) -> int:
        """The log's last position, 0 when it is empty. Raises `Unavailable`."""
        try:
            return await reading.last(self.nats, self.speaker.ontology, min(self.deadline, reading.PAGE_SECONDS))
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the log does not answer: {error or type(error).__name__}", "is `oms up` running?"
            ) from error

    async def subscribe(
        self, after: int = 0, subjects: Sequence[str] = (), *, until: int | None = None
    ) -> AsyncGenerator[Event, None]:
        """Events behind `after` in position order, without a gap; then those to come, unless `until` ends it.

        `subjects`: only these, `*` for one token and `>` for the rest. Raises `Gap`; with `until` also `Unavailable`.
        """
        if until is None:
            async for event in reading.follow(self.nats, self.speaker.ontology, after, subjects):
                yield event
            return
        end = min(until, await self.last())
        try:
            async for event in reading.until(self.nats, self.speaker.ontology, after, end, subjects):
                yield event
        except (NatsError, OSError) as error:
            raise Unavailable(
                f"the log stopped answering: {error or type(error).__name__}", "read on behind the last event"
            ) from error

    async def close(self) -> None:
        if not self.nats.is_connected:  # nats-py would write what is left to a connection that is gone
            self.nats._pending.clear()  # noqa: SLF001
            self.nats._pending_data_size = 0  # noqa: SLF001
        with suppress(OSError, TypeError):  # just lost; from Python 3.12 on that is a TypeError
            await self.nats.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _limit(self, deadline: float | None) -> float:
        return self.deadline if deadline is None else deadline


def _remedy(identity: str) -> str:
    return f"it may yet be decided; send it again under the same id, or ask: oms outcome {identity}"
