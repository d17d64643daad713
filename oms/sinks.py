"""The sinks of these settings. Another kind is an adapter of its own, and a line here."""

from collections.abc import Sequence
from pathlib import Path

from adapters.file_sink import FileSink
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from events import catalog
from oms.measuring import Figures
from oms.process import Alarm, Loop
from oms.settings import Settings
from projectors.projector import Checkpoint
from security.chain import genesis
from workers.sinks import Sink, carry


def sinks(settings: Settings) -> Sequence[Sink]:
    return [FileSink(Path(settings.events_file))] if settings.events_file else []


def carrying(settings: Settings, endpoint: Endpoint, alarm: Alarm, figures: Figures | None = None) -> list[Loop]:
    """A loop for each, and one that writes the figures."""
    start = Checkpoint(0, genesis(settings.ontology))
    measured: list[Sink] = [] if figures is None else [figures.sink]
    return [
        *(
            carry(sink, NatsReader(endpoint, settings.ontology), start, catalog.proven, alarm)
            for sink in (*sinks(settings), *measured)
        ),
        *([] if figures is None else [figures.write()]),
    ]
