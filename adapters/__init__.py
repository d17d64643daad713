"""The outside world, one file per system; the only users of its client library."""
