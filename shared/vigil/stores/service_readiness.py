"""How far all series of a tenant have been learned, read out of the states of its services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vigil.detection.readiness import SeriesReadiness, readiness_of
from vigil.detection.warm_up import WarmUp
from vigil.errors import PermanentError
from vigil.model.instant import instant_as_text
from vigil.model.tenant import Tenant
from vigil.stores.detector_states import DetectorStates, ReadService
from vigil.stores.tenant_store import TenantStore, judged_until
from vigil.telemetry import logger

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class TenantReadiness:
    """The series of a tenant by service and endpoint, and whether only fixed limits judge them.

    `unreadable` are the services whose state is damaged; of a name that is damaged, too, it has "".
    """

    series: Sequence[SeriesReadiness]
    unreadable: Sequence[str]
    rules_only: bool

    @property
    def ready(self) -> int:
        """How many series wait for nothing."""
        return len([each for each in self.series if each.ready])


def tenant_readiness(
    store: TenantStore, tenant: Tenant, *, service: str | None = None
) -> TenantReadiness:
    """Return how far the series of a tenant, or of one service of it, have been learned.

    A service of which nothing is known has no series.
    """
    series, unreadable = list[SeriesReadiness](), list[str]()
    # Each is forgotten before the next is looked at: what is decoded is many times what is stored.
    for read in _services(store, service, unreadable):
        try:
            for state in read.states.values():
                series += readiness_of(state, tenant.thresholds)
        except PermanentError:
            _log.exception("what a service has learned cannot be read", path=read.path)
            unreadable.append(read.service)
    return TenantReadiness(sorted(series), sorted(unreadable), tenant.thresholds.rules_only)


def readiness_as_json(readiness: TenantReadiness, *, limit: int | None = None) -> dict[str, object]:
    """Return it in the shape of the API, with `limit` series at most; the totals count them all."""
    return {
        "rules_only": readiness.rules_only,
        "total_series": len(readiness.series),
        "total_ready": readiness.ready,
        "series": [_series_as_json(each) for each in readiness.series[:limit]],
        "unreadable": list(readiness.unreadable),
    }


def _series_as_json(series: SeriesReadiness) -> dict[str, object]:
    return {
        "service": series.service,
        "endpoint": series.endpoint,
        "since": instant_as_text(series.since),
        "windows": series.windows,
        "samples": series.samples,
        "ready": series.ready,
        "learned": [_warm_up_as_json(each) for each in series.warm_ups],
    }


def _warm_up_as_json(warm_up: WarmUp) -> dict[str, object]:
    return {
        "subject": warm_up.subject.value,
        "ready": warm_up.ready,
        "waits_for": warm_up.waits_for or None,
    }


def _services(
    store: TenantStore, service: str | None, unreadable: list[str]
) -> Iterator[ReadService]:
    states, judged_at = DetectorStates(store.documents), judged_until(store)
    if service is None:
        found = states.of_tenant(store.root, judged_at, on_damage=unreadable.append)
        while found:
            yield found.pop()
        return
    path = states.path(store.root, service)
    (document,) = store.documents.get([path])
    if document is None:
        return
    try:
        read = states.read(path, document, service, judged_at)
        yield states.with_shards(read, range(read.shards))
    except PermanentError:
        _log.exception("the state of a service cannot be read", path=path)
        unreadable.append(service)
