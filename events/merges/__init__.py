"""Two sides made one: three ways, by member, with every conflict as data."""
