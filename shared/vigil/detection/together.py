"""What several findings of one window say of the same entries."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.detection.evidence import SHOWN
from vigil.detection.finding import Finding
from vigil.detection.told import Told
from vigil.model.anomaly import AnomalyType


def failures_once(told: Sequence[Told]) -> list[Told]:
    """Return what is told of one window when it is over, with no failure told twice.

    An error line that came too often is part of the error spike that its entries make in its
    endpoint: the spike says so as well, has it as its first evidence, and is as grave as the graver
    of the two.
    """
    lines = {_endpoint(each): each for each in told if _is_of_failures(each.finding)}
    spikes = {_endpoint(each) for each in told if _is_spike(each)}
    once: list[Told] = []
    for each in told:
        line = lines.get(_endpoint(each))
        if line is not None and _is_spike(each):
            once.append(replace(each, finding=_whole(each.finding, line.finding)))
        elif each is not line or _endpoint(each) not in spikes:
            once.append(each)
    return once


def _endpoint(told: Told) -> str:
    return told.place.series.endpoint


def _is_spike(told: Told) -> bool:
    return told.finding.anomaly_type is AnomalyType.ERROR_SPIKE


def _is_of_failures(finding: Finding) -> bool:
    """Whether it is of an error line; what no longer comes has not failed."""
    if finding.anomaly_type is not AnomalyType.UNUSUAL_PATTERN or not finding.evidence:
        return False
    return all([count.failed for count in finding.evidence])


def _whole(spike: Finding, line: Finding) -> Finding:
    return replace(
        spike,
        description=f"{spike.description}. {line.description}",
        evidence=tuple(dict.fromkeys(line.evidence + spike.evidence))[:SHOWN],
        severity=max(spike.severity, line.severity, key=lambda each: each.rank),
    )
