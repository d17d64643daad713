"""Objects and links: what is given, checked, claimed, closed and purged of each."""
