"""How often one template was seen in one window, and one entry of it."""

from dataclasses import dataclass

from vigil.detection.event_time import instant_of
from vigil.model.anomaly import Evidence


@dataclass(frozen=True, slots=True)
class TemplateCount:
    """How many entries of one template a window has, how many failed, and one as an example.

    `text` and `exemplar` are redacted. The exemplar is the entry with the smallest digest, so that
    it does not depend on which entry came first; `text` is the exemplar with what varies masked.
    Lines that tell of no trouble have no exemplar.
    """

    text: str
    count: int
    failed: int
    first_us: int
    last_us: int
    digest: str = ""
    exemplar: str = ""
    trace_id: str | None = None

    def merged(self, other: "TemplateCount") -> "TemplateCount":
        """Return the count of both; the order of the two does not matter."""
        sample = min(self, other, key=_sample_order)
        return TemplateCount(
            text=sample.text,
            count=self.count + other.count,
            failed=self.failed + other.failed,
            first_us=min(self.first_us, other.first_us),
            last_us=max(self.last_us, other.last_us),
            digest=sample.digest,
            exemplar=sample.exemplar,
            trace_id=sample.trace_id,
        )

    def as_evidence(self) -> Evidence:
        """Return it in the shape in which an anomaly shows it."""
        return Evidence(
            template=self.text,
            exemplar=self.exemplar,
            count=self.count,
            first_seen_at=instant_of(self.first_us),
            last_seen_at=instant_of(self.last_us),
            trace_id=self.trace_id,
        )


def _sample_order(count: TemplateCount) -> tuple[str, str, str, str]:
    return count.digest, count.exemplar, count.text, count.trace_id or ""
