"""The schema: types, properties, links types and what they are made of; what objects must fit, and what a change means."""
