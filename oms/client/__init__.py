"""OMS for Python programs: send commands, wait, follow the log. The one public package; asyncio.

```python
async with await connect("oms-data") as oms:
    outcome = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, wait="log")
    async for event in oms.subscribe(after=outcome.position - 1):
        print(event.position, event.type, event.data)
```
"""

from oms.client.asking import Refused
from oms.client.client import Client
from oms.client.connection import connect
from oms.client.messages import Event, Finding, Outcome, Would
from oms.client.reading import Gap
from oms.client.trying import Unavailable

__all__ = ["Client", "Event", "Finding", "Gap", "Outcome", "Refused", "Unavailable", "Would", "connect"]
