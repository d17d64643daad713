"""Branches: where each begins, what it sees and holds, and the names of its commits."""
