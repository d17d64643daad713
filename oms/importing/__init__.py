"""Importing: rows of files become commits of commands, so that a restart never doubles and a bad row spoils only itself.

file ─► rows ─► commands of each row (mapping) ─► batches with ids made of their content ─► commits, several in flight
                                                                                  refused rows ─► a file with findings
"""
