"""Figures in memory, read when somebody asks for them: those of one process and one ontology."""

from typing import Final

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData
from opentelemetry.sdk.resources import Resource

from adapters.prometheus_text import prometheus_text

MOST: Final = 1_000
"""Combinations of attributes of one figure; all others are counted together, under `otel.metric.overflow`."""


class MetricsPage:
    """`meter` makes the figures. `close` after use."""

    def __init__(self, ontology: str) -> None:
        self._reader = InMemoryMetricReader(cardinality_limits={Counter: MOST})
        about = Resource({"service.name": "oms", "oms.ontology": ontology})
        self._provider = MeterProvider([self._reader], about, shutdown_on_exit=False)

    @property
    def meter(self) -> Meter:
        return self._provider.get_meter("oms")

    def data(self) -> MetricsData | None:
        """As they are; `None` where there are none."""
        return self._reader.get_metrics_data()

    def text(self) -> str:
        """In Prometheus' text format."""
        data = self.data()
        return "" if data is None else prometheus_text(data)

    def close(self) -> None:
        self._provider.shutdown()
