"""Schedules: a command that is sent again at its times, what is known of it, and when these times are. Pure.

schedule.py, calendar.py ─► what may be said            terms.py ─► what a schedule says
clocks.py ─► what a clock on the wall shows    cron.py, days.py, recurrence.py ─► when it runs
planning.py ─► what is due now, and what becomes of what was missed    running.py ─► one run and its command
"""
