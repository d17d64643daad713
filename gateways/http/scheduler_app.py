"""The application of the scheduler: its doors, with their OpenAPI; it knows no server and no store."""

from typing import Final

from fastapi import FastAPI

from gateways.http.assembled import assembled
from gateways.http.callers import Door
from gateways.http.scheduling import SchedulerBehind, Scheduling

ABOUT: Final = (
    "Schedules: which commands are sent when, and what became of them. Errors are problem details (RFC 9457) with the "
    "codes of docs/findings.md."
)


def scheduler_application(behind: SchedulerBehind) -> FastAPI:
    door = Door(behind.callers, behind.turned)
    return assembled("OMS scheduler", ABOUT, [Scheduling(behind, door).router()], behind.figures, behind.told)
