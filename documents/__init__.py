"""JSON documents, pure: what differs between two of them."""
