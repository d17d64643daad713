"""What a program can ask a running OMS: how things are, were, and came to be. Each answer is what the command line prints as JSON."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypedDict, Unpack

from nats.aio.client import Client as Nats

from oms.client.asking import Refused, answered
from oms.client.commands import Speaker, message_of
from oms.client.trying import until_answered


class Asked(TypedDict, total=False):
    """What may be said with a question.

    `branch`: else the connection's. `min_position`: wait until the view has it. `deadline`: seconds, of each page where
    there are several; else the connection's.
    """

    branch: str | None
    min_position: int
    deadline: float | None


class Questions:
    """Each raises `Refused`, `Unavailable`. `as_of`: now, base, a position, commit:<id>, tag:<name>, a date or an instant."""

    def __init__(self, nats: Nats, speaker: Speaker, deadline: float) -> None:
        self.nats, self.speaker, self.deadline = nats, speaker, deadline

    async def as_of(
        self,
        moment: str | int,
        type_name: str,
        key: str | None = None,
        *,
        fold: str | None = None,
        open: str | None = None,  # noqa: A002
        **asked: Unpack[Asked],
    ) -> dict[str, Any]:
        """An object or link (without a key: the type) as it was at a moment: `oms show`.

        `fold`: how far large values are unfolded (collapsed … expanded); `open`: only what stands at this path of the properties.
        """
        data = {"type": type_name, "key": key, "asOf": str(moment), "fold": fold, "open": open}
        return await self._answer("Show", data, asked)

    async def history(
        self, type_name: str, key: str | None = None, *, as_of: str | int = "now", **asked: Unpack[Asked]
    ) -> dict[str, Any]:
        """Every version and what it changed: `oms history`."""
        return await self._answer("History", {"type": type_name, "key": key, "asOf": str(as_of)}, asked)

    async def blame(
        self, type_name: str, key: str | None = None, *, as_of: str | int = "now", **asked: Unpack[Asked]
    ) -> dict[str, Any]:
        """Who said last what each field is: `oms blame`."""
        return await self._answer("Blame", {"type": type_name, "key": key, "asOf": str(as_of)}, asked)

    async def everything(
        self, type_name: str | None = None, *, as_of: str | int = "now", deleted: bool = False, **asked: Unpack[Asked]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """All of a branch, or of a type, at one moment, one by one as in `oms show`."""
        data: dict[str, Any] = {"type": type_name, "asOf": str(as_of), "deleted": deleted}
        more = True
        while more:
            page = await self._answer("ShowAll", data, asked)
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
        from_branch: str | None = None,
        **asked: Unpack[Asked],
    ) -> AsyncGenerator[dict[str, Any], None]:
        """What differs between two moments, or two branches, one by one as in `oms diff`.

        Without `from_moment` what the branch has changed since its base.
        """
        start = None if from_moment is None else str(from_moment)
        data: dict[str, Any] = {"type": type_name, "key": key, "from": start, "to": str(to_moment)}
        data["fromBranch"] = from_branch
        more = True
        while more:
            page = await self._answer("Diff", data, asked)
            for difference in page["differences"]:
                yield difference
            more = page["next"] is not None
            data |= {"to": str(page["to"]["position"]), "after": page["next"]}
            if page["from"]["branch"] != page["to"]["branch"] or start not in (None, "base"):
                data |= {"from": str(page["from"]["position"])}

    async def impact(
        self, type_name: str, property_name: str | None = None, *, as_of: str | int = "now", **asked: Unpack[Asked]
    ) -> dict[str, Any]:
        """What stands at a type or a property: `oms schema impact`."""
        return await self._answer("Impact", {"type": type_name, "property": property_name, "asOf": str(as_of)}, asked)

    async def schedules(
        self, schedule: str | None = None, *, following: int = 1, as_of: str | int = "now", **asked: Unpack[Asked]
    ) -> dict[str, Any]:
        """Schedules, or the one of this name, with the `following` times of each."""
        return await self._answer("Schedules", {"schedule": schedule, "asOf": str(as_of), "next": following}, asked)

    async def schedule_runs(self, schedule: str, *, limit: int = 20, **asked: Unpack[Asked]) -> dict[str, Any]:
        """What became of a schedule's runs, the last first."""
        return await self._answer("ScheduleRuns", {"schedule": schedule, "limit": limit}, asked)

    async def similar(
        self,
        text: str,
        type_name: str | None = None,
        *,
        limit: int = 10,
        as_of: str | int = "now",
        **asked: Unpack[Asked],
    ) -> dict[str, Any]:
        """Objects that are like a text: `oms similar`."""
        return await self._answer(
            "Similar", {"text": text, "type": type_name, "limit": limit, "asOf": str(as_of)}, asked
        )

    async def preview_merge(
        self, source: str, *, branch: str | None = None, deadline: float | None = None, **asked: Any
    ) -> dict[str, Any]:
        """What a merge of `source` would do: see `PreviewMerge` for what else can be asked."""
        return await self._asked("PreviewMerge", {"source": source, **asked}, branch, deadline)

    async def _answer(self, question: str, data: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
        """To a question about a view, which may have to wait for it."""
        data = {**data, "minPosition": asked.get("min_position", 0)}
        return await self._asked(question, data, asked.get("branch"), asked.get("deadline"))

    async def _asked(
        self, question: str, data: Mapping[str, Any], branch: str | None, deadline: float | None
    ) -> dict[str, Any]:
        message = message_of(self.speaker, "cmd", question, data, {"branch": branch})
        if message.refusal:
            raise Refused(message.refusal)

        async def once(seconds: float) -> dict[str, Any]:
            return await answered(self.nats, message, seconds)

        return await until_answered(once, f"no answer to {question}", "see: oms status", self._limit(deadline))

    def _limit(self, deadline: float | None) -> float:
        return self.deadline if deadline is None else deadline
