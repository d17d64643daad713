"""Actions: what people may do, said once, and the edits that follow as one commit."""
