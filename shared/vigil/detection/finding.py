"""A finding: what one rule says of one window, before it is known whose window that was."""

from dataclasses import dataclass, field, replace

from vigil.detection.actions import recommended_actions
from vigil.detection.event_time import instant_of
from vigil.detection.place import Place
from vigil.detection.template_count import TemplateCount
from vigil.detection.trust import PRIOR, confidence_of
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.identity import content_id
from vigil.model.series import Series
from vigil.model.severity import Severity

# Nothing that is counted from a sample is certain.
HIGHEST_CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a window.

    `confidence` is 0..1. Where a finding knows its `chance` by luck, and the `prior` of its kind,
    its confidence follows from them. `started_us` is when it began, in microseconds of event time,
    None for the window's start. `detector` says which one found it.
    """

    anomaly_type: AnomalyType
    severity: Severity
    confidence: float
    description: str
    metrics: dict[str, float] = field(default_factory=dict)
    started_us: int | None = None
    evidence: tuple[TemplateCount, ...] = ()
    trace_ids: tuple[str, ...] = ()
    detector: str = ""
    chance: float | None = None
    prior: float = PRIOR

    def believed(self, *, noise: int, lasting: bool) -> "Finding":
        """Return it as sure as its chance makes it, of a series with so much `noise`."""
        if self.chance is None:
            return self
        sure = confidence_of(self.chance, prior=self.prior, noise=noise, lasting=lasting)
        return replace(self, confidence=sure)

    @property
    def gravity(self) -> tuple[int, float]:
        """What to compare by when only one finding is told."""
        return self.severity.rank, self.confidence

    def as_anomaly(
        self,
        place: Place,
        callers: tuple[Series, ...] = (),
        *,
        detected_us: int | None = None,
    ) -> Anomaly:
        """Return the anomaly that this finding is of the window at `place`.

        `detected_us` is when, of one that was found before the window was over.
        """
        kind, series = self.anomaly_type, place.series
        identity = (place.tenant_id, series.service, series.endpoint, kind, place.start)
        return Anomaly(
            anomaly_id=content_id("anomaly", *identity),
            tenant_id=place.tenant_id,
            anomaly_type=kind,
            severity=self.severity,
            service=series.service,
            endpoint=series.endpoint,
            description=self.description,
            confidence=round(min(self.confidence, HIGHEST_CONFIDENCE), 4),
            window_started_at=place.started_at,
            started_at=place.started_at if self.started_us is None else instant_of(self.started_us),
            detected_at=place.ended_at if detected_us is None else instant_of(detected_us),
            metrics=self.metrics,
            evidence=tuple(count.as_evidence() for count in self.evidence),
            trace_ids=self.trace_ids,
            callers=callers,
            recommended_actions=recommended_actions(kind, self.detector),
        )
