"""What NATS servers refuse, for the audit: the embedded one by its log, those that somebody else runs by their own word.

their system account (login `system` in `nats_credentials`) ──► who could not log in
their logs (`nats_logs`), where this machine has them       ──► who spoke or listened where they may not
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.nats_config import SYSTEM
from adapters.nats_failed_logins import failed_logins
from adapters.nats_server import Endpoint
from adapters.nats_violations import Violation, Violations
from oms.process import Alarm, Loop
from oms.recording import Recorder
from oms.settings import Settings
from oms.sources import running_server


def listening(settings: Settings, endpoint: Endpoint, recorder: Recorder, alarm: Alarm) -> list[Loop]:
    """The loops that listen here, each until cancelled."""
    if not settings.nats_url:
        log = Violations(settings.folder / "nats" / "server.log")
        return [recorder.listen(_read(log))] if "server" in settings.roles else []
    if "committer" not in settings.roles:
        return []
    told = SYSTEM in endpoint.logins
    loops = [recorder.listen(_read(Violations(Path(log)), denied_only=told)) for log in settings.nats_logs]
    return [*loops, _failed_logins(settings, endpoint, recorder, alarm)] if told else loops


def unheard(settings: Settings) -> str:
    """What of the refusals of servers that somebody else runs is not heard, and what to do; `""` when nothing is amiss."""
    if not settings.nats_url:
        return ""
    unread = [log for log in settings.nats_logs if not os.access(log, os.R_OK)]
    amiss = [f"{log} cannot be read" for log in unread]
    if len(unread) == len(settings.nats_logs):
        amiss.append("who is denied something is not heard of: name their log in nats_logs")
        if SYSTEM not in running_server(settings).logins:
            amiss.append(f"nor who fails to log in: give the login of {SYSTEM} in nats_credentials")
    return f"NATS servers at {settings.nats_url}: {'; '.join(amiss)}" if amiss else ""


def _read(log: Violations, *, denied_only: bool = False) -> Callable[[], Awaitable[Counter[Violation]]]:
    async def new() -> Counter[Violation]:
        found = await asyncio.to_thread(log.new)
        return Counter({one: times for one, times in found.items() if one.kind == "denied" or not denied_only})

    return new


async def _failed_logins(settings: Settings, endpoint: Endpoint, recorder: Recorder, alarm: Alarm) -> None:
    async with failed_logins(endpoint, settings.ontology, lambda deaf: alarm("incidents", deaf)) as found:
        await recorder.listen(found.new)
