"""The write side's tables, step by step (Alembic)."""
