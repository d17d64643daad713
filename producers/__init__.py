"""The write side: a command is decided, committed to the outbox, and relayed to the log."""
