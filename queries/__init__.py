"""Asking: what is, what was, what changed, and how fresh the answer is."""
