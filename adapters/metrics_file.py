"""Figures in a file, for whoever collects them there. How they are written is for the file's name to say.

<name>.prom      Prometheus text, replaced each time: for a collector of text files
<any other>      OpenTelemetry's JSON, one line more each time; it may be moved away, then another one is begun
"""

from pathlib import Path
from typing import Final

from opentelemetry.metrics import Meter

from adapters.metrics_page import MetricsPage
from adapters.prometheus_text import prometheus_text

PROMETHEUS: Final = ".prom"


class MetricsFile:
    """`meter` makes the figures; each `write` writes them as they are. `close` after use."""

    def __init__(self, path: Path, ontology: str) -> None:
        self.path, self._page = path, MetricsPage(ontology)

    @property
    def meter(self) -> Meter:
        return self._page.meter

    def write(self) -> None:
        """Raises `OSError`."""
        data = self._page.data()
        if data is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.suffix == PROMETHEUS:
            part = self.path.with_name(self.path.name + ".part")
            part.write_text(prometheus_text(data), encoding="utf-8")
            part.replace(self.path)
        else:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(data.to_json(indent=None) + "\n")

    def close(self) -> None:
        self._page.close()
