"""Loops, each one `step()`: queued commands, refusals, migrations."""
