"""Keys that begin alike, as a range. Nothing is imported: whoever asks one question has not to wait for more."""

import sys


def behind(prefix: str) -> str:
    """A text behind all that start with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else chr(sys.maxunicode)
