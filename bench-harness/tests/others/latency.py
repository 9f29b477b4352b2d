"""The log of latencies of a profile, read by the HdrHistogram of Python: as many values and the same quantiles."""

import json
import sys
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

folder = Path(sys.argv[1])
wanted = json.loads((folder / "result.json").read_text())["latency_log"]
log = HistogramLogReader(str(folder / "latency.hlog"), HdrHistogram(1, 1 << 42, 3))
histogram = log.get_next_interval_histogram()
assert histogram is not None, "there is an interval"
assert log.get_next_interval_histogram() is None, "there is only one"
got = {
    "count": histogram.get_total_count(),
    "p50_ns": histogram.get_value_at_percentile(50),
    "p99_ns": histogram.get_value_at_percentile(99),
    "p999_ns": histogram.get_value_at_percentile(99.9),
    "max_ns": histogram.get_max_value(),
}
assert got == wanted, f"{got} in place of {wanted}"
print(f"latency.hlog: {got['count']} values, p99.9 {got['p999_ns']} ns, as in result.json")
