"""Which of the findings of recorded days with known faults become which incidents.

    python -m tests.benchmarks.correlation --data DIR --out DIR [--tick SECONDS] [--quiet SECONDS]

DIR is as in tests.benchmarks.incidents, and the days are replayed as there; what is told goes
through correlation. --quiet is how long an incident stays open after its last anomaly; recorded
faults follow each other within minutes, sooner than any of them would be over.

The time of a fault is from its injection to the end of its interval, at most 300 s. An anomaly is
of the fault in whose time its window lies, in part at least (of the later one where there are two),
and of none if there is none. The fault of an incident is the one of which most of its anomalies
are, the earliest among equals. Then, of a day,

- incidents a fault: how many incidents have anomalies of a fault, over the faults that have any;
- faults an incident: of how many faults an incident has anomalies, over the incidents that have
  any of a fault;
- right: the share of the anomalies that are of a fault whose incident's fault is that one;
- root: the share of the faults with anomalies for which the first of their own incidents (those
  whose fault it is) blames the service that was broken, of faults that have one.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.incidents import Fault, day_of, faults_of, replayed
from vigil.incidents.correlation import Correlation, correlate
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.model.tenant import Thresholds

_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Result:
    """What a day came to: counts of which the figures are ratios."""

    faults_seen: int
    incidents: int
    pairs: int
    incidents_of_faults: int
    anomalies_of_faults: int
    right: int
    own: int
    roots: int

    @property
    def figures(self) -> dict[str, float]:
        """The ratios, by name; 0 where there is nothing to divide by."""
        return {
            "incidents a fault": _ratio(self.pairs, self.faults_seen),
            "faults an incident": _ratio(self.pairs, self.incidents_of_faults),
            "right": _ratio(self.right, self.anomalies_of_faults),
            "root": _ratio(self.roots, self.own),
        }

    def line(self) -> str:
        """Return the figures in a line."""
        told = ", ".join(f"{name} {value:.2f}" for name, value in self.figures.items())
        return (
            f"{told} ({self.anomalies_of_faults} anomalies of {self.faults_seen} faults, "
            f"{self.incidents} incidents, {self.incidents - self.incidents_of_faults} of no fault)"
        )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def fault_of(anomaly: Anomaly, faults: Sequence[Fault]) -> Fault | None:
    """Return the latest fault in whose time an anomaly's window lies in part."""
    start = anomaly.window_started_at
    within = [f for f in faults if f.injected_at < start + _WINDOW and start < f.ends_at]
    return max(within, key=lambda fault: fault.injected_at, default=None)


def judged(
    anomalies: Iterable[Anomaly], correlation: Correlation, faults: Sequence[Fault]
) -> Result:
    """Return what the incidents come to that were made of `anomalies` on a day with `faults`."""
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for anomaly in anomalies:
        fault = fault_of(anomaly, faults)
        if fault:
            pairs[correlation.assigned[anomaly.anomaly_id]][fault.fault_id] += 1
    order = [fault.fault_id for fault in sorted(faults, key=lambda fault: fault.injected_at)]
    main = {
        incident_id: max(counted, key=lambda each: (counted[each], -order.index(each)))
        for incident_id, counted in pairs.items()
    }
    firsts = _first_own(correlation.incidents, main)
    return Result(
        faults_seen=len({each for counted in pairs.values() for each in counted}),
        incidents=len(correlation.members),
        pairs=sum(len(counted) for counted in pairs.values()),
        incidents_of_faults=len(pairs),
        anomalies_of_faults=sum(counted.total() for counted in pairs.values()),
        right=sum(counted[main[incident_id]] for incident_id, counted in pairs.items()),
        own=len(firsts),
        roots=sum(
            firsts[fault.fault_id].root_cause.service == fault.service
            for fault in faults
            if fault.fault_id in firsts
        ),
    )


def _first_own(incidents: Iterable[Incident], main: Mapping[str, str]) -> dict[str, Incident]:
    """Return by fault the incident of it that was detected first."""
    firsts: dict[str, Incident] = {}
    for incident in incidents:
        if incident.incident_id in main:
            firsts.setdefault(main[incident.incident_id], incident)
    return firsts


def correlated(told: Sequence[tuple[datetime, Anomaly]], thresholds: Thresholds) -> Correlation:
    """Return the incidents that are made of what was told."""
    anomalies = [anomaly for _, anomaly in told]
    if not anomalies:
        return Correlation()
    until = max(anomaly.detected_at for anomaly in anomalies)
    return correlate(anomalies, (), {}, settled_until=until, thresholds=thresholds)


def main() -> None:
    """Print and write what each day comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tick", type=float, default=5.0)
    parser.add_argument("--quiet", type=int, default=Thresholds().quiet_seconds)
    asked = parser.parse_args()
    plain = json.loads((asked.data / "faults.json").read_text(encoding="utf-8"))
    coverage = json.loads((asked.data / "coverage.json").read_text(encoding="utf-8"))
    thresholds = Thresholds(quiet_seconds=asked.quiet)
    results: dict[str, Any] = {}
    for date, spans in sorted(coverage.items()):
        intervals = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans]
        faults = faults_of(plain, date, intervals)
        told = replayed(day_of(asked.data, date), thresholds, timedelta(seconds=asked.tick))
        correlation = correlated(told, thresholds)
        result = judged([anomaly for _, anomaly in told], correlation, faults)
        print(f"{date} {result.line()}", flush=True)
        results[date] = (
            asdict(result) | result.figures | {"told": _shown(told, correlation, faults)}
        )
    asked.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, default=str)
    (asked.out / "correlation.json").write_text(text, encoding="utf-8")


def _shown(
    told: Sequence[tuple[datetime, Anomaly]], correlation: Correlation, faults: Sequence[Fault]
) -> list[dict[str, object]]:
    incidents = {incident.incident_id: incident for incident in correlation.incidents}
    return [
        {
            "at": at,
            "window": anomaly.window_started_at,
            "service": anomaly.service,
            "endpoint": anomaly.endpoint,
            "type": anomaly.anomaly_type.value,
            "callers": [str(series) for series in anomaly.callers],
            "traces": len(anomaly.trace_ids),
            "incident": (incident_id := correlation.assigned[anomaly.anomaly_id]),
            "root": incidents[incident_id].root_cause.service,
            "fault": fault.fault_id if (fault := fault_of(anomaly, faults)) else None,
            "broken": fault.service if fault else None,
        }
        for at, anomaly in told
    ]


if __name__ == "__main__":
    main()
