"""The read side: the log becomes rows; one file per read model, named after its rows."""
