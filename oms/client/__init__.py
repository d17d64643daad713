"""OMS for Python programs: send commands, wait, follow the log. The one public package; asyncio.

```python
async with await connect("oms-data") as oms:
    outcome = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}})
    async for event in oms.subscribe(after=outcome.position - 1):
        print(event.position, event.type, event.data)
```
"""

from oms.client.connection import Client, connect
from oms.client.messages import Event, Finding, Outcome
from oms.client.reading import Gap
from oms.client.trying import Unavailable

__all__ = ["Client", "Event", "Finding", "Gap", "Outcome", "Unavailable", "connect"]
