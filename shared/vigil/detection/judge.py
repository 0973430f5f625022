"""What the rules say of a closed window."""

from collections.abc import Callable, Iterable

from vigil.detection.baseline import Baseline
from vigil.detection.finding import Finding
from vigil.detection.rules.error_rate import error_rate
from vigil.detection.rules.latency import latency
from vigil.detection.rules.repeated_errors import repeated_errors
from vigil.detection.rules.resource_exhaustion import resource_exhaustion
from vigil.detection.rules.security_incident import security_incident
from vigil.detection.rules.server_errors import server_errors
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.tenant import Thresholds

Rule = Callable[[Window, Baseline | None, Thresholds], Finding | None]


def _regardless_of_baseline(rule: Callable[[Window, Thresholds], Finding | None]) -> Rule:
    return lambda window, _baseline, thresholds: rule(window, thresholds)


RULES: tuple[Rule, ...] = (
    _regardless_of_baseline(error_rate),
    _regardless_of_baseline(server_errors),
    latency,
    _regardless_of_baseline(repeated_errors),
    _regardless_of_baseline(resource_exhaustion),
    _regardless_of_baseline(security_incident),
)


def judge(window: Window, baseline: Baseline | None, thresholds: Thresholds) -> list[Finding]:
    """Return what every rule finds in a closed `window`, however sure it is."""
    findings = [rule(window, baseline, thresholds) for rule in RULES]
    return [finding for finding in findings if finding is not None]


def worth_telling(findings: Iterable[Finding], thresholds: Thresholds) -> list[Finding]:
    """Return the findings that are sure enough, and of each type only the graver."""
    gravest: dict[AnomalyType, Finding] = {}
    for finding in findings:
        if finding.confidence < thresholds.minimum_confidence:
            continue
        known = gravest.get(finding.anomaly_type)
        if known is None or finding.gravity > known.gravity:
            gravest[finding.anomaly_type] = finding
    return list(gravest.values())
