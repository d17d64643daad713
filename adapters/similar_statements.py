"""What is asked of the similar view in SQLite, each statement under its name."""

from typing import Final

from adapters.statements import statements

SQL: Final = statements("similar.sql")
