"""The machine's clock and chance, for those who may only be given time and ids."""

import secrets
import time

from security.uuid7 import uuid7


def now() -> int:
    """Microseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1_000


def new_id() -> str:
    """A UUIDv7 in text, another one at each call."""
    return uuid7(now(), secrets.randbits(62))
