"""Which of the findings of recorded days with known faults become which incidents.

    python -m tests.benchmarks.correlation --data DIR --out DIR [--quiet SECONDS]

DIR is as in tests.benchmarks.incidents. Each day goes in event time through a whole installation
that knows nothing before it. Recorded faults follow each other within minutes, sooner than the
incident of any of them is over: with --quiet one is over so long after its last anomaly, and does
not open again.

The time of a fault is from its injection to the end of its interval, at most 300 s. An anomaly is
of the fault in whose time its window lies, in part at least (of the later one where there are two),
and of none if there is none. The fault of an incident is the one of which most of its anomalies
are, the earliest among equals. Then, of a day,

- incidents a fault: how many incidents have anomalies of a fault, over the faults that have any;
- faults an incident: of how many faults an incident has anomalies, over the incidents that have
  any of a fault;
- right: the share of the anomalies that are of a fault whose incident's fault is that one;
- root: the share of the faults with an incident of their own (whose fault it is) of which the
  first blames the service that was broken;
- suspect: of which that incident's first suspect is that service.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmarks.incidents import Fault, day_of, faults_of
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Thresholds
from vigil.stores.queries import ANOMALIES, INCIDENTS

_WINDOW = timedelta(seconds=60)
_TICK = timedelta(seconds=60)
_BATCH = timedelta(seconds=2)
# So long ticks go on when nothing comes.
_GOES_ON = timedelta(minutes=4)


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
    suspected: int

    @property
    def figures(self) -> dict[str, float]:
        """The ratios, by name; 0 where there is nothing to divide by."""
        return {
            "incidents a fault": _ratio(self.pairs, self.faults_seen),
            "faults an incident": _ratio(self.pairs, self.incidents_of_faults),
            "right": _ratio(self.right, self.anomalies_of_faults),
            "root": _ratio(self.roots, self.own),
            "suspect": _ratio(self.suspected, self.own),
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
    anomalies: Iterable[Anomaly], incidents: Sequence[Incident], faults: Sequence[Fault]
) -> Result:
    """Return what incidents, the first to be detected first, and their anomalies come to."""
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for anomaly in anomalies:
        fault = fault_of(anomaly, faults)
        if fault:
            pairs[anomaly.incident_id or ""][fault.fault_id] += 1
    order = [fault.fault_id for fault in sorted(faults, key=lambda fault: fault.injected_at)]
    main = {
        incident_id: max(counted, key=lambda each: (counted[each], -order.index(each)))
        for incident_id, counted in pairs.items()
    }
    firsts = _first_own(incidents, main)
    return Result(
        faults_seen=len({each for counted in pairs.values() for each in counted}),
        incidents=len([i for i in incidents if i.status is not IncidentStatus.MERGED]),
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
        suspected=sum(
            fault.service in [each.service for each in firsts[fault.fault_id].suspects[:1]]
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


def watched(
    entries: Sequence[LogEntry], thresholds: Thresholds
) -> tuple[list[Anomaly], list[Incident]]:
    """Return what a whole installation finds in entries in order of time, oldest first.

    What comes within two seconds is a batch. Ticks come each minute; they go on for a while when
    nothing comes, and then wait.
    """
    with VigilInMemory(replace(ACME, thresholds=thresholds)) as vigil:
        installation = _Installation(vigil)
        for began, together in groupby(entries, key=_batch_of):
            installation.tick_until(began)
            installation.take_in(tuple(together), began + _BATCH)
        installation.tick_until(vigil.clock.now + _GOES_ON)
        anomalies = [stored.value for stored in vigil.store.anomalies.query(ANOMALIES)]
        incidents = [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]
        return anomalies[::-1], incidents[::-1]


def _batch_of(entry: LogEntry) -> datetime:
    seconds = int(entry.received_at.timestamp() // _BATCH.total_seconds() * _BATCH.total_seconds())
    return datetime.fromtimestamp(seconds, UTC)


class _Installation:
    """An installation, whose clock follows the entries."""

    def __init__(self, vigil: VigilInMemory) -> None:
        self._vigil = vigil
        self._batches = 0
        self._ticked_at: datetime | None = None

    def take_in(self, entries: tuple[LogEntry, ...], now: datetime) -> None:
        self._vigil.clock.now = now
        self._batches += 1
        batch = LogBatch(
            f"b{self._batches}",
            self._vigil.store.tenant_id,
            now,
            entries,
            Outcomes(received=len(entries)),
        )
        self._vigil.workflows.detect_anomalies.handle(batch.to_bytes())
        self._vigil.deliver()

    def tick_until(self, until: datetime) -> None:
        if self._ticked_at is None:
            self._ticked_at = until
        last = self._vigil.clock.now + _GOES_ON
        while self._ticked_at + _TICK <= min(until, last):
            self._ticked_at += _TICK
            self._vigil.clock.now = self._ticked_at
            self._vigil.tick()
        if until > last:
            self._ticked_at = until


def main() -> None:
    """Print and write what each day comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quiet", type=int)
    asked = parser.parse_args()
    plain = json.loads((asked.data / "faults.json").read_text(encoding="utf-8"))
    coverage = json.loads((asked.data / "coverage.json").read_text(encoding="utf-8"))
    thresholds = Thresholds()
    if asked.quiet is not None:
        thresholds = Thresholds(quiet_seconds=asked.quiet, reopen_within_seconds=0)
    results: dict[str, Any] = {}
    for date, spans in sorted(coverage.items()):
        intervals = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in spans]
        faults = faults_of(plain, date, intervals)
        anomalies, incidents = watched(day_of(asked.data, date), thresholds)
        result = judged(anomalies, incidents, faults)
        print(f"{date} {result.line()}", flush=True)
        shown = {"told": _shown(anomalies, incidents, faults)}
        results[date] = asdict(result) | result.figures | shown
    asked.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, default=str)
    (asked.out / "correlation.json").write_text(text, encoding="utf-8")


def _shown(
    anomalies: Sequence[Anomaly], incidents: Iterable[Incident], faults: Sequence[Fault]
) -> list[dict[str, object]]:
    known = {incident.incident_id: incident for incident in incidents}
    return [
        {
            "detected": anomaly.detected_at,
            "window": anomaly.window_started_at,
            "service": anomaly.service,
            "endpoint": anomaly.endpoint,
            "type": anomaly.anomaly_type.value,
            "callers": [str(series) for series in anomaly.callers],
            "traces": len(anomaly.trace_ids),
            "incident": anomaly.incident_id,
            "root": known[anomaly.incident_id or ""].root_cause.service,
            "suspects": [each.service for each in known[anomaly.incident_id or ""].suspects],
            "reason": known[anomaly.incident_id or ""].reasons.get(anomaly.anomaly_id),
            "fault": fault.fault_id if (fault := fault_of(anomaly, faults)) else None,
            "broken": fault.service if fault else None,
        }
        for anomaly in anomalies
    ]


if __name__ == "__main__":
    main()
