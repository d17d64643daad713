"""SQL over any moment: pure. Time clauses are lifted off the text, the rest is read by a stock parser and run by an engine.

text ─clauses─► tokens without times ─statement─► allowed tree ─tables─► columns, scans ─engine─► rows
"""
