"""Keys that begin alike, as a range. Nothing is imported: whoever asks one question has not to wait for more."""

import sys


def begun(prefix: str, after: str) -> str:
    """Of those that start with `prefix` the first text behind the key `after`, if it is one of them; keys hold no character below."""
    return max(prefix, f"{after}\x01") if after else prefix


def behind(prefix: str) -> str:
    """A text behind all that start with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else chr(sys.maxunicode)
