"""Loops, each one `step()`: queued commands, dead letters."""
