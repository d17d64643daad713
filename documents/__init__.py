"""JSON documents, pure: what differs between two of them, and how many that are much alike are kept small."""
