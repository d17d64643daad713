"""The contracts at the edges, generated from the types in `events` and compared with the golden files beside this one."""
