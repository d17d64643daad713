"""Events and commands as bytes: the CloudEvents envelope, strict JSON, instants, and old versions read as new ones."""
