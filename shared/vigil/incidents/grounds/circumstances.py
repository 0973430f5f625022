"""What speaks for a service beside its traces: it strayed, deepest or first, or was changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.duration import duration_words
from vigil.model.incident import RootCause
from vigil.model.suspect import Ground, Proof

# Beside what traces show, where a clear case weighs 3 to 5: most troubles follow a change, and what
# strays first is oftener the cause than not, but clocks and windows are coarse. That others call
# what strayed, and it calls nothing else that did, is as good as a clear case in traces.
_STRAYED = 1.0
_DEEPEST = 3.0
_FIRST = 0.5
_CHANGED = 1.0
_BEFORE = timedelta(minutes=30)
# Clocks of machines differ by less.
_CLOCKS = timedelta(seconds=1)


def circumstances(
    anomalies: Sequence[Anomaly],
    changes: Sequence[Change],
    onset: datetime,
    blamed: RootCause | None = None,
) -> Mapping[str, Sequence[Proof]]:
    """Return what speaks for each service that strayed, or was changed within 30 minutes before.

    `blamed` is the one from which the others follow by who calls whom.
    """
    found: defaultdict[str, list[Proof]] = defaultdict(list)
    if blamed is not None:
        found[blamed.service].append(Proof(Ground.DEEPEST, blamed.reason, _DEEPEST))
    for service, first in _first_of_each(anomalies).items():
        found[service].append(_strayed(first))
    for service, proof in _earliest(_first_of_each(anomalies)).items():
        found[service].append(proof)
    for service, change in _last_changes(changes, onset).items():
        found[service].append(_changed(change, onset))
    return found


def _first_of_each(anomalies: Sequence[Anomaly]) -> Mapping[str, Anomaly]:
    firsts: dict[str, Anomaly] = {}
    for anomaly in sorted(anomalies, key=lambda each: (each.started_at, each.anomaly_id)):
        firsts.setdefault(anomaly.service, anomaly)
    return firsts


def _strayed(anomaly: Anomaly) -> Proof:
    name = str(anomaly.series)
    return Proof(Ground.ERRORS, f"{name}: {anomaly.description}", _STRAYED * anomaly.confidence)


def _earliest(firsts: Mapping[str, Anomaly]) -> Mapping[str, Proof]:
    """Return the proof of the one that strayed well before all others, if there is such a one."""
    ordered = sorted(firsts.values(), key=lambda each: each.started_at)
    if len(ordered) < 2 or ordered[1].started_at - ordered[0].started_at < _CLOCKS:  # noqa: PLR2004  # a pair
        return {}
    first, second = ordered[:2]
    at = first.started_at.astimezone(UTC)
    later = duration_words(second.started_at - first.started_at)
    text = f"{first.service} strayed first ({at:%H:%M:%S}), {second.service} {later} later"
    return {first.service: Proof(Ground.ONSET, text, _FIRST)}


def _last_changes(changes: Sequence[Change], onset: datetime) -> Mapping[str, Change]:
    recent = [each for each in changes if each.service and onset - _BEFORE <= each.at <= onset]
    return {each.service: each for each in sorted(recent, key=lambda each: each.at)}


def _changed(change: Change, onset: datetime) -> Proof:
    before = duration_words(onset - change.at)
    text = f"{change.service} was changed {before} before: {change.what}"
    return Proof(Ground.CHANGE, text, _CHANGED)
