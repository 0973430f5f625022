"""Which changes may have to do with an incident: those shortly before it, near what it hits."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from vigil.model.change import Change

MOST_CHANGES = 10
CHANGED_WITHIN = timedelta(minutes=15)
# By so much the clocks of those who change and of those who serve may differ.
GRACE = timedelta(minutes=1)


def recent_changes(
    changes: Iterable[Change],
    *,
    onset: datetime,
    services: Collection[str],
    within: timedelta = CHANGED_WITHIN,
) -> tuple[Change, ...]:
    """Return the changes up to `within` before the onset, or GRACE after it, the nearest first.

    They are of one of `services`, or of no single service. At most MOST_CHANGES, each once.
    """
    recent = {
        change.change_id: change
        for change in changes
        if onset - within <= change.at <= onset + GRACE
        and (not change.service or change.service in services)
    }
    nearest = sorted(recent.values(), key=lambda each: (abs(onset - each.at), each.change_id))
    return tuple(nearest[:MOST_CHANGES])
