"""What is asked of the similar view in PostgreSQL, each statement under its name."""

from typing import Final

from adapters.statements import statements

SQL: Final = statements("postgres_similar.sql")
