"""Proposals: what a branch changed, offered to another one, reviewed and merged."""
