"""Migrations: what a tighter schema asks of the objects that are there, done in batches while others write."""
