"""One of several processes that send, each with 32 in flight: says `ready`, waits for a line, and says what it took as JSON.

python -m bench.loading oms URL LOGINS FIRST COUNT              commands over NATS to a running `oms up`
python -m bench.loading eventsourcing DATABASE-URL - FIRST COUNT   aggregates saved by 32 threads of this process
"""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop

from adapters.nats_server import Endpoint
from bench import flights, peers
from bench.firing import Firing

AT_ONCE = 32


async def oms(url: str, logins: str, first: int, count: int) -> None:
    endpoint = Endpoint.at(url, Path(logins))
    client = await Firing.open(endpoint.url, endpoint.logins["local"])
    messages = [flights.single(flights.created(n), f"c{n}") for n in range(first, first + count)]
    _ready()
    latencies = await client.fire(messages, AT_ONCE)
    client.close()
    print(json.dumps(latencies))


def eventsourcing(url: str, _: str, first: int, count: int) -> None:
    from eventsourcing.application import Application

    parts = urlsplit(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_DBNAME": parts.path[1:],
        "POSTGRES_HOST": parse_qs(parts.query).get("host", [parts.hostname])[0] or "", "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "", "POSTGRES_PASSWORD": parts.password or "none",
        "POSTGRES_POOL_SIZE": str(AT_ONCE), "POSTGRES_MAX_OVERFLOW": "0", "POSTGRES_LOCK_TIMEOUT": "60",
    }  # fmt: skip
    app: Application[Any] = Application(env=env)
    flight, latencies = peers.flight(), list[float]()

    def sender(numbers: Iterator[int]) -> None:
        for number in numbers:
            begun = time.perf_counter()
            app.save(flight(flights.created(number)["data"]["properties"]))
            latencies.append(time.perf_counter() - begun)

    numbers = range(first, first + count)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        _ready()
        list(pool.map(sender, [iter(numbers[n::AT_ONCE]) for n in range(AT_ONCE)]))
    app.close()
    print(json.dumps(latencies))


def _ready() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    who, url, logins, first, count = sys.argv[1:]
    if who == "oms":
        uvloop.run(oms(url, logins, int(first), int(count)))
    else:
        eventsourcing(url, logins, int(first), int(count))
