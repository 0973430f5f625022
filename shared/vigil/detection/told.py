"""What is told of a window, and how what is new everywhere at once becomes one thing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vigil.detection.finding import Finding
from vigil.detection.place import Place
from vigil.detection.service_state import told_key
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

NEW_ERROR = "new_error"
# A release brings its new lines within minutes, and they are one piece of news.
QUIET_AFTER_NEWS_SECONDS = 3600
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, of which window, and who calls its series."""

    place: Place
    callers: tuple[Series, ...]
    finding: Finding

    @property
    def key(self) -> str:
        """By what it is known in the state of its service."""
        return told_key(self.place.series.endpoint, self.finding.anomaly_type.value)

    @property
    def is_news(self) -> bool:
        """Whether it tells of an error that was never seen before."""
        return self.finding.detector == NEW_ERROR

    def as_anomaly(self) -> Anomaly:
        """Return the anomaly of a window that is over."""
        return self.finding.as_anomaly(self.place, self.callers)


def news_at_once(found: Sequence[Told], last_news: int | None) -> list[Told]:
    """Return what was found in one window, with one finding for all errors that are new in it.

    It is the one of most lines and has the others as evidence. Nothing new is told within
    QUIET_AFTER_NEWS_SECONDS of the `last_news` (seconds since 1970), so that a release is told of
    once (FAULTS A20).
    """
    news = sorted([told for told in found if told.is_news], key=_weight)
    others = [told for told in found if not told.is_news]
    if not news:
        return others
    first = news[0]
    if last_news is not None and first.place.start - last_news < QUIET_AFTER_NEWS_SECONDS:
        return others
    return [*others, replace(first, finding=_with_others(first.finding, news[1:]))]


def _weight(told: Told) -> tuple[float, str]:
    return -told.finding.metrics["repetitions"], told.place.series.endpoint


def _with_others(finding: Finding, others: Iterable[Told]) -> Finding:
    more = [told.finding for told in others]
    if not more:
        return finding
    lines = finding.evidence + tuple(count for each in more for count in each.evidence)
    return replace(
        finding,
        description=f"{finding.description}, and {len(more)} more new ones in other endpoints",
        evidence=lines[:_SHOWN],
    )
