"""The facts and the words: commands, events and the deciders between them. Pure: no clock, no random, no I/O.

catalog ─► who decides and folds what        decider, command, findings, names ─► what all of them share
wire/        bytes of events and commands    schema/      types, and what objects must fit
objects/     objects and links               actions/     edits under a name of their own
branches/    what is read through what       merges/      two sides made one          proposals/   reviewed before
rules/       what a commit must pass         migrations/  data brought to a tighter schema
index…       reserved keys, derived from what entities say
"""
