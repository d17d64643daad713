"""UUIDs of version 7 (RFC 9562): sortable by their time, from a time and a number that the caller brings."""


def uuid7(time: int, chance: int) -> str:
    """Text of a UUIDv7. `time` = µs since the epoch, 0 ≤ time < 2^48 ms; `chance`: its lowest 62 bits are used.

    The 12 bits behind the milliseconds hold the rest of the time in 1/4096 ms (RFC 9562, 6.2, method 3), so ids sort
    as their times do, to the microsecond.
    """
    millis, micros = divmod(time, 1000)
    fraction = -(-micros * 4096 // 1000)
    text = f"{millis:012x}7{fraction:03x}{0x8000_0000_0000_0000 | chance & 0x3FFF_FFFF_FFFF_FFFF:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
