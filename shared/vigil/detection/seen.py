"""A window that is to be judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vigil.detection.baseline import Baseline
from vigil.detection.finding import Finding
from vigil.detection.place import Place
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType


@dataclass(frozen=True, slots=True)
class Seen:
    """A window, whose it is, what was known of that before, and its lines by template id.

    Templates are joined as more is learned of them: `resolve` gives the id that an old one has now.
    """

    window: Window
    place: Place
    baseline: Baseline | None
    lines: Mapping[str, TemplateCount]
    resolve: Callable[[str], str] = str

    def lasts(self, anomaly_type: AnomalyType) -> bool:
        """Whether the series strayed like that a window or two before, so that it may last."""
        start, fired = self.place.start, self.baseline.fired if self.baseline else {}
        before = start - fired.get(anomaly_type.value, -start)
        return before <= 2 * (self.place.end - start)

    def is_sure(self, finding: Finding, least: float) -> bool:
        """Whether a finding of it is believed with at least `least`, where nobody said of noise."""
        lasting = self.lasts(finding.anomaly_type)
        return finding.believed(noise=0, lasting=lasting).confidence >= least
