"""Figures of OpenTelemetry in the text format of Prometheus 0.0.4: names, units and labels as its own exporter has them.

oms.log.events  {event}  oms.branch="dev/a/b"   ─►   oms_log_events_total{oms_branch="dev/a/b"} 3
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from opentelemetry.sdk.metrics.export import Gauge, Histogram, HistogramDataPoint, Metric, MetricsData, Sum

_NOT_IN_NAMES: Final = re.compile(r"\W", re.ASCII)
_UNITS: Final = {"s": "_seconds", "By": "_bytes"}
_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_ESCAPED_HELP: Final = str.maketrans({"\\": r"\\", "\n": r"\n"})


def prometheus_text(data: MetricsData) -> str:
    found = (metric for one in data.resource_metrics for scope in one.scope_metrics for metric in scope.metrics)
    return "".join(f"{line}\n" for metric in found for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    name = _name(metric.name) + _UNITS.get(metric.unit or "", "")
    match metric.data:
        case Sum(is_monotonic=True):
            name, kind = f"{name}_total", "counter"
        case Histogram():
            kind = "histogram"
        case Sum() | Gauge():
            kind = "gauge"
        case _:
            return
    yield f"# HELP {name} {(metric.description or '').translate(_ESCAPED_HELP)}"
    yield f"# TYPE {name} {kind}"
    for point in metric.data.data_points:
        labels = {_name(key): _text(value) for key, value in (point.attributes or {}).items()}
        if isinstance(point, HistogramDataPoint):
            yield from _buckets(name, labels, point)
        else:
            yield f"{name}{_shown(labels)} {_number(getattr(point, 'value', 0))}"


def _buckets(name: str, labels: Mapping[str, str], point: HistogramDataPoint) -> Iterator[str]:
    below = 0
    for bound, count in zip((*point.explicit_bounds, float("inf")), point.bucket_counts, strict=True):
        below += count
        yield f"{name}_bucket{_shown({**labels, 'le': _number(bound)})} {below}"
    yield f"{name}_sum{_shown(labels)} {_number(point.sum)}"
    yield f"{name}_count{_shown(labels)} {point.count}"


def _name(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value.translate(_ESCAPED)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _number(value: Any) -> str:
    return "+Inf" if value == float("inf") else f"{value:.16g}"
