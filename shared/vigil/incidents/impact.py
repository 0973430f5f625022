"""How far an incident reaches: requests, users, error budget, and the order of its services."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from vigil.model.anomaly import Anomaly
from vigil.model.impact import Impact
from vigil.model.request_traffic import Traffic
from vigil.model.series import Series
from vigil.model.user_hashes import UserSketch

BUDGET_MINUTES = 30 * 24 * 60


def impact_of(
    affected: Sequence[Series],
    bad: Traffic,
    anomalies: Sequence[Anomaly],
    *,
    objective: float,
    minutes: float,
) -> Impact:
    """Return what `bad`, the traffic of the `minutes` (> 0) of an incident, says of its reach.

    `requests` and `failed` are those of the affected endpoints. A month's error budget is what may
    fail in 30 days by the `objective` (0..1, less than 1), at the rate of these minutes:

        budget_burned = failed / ((1 - objective) * requests * 43200 / minutes)

    It is None where nothing was requested. Users are kept by service: `users` is about how many
    had a request that failed in the affected services, `user_share` their part of those seen there.
    `spread` names the services by when the first of their anomalies began.
    """
    parts = [bad.endpoints[at] for each in affected if (at := _key(each)) in bad.endpoints]
    requests = sum(part.requests for part in parts)
    failed = sum(part.failed for part in parts)
    users, user_share = _users(bad, {each.service for each in affected})
    allowed = (1.0 - objective) * requests * BUDGET_MINUTES / minutes
    return Impact(
        round(requests),
        round(failed),
        users,
        user_share,
        failed / allowed if requests else None,
        _spread(anomalies),
    )


def _key(series: Series) -> tuple[str, str]:
    return series.service, series.endpoint


def _users(bad: Traffic, services: Collection[str]) -> tuple[int | None, float | None]:
    seen, hit = _together(bad.users, services), _together(bad.failed_users, services)
    if not seen:
        return None, None
    return round(hit), min(hit / seen, 1.0)


def _together(users: Mapping[str, UserSketch], services: Collection[str]) -> float:
    """Return how many users there are of all services together; who uses two is one."""
    union = UserSketch()
    for service in services:
        if service in users:
            union.merge(users[service])
    return union.count()


def _spread(anomalies: Iterable[Anomaly]) -> tuple[str, ...]:
    ordered = sorted(anomalies, key=lambda each: (each.started_at, each.service))
    return tuple(dict.fromkeys(each.service for each in ordered))
