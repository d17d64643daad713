"""Doors: they translate between a protocol and the flow, and do nothing else."""
