"""Who, and may they; and proof that nothing was changed. Pure."""
