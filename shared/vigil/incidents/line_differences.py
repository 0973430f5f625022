"""Lines that are new, or that no longer come, in what strayed."""

import re
from collections.abc import Iterable, Iterator

from vigil.model.anomaly import Anomaly
from vigil.model.impact import Difference

TEMPLATE = "template"
MOST_LINES = 5
_VALUE_LIMIT = 200
_COUNT, _USUAL = "repetitions", "usual_repetitions"
# A lost line has no entry that could be shown: it is quoted where the finding says what was due.
# The line itself may quote.
_QUOTED = re.compile(r'were due: "(.{1,300}?)", by "')


def line_differences(anomalies: Iterable[Anomaly]) -> tuple[Difference, ...]:
    """Return the lines that were never seen before and those that fail to come, MOST_LINES at most.

    A new line's share is that of the failures of its window; of a line that is lost it is the part
    that still came of those that were due. Each line of a service is told once, as the anomaly
    says that saw most of it; what there was most of comes first.
    """
    most: dict[tuple[str, str], Difference] = {}
    for anomaly in anomalies:
        for found in (*_new(anomaly), *_lost(anomaly)):
            key = found.service, found.value
            if key not in most or most[key].total < found.total:
                most[key] = found
    in_order = sorted(most.values(), key=lambda each: (-each.total, each.service, each.value))
    return tuple(in_order[:MOST_LINES])


def _new(anomaly: Anomaly) -> Iterator[Difference]:
    count = round(anomaly.metrics.get(_COUNT, 0.0))
    failed = round(anomaly.metrics.get("failed", 0.0))
    if anomaly.evidence and anomaly.metrics.get(_USUAL) == 0.0 and 0 < count <= failed:
        line = anomaly.evidence[0].template[:_VALUE_LIMIT]
        text = f"{_of_all(count, failed)} a line that was never seen before"
        yield Difference(
            anomaly.service, TEMPLATE, line, count / failed, 0.0, count, failed, f'{text}: "{line}"'
        )


def _lost(anomaly: Anomaly) -> Iterator[Difference]:
    due = round(anomaly.metrics.get(_USUAL, 0.0))
    count = round(anomaly.metrics.get(_COUNT, 0.0))
    quoted = _QUOTED.search(anomaly.description)
    if quoted and count < due:
        line = quoted[1][:_VALUE_LIMIT]
        text = f'a line came {count} times where {due} were due: "{line}"'
        yield Difference(anomaly.service, TEMPLATE, line, count / due, 1.0, count, due, text)


def _of_all(count: int, failed: int) -> str:
    if count < failed:
        return f"{count} of {failed} failures log"
    return f"all {failed} failures log" if failed > 1 else "the failure logs"
