"""UUIDs of version 7 (RFC 9562): sortable by their time, from a time and a number that the caller brings."""

from functools import lru_cache
from typing import Final

_REST: Final = [f"{-(-micros * 4096 // 1000):03x}-" for micros in range(1000)]  # of a millisecond, in 1/4096
_VARIANT: Final = {f"{digit:x}": f"{8 | digit & 3:x}" for digit in range(16)}


def uuid7(time: int, chance: int) -> str:
    """Text of a UUIDv7. `time` = µs since the epoch, 0 ≤ time < 2^48 ms; `chance`: its lowest 62 bits are used.

    The 12 bits behind the milliseconds hold the rest of the time in 1/4096 ms (RFC 9562, 6.2, method 3), so ids sort
    as their times do, to the microsecond.
    """
    return uuid7_of(time, f"{chance & 0x3FFF_FFFF_FFFF_FFFF:016x}")


def uuid7_of(time: int, digits: str) -> str:
    """As `uuid7`, of a chance whose lowest 64 bits are given as hexadecimal `digits`: the first 16 of them."""
    millis, micros = divmod(time, 1000)
    return f"{_begun(millis)}{_REST[micros]}{_VARIANT[digits[0]]}{digits[1:4]}-{digits[4:16]}"


@lru_cache(64)
def _begun(millis: int) -> str:
    return f"{millis >> 16:08x}-{millis & 0xFFFF:04x}-7"
