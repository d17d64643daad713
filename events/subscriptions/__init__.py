"""Who wants events carried out to them: where to, which ones, how. Carrying them is others' work."""
