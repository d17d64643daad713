"""Which events somebody wants: filters as the CloudEvents Subscriptions API writes them, compiled to functions. Pure.

{"exact": {"type": …}}  prefix, suffix, all, any, not  ─► dialects ─┐
{"sql": "source LIKE '%/flights'"}  ─► text ─► parse ─► compile ────┴─► test(candidate) ─► true or false
"""
