"""Carries events out to those who subscribed: at least once, in order where that was asked for, and nobody waits for another.

                       ┌ endpoint: letters ─► request ─► judged ─┬─► settled: its cursor moves on
log ─► lane ─► index ──┤                                         └─► later: the timer brings the letter again
                       └ endpoint that is behind: catches up with a reading of its own, until it meets the lane

A cursor for each endpoint is all that the normal flow stores. What failed is in the timer before the cursor passes it.
"""
