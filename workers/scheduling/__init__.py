"""Sends the commands of schedules when they are due: each run at least once, under an id that is always the same, so once.

facts of schedules ─► planned ─► noted ─► armed: the log's server keeps the next times
                                                 │
ring: who is due? ─► planned ─► noted ─► armed ─► answered ─► sent ─► noted: what became of it

Whatever is cut off in between is done again: a run that was noted is sent until it is answered, a time that was noted and
not armed is armed at the next start, a ring that was not answered comes again and finds that it is dealt with.
"""
