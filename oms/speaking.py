"""A client of the OMS of these settings, for parts of it that send commands."""

from oms.client import Client, connect
from oms.sections import split
from oms.settings import Settings
from oms.signing import signing


async def speaking(settings: Settings, author: str) -> Client:
    """Close it after use. Raises `Unavailable`, `SettingRefused`."""
    return await connect(
        settings.nats_url or settings.folder, credentials=settings.nats_credentials or None, ontology=settings.ontology,
        branch=settings.branch, author=author, deadline=settings.deadline,
        sign=signing(settings) if settings.signing_key else None, split=split,
    )  # fmt: skip
