"""A collection keeps one kind of noun, and an id never leaves it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, alert, anomaly, incident
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest, PreconditionFailed
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.channel import Channel, ChannelKind
from vigil.model.explanation import Explanation
from vigil.model.incident import IncidentStatus
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Tenant
from vigil.ports import Existence, Put
from vigil.stores.collection import Collection
from vigil.stores.queries import ANOMALIES_BY_SEVERITY, DECLARED
from vigil.stores.tenant_store import TenantStore

FOREIGN_IDS = [
    pytest.param("", id="nothing"),
    pytest.param("../x", id="a way up"),
    pytest.param("a/b", id="a way down"),
    pytest.param("/", id="a slash"),
    pytest.param(".", id="a dot"),
    pytest.param("..", id="two dots"),
    pytest.param("__x__", id="a reserved name"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("a\n", id="a line's end"),
    pytest.param("\N{CYRILLIC SMALL LETTER A}", id="a look-alike"),
    pytest.param("a%2Fb", id="an escaped slash"),
    pytest.param("x" * 129, id="too long"),
]
EXPLANATION = Explanation("v1-e", "heuristic", "why", "because", 0.5, ("v1-a",), ("look",), NOON)
EVIDENCE = Evidence("paid {n}", "paid 7", 3, NOON, NOON + timedelta(seconds=1), "t1")
FULL = anomaly(
    metrics={"error_rate": 0.25, "k8s.io/app": 1.0},
    evidence=(EVIDENCE,),
    trace_ids=("t1", "t2"),
    callers=(Series("shop", "POST /checkout"),),
)


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield opened


@pytest.fixture
def store(documents: SqliteDocuments) -> TenantStore:
    return TenantStore(documents, "acme")


def test_a_noun_comes_back_as_it_was(store: TenantStore) -> None:
    ended = incident(
        status=IncidentStatus.MERGED, explanation=EXPLANATION, merged_into="i", trace_id="t1"
    )
    told = alert(anomaly=FULL, labels={"a.b/c": "d"}, notification_channels=("p",))
    store.documents.commit(
        [
            store.anomalies.put("a", FULL),
            store.incidents.put("i", ended),
            store.alerts.put("l", told),
        ]
    )
    kept = (store.anomalies.get("a"), store.incidents.get("i"), store.alerts.get("l"))

    assert [stored.value for stored in kept if stored] == [FULL, ended, told]


def test_a_tenant_comes_back_with_its_channels(documents: SqliteDocuments) -> None:
    tenants = Collection(documents, "", "tenants", Tenant)
    channel = Channel("pager", ChannelKind.SLACK, "env:X", minimum_severity=Severity.LOW)
    tenant = Tenant("acme", "Acme", NOON, channels=(channel,), entries_per_second=5)
    documents.commit([tenants.put("acme", tenant)])

    stored = tenants.get("acme")
    assert stored is not None
    assert stored.value == tenant


@given(st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False))
def test_a11_any_text_and_number_comes_back(text: str, number: float) -> None:
    clean = text.encode("utf-16", "replace").decode("utf-16")
    kept = anomaly(description=clean, metrics={"rate": number}, recommended_actions=(clean,))
    with closing(SqliteDocuments(":memory:", DECLARED)) as documents:
        anomalies = TenantStore(documents, "acme").anomalies
        documents.commit([anomalies.put("a", kept)])
        stored = anomalies.get("a")

    assert stored is not None
    assert stored.value == kept


def test_an_instant_of_another_zone_is_the_same_instant(store: TenantStore) -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    store.documents.commit([store.anomalies.put("a", anomaly(detected_at=local))])
    stored = store.anomalies.get("a")

    assert stored is not None
    assert stored.value.detected_at == NOON


@pytest.mark.parametrize("document_id", FOREIGN_IDS)
def test_d04_an_id_that_could_leave_the_collection_is_refused(
    store: TenantStore, document_id: str
) -> None:
    anomalies: Collection[Anomaly] = store.anomalies
    with pytest.raises(InvalidRequest):
        anomalies.path(document_id)
    with pytest.raises(InvalidRequest):
        anomalies.get(document_id)
    with pytest.raises(InvalidRequest):
        anomalies.get_all(["a", document_id])
    with pytest.raises(InvalidRequest):
        anomalies.put(document_id, anomaly())
    with pytest.raises(InvalidRequest):
        anomalies.delete(document_id)
    with pytest.raises(InvalidRequest):
        store.history(document_id)


def test_what_is_not_there_is_none_in_its_place(store: TenantStore) -> None:
    store.documents.commit([store.anomalies.put("b", anomaly(anomaly_id="b"))])
    found = store.anomalies.get_all(["a", "b", "c"])

    assert [stored and stored.value.anomaly_id for stored in found] == [None, "b", None]
    assert store.anomalies.get_all([]) == []


def test_what_was_written_since_it_was_read_is_not_overwritten(store: TenantStore) -> None:
    store.documents.commit([store.anomalies.put("a", anomaly(), when=Existence.ABSENT)])
    read = store.anomalies.get("a")
    assert read is not None
    store.documents.commit([store.anomalies.put("a", anomaly(confidence=0.8))])

    with pytest.raises(PreconditionFailed):
        store.documents.commit([store.anomalies.put("a", anomaly(), when=read.unchanged)])
    with pytest.raises(PreconditionFailed):
        store.documents.commit([store.anomalies.delete("a", when=read.unchanged)])


def test_every_put_says_when_it_may_be_forgotten(documents: SqliteDocuments) -> None:
    def expires_at(value: Anomaly) -> datetime:
        return value.detected_at + timedelta(days=1)

    kept = Collection(documents, "tenants/acme", "anomalies", Anomaly, expires_at)
    forever = Collection(documents, "tenants/acme", "anomalies", Anomaly)

    assert kept.put("a", anomaly()).fields["expires_at"] == anomaly().detected_at + timedelta(1)
    assert "expires_at" not in forever.put("a", anomaly()).fields


def test_a22_a_field_that_a_later_version_wrote_is_passed_over(store: TenantStore) -> None:
    write = store.anomalies.put("a", anomaly())
    store.documents.commit([Put(write.path, {**write.fields, "from_tomorrow": {"x": 1}})])
    stored = store.anomalies.get("a")

    assert stored is not None
    assert stored.value == anomaly()


def test_a_query_finds_nouns(store: TenantStore) -> None:
    grave = replace(anomaly(), severity=Severity.CRITICAL)
    store.documents.commit([store.anomalies.put("a", anomaly()), store.anomalies.put("b", grave)])
    found = store.anomalies.query(
        ANOMALIES_BY_SEVERITY, equal={"severity": Severity.CRITICAL.value}, limit=5
    )

    assert [stored.value for stored in found] == [grave]
