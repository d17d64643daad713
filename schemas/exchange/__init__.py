"""A schema in the formats of others: RDF, SHACL and LinkML, each read back to the very document that was written."""
