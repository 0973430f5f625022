"""A tenant's store names no other tenant (FAULTS G3, D04)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from tests.builders import NOON, alert, anomaly, incident, stream
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest
from vigil.model.change import Change, ChangeKind
from vigil.model.observed import Observed
from vigil.model.outcome import Outcomes
from vigil.model.stream import LogStreamConfig
from vigil.model.tenant import Tenant
from vigil.ports import DeclaredQuery
from vigil.stores.queries import DECLARED
from vigil.stores.tenant_store import TenantStore, judge_until, judged_until, tenant_of
from vigil.stores.traffic_records import TrafficRecords
from vigil.stores.usage import PLATFORM, count, outcomes_of, totals

CANARY = "canary-of-globex"
OF_ONE_TENANT = [
    query
    for query in DECLARED
    if not query.across_tenants and query.collection not in ("tenants", "projects", "quarantine")
]
# What each equality is asked for, so that the canary's documents would be found.
ASKED: dict[str, object] = {
    "incident_id": CANARY,
    "service": CANARY,
    "service_id": CANARY,
    "severity": "high",
    "status": "open",
    "alert_id": CANARY,
}
BOUND = {
    "detected_at": NOON - timedelta(days=1),
    "expires_at": NOON + timedelta(days=999),
    "resolved_at": NOON - timedelta(days=1),
    "at": NOON - timedelta(days=1),
}


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    """Documents in which globex, and tenants whose names are like acme's, have canaries."""
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        for tenant_id in ("globex", "acme-2", "acm", "acmE"):
            _settle(TenantStore(opened, tenant_id))
        yield opened


def _settle(store: TenantStore) -> None:
    struck = anomaly(service=CANARY, description=CANARY, incident_id=CANARY)
    store.documents.commit(
        [
            store.anomalies.put(CANARY, struck),
            store.incidents.put(CANARY, incident(title=CANARY, resolved_at=NOON)),
            store.alerts.put(CANARY, alert(title=CANARY, anomaly=struck)),
            count(store.root, CANARY, NOON, Outcomes(received=7, processed=7)),
            judge_until(store, NOON),
            store.changes.put(
                CANARY, Change(CANARY, store.tenant_id, ChangeKind.REVISION, CANARY, CANARY, NOON)
            ),
            store.streams.put(CANARY, stream(config=LogStreamConfig(CANARY))),
            TrafficRecords(store.documents, store.root, window_seconds=60).put(
                NOON, CANARY, Observed()
            ),
        ]
    )


def _ask(store: TenantStore, query: DeclaredQuery) -> str:
    bound = BOUND.get(query.order_by or "") if query.operator else None
    equal = {name: ASKED[name] for name in query.equal}
    if query.collection == "streams":
        equal = {"status": "active"}
    return repr(store.documents.query(query, parent=store.root, equal=equal, bound=bound))


@pytest.mark.parametrize("query", [pytest.param(q, id=q.name) for q in OF_ONE_TENANT])
def test_g3_no_query_of_a_tenant_finds_what_is_another_tenants(
    documents: SqliteDocuments, query: DeclaredQuery
) -> None:
    assert CANARY not in _ask(TenantStore(documents, "acme"), query)


def test_g3_the_canary_would_be_found_by_its_owner(documents: SqliteDocuments) -> None:
    theirs = TenantStore(documents, "globex")
    found = [query.name for query in OF_ONE_TENANT if CANARY in _ask(theirs, query)]

    assert len(found) >= 10


def test_g3_no_id_finds_what_is_another_tenants(documents: SqliteDocuments) -> None:
    store = TenantStore(documents, "acme")

    assert store.anomalies.get(CANARY) is None
    assert store.incidents.get(CANARY) is None
    assert store.alerts.get(CANARY) is None
    assert judged_until(store) is None
    assert totals(documents, store.root) == {}
    assert totals(documents, PLATFORM) == {}


@pytest.mark.parametrize(
    "tenant_id", ["", "../globex", "acme/../globex", "a/b", "__all__", "acme\0", "x" * 129]
)
def test_d04_a_tenant_id_that_could_leave_the_tenant_is_refused(
    documents: SqliteDocuments, tenant_id: str
) -> None:
    with pytest.raises(InvalidRequest):
        TenantStore(documents, tenant_id)


def test_what_happened_is_kept_for_the_tenants_retention(documents: SqliteDocuments) -> None:
    store = TenantStore.of(documents, Tenant("acme", "Acme", NOON, retention_days=3))
    three_days = timedelta(days=3)

    struck, ended, told = anomaly(), incident(), alert()
    puts = [
        store.anomalies.put("a", struck),
        store.incidents.put("i", ended),
        store.alerts.put("l", told),
    ]
    assert [put.fields["expires_at"] for put in puts] == [
        struck.detected_at + three_days,
        ended.last_detected_at + three_days,
        told.updated_at + three_days,
    ]


def test_up_to_where_all_is_judged_is_remembered(documents: SqliteDocuments) -> None:
    store = TenantStore(documents, "acme")
    documents.commit([judge_until(store, NOON)])
    documents.commit([judge_until(store, NOON + timedelta(minutes=1))])

    assert judged_until(store) == NOON + timedelta(minutes=1)


def test_a_path_says_whose_it_is(documents: SqliteDocuments) -> None:
    store = TenantStore(documents, "acme")

    assert tenant_of(store.outbox.path("k")) == "acme"
    assert tenant_of(store.history("a").path("1")) == "acme"


def test_g1_counters_of_days_and_services_add_up(documents: SqliteDocuments) -> None:
    root = TenantStore(documents, "acme").root
    for day in range(3):
        for service in ("a", "b"):
            outcomes = Outcomes(received=5, processed=3, duplicate=2, late=1)
            now = NOON + timedelta(days=day)
            documents.commit([count(root, service, now, outcomes, batches=1)] * 2)

    counters = totals(documents, root)
    assert outcomes_of(counters) == Outcomes(received=60, processed=36, duplicate=24, late=12)
    assert counters["batches"] == 12
    assert outcomes_of(counters).balanced
