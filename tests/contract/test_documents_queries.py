"""What every store of documents promises of its queries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.contract.declared_queries import (
    BY_PATH,
    DUE,
    EVERYWHERE,
    NEWEST_FIRST,
    NEWEST_UNTIL,
    OF_RANK,
    OF_SERVICE_SINCE,
    OPEN_BY_START,
    RANK_FROM,
    RANK_UP_TO,
    TENANTS,
)
from vigil.errors import PermanentError, UndeclaredQuery
from vigil.ports import DeclaredQuery, Delete, Document, Documents, Put

ACME = "tenants/acme"
NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ids(found: Sequence[Document]) -> list[str]:
    return [document.path.split("/")[-1] for document in found]


def put_incidents(documents: Documents, **incidents: Mapping[str, object]) -> None:
    documents.commit([Put(f"{ACME}/incidents/{name}", each) for name, each in incidents.items()])


def test_a_query_returns_whole_documents_as_get_does(documents: Documents) -> None:
    incident = {"status": "open", "started_at": NOON, "state": b"\x00\xff", "map": {"a.b": [1]}}
    put_incidents(documents, i1=incident)

    found = documents.query(OPEN_BY_START, parent=ACME, equal={"status": "open"})

    assert found == documents.get([f"{ACME}/incidents/i1"])
    assert found[0].fields == incident


def test_a_query_compares_and_orders(documents: Documents) -> None:
    put_incidents(
        documents,
        late={"status": "open", "started_at": NOON + HOUR},
        early={"status": "open", "started_at": NOON - HOUR},
        over={"status": "resolved", "started_at": NOON},
        mid={"status": "open", "started_at": NOON + timedelta(microseconds=1)},
    )

    found = documents.query(OPEN_BY_START, parent=ACME, equal={"status": "open"})

    assert ids(found) == ["early", "mid", "late"]


def test_instants_of_all_zones_are_in_one_order(documents: Documents) -> None:
    east = timezone(5 * HOUR)
    put_incidents(
        documents,
        b={"started_at": (NOON + HOUR).astimezone(east)},
        a={"started_at": NOON},
        c={"started_at": NOON + 2 * HOUR},
    )

    found = documents.query(NEWEST_UNTIL, parent=ACME, bound=NOON + HOUR)

    assert ids(found) == ["b", "a"]


@pytest.mark.parametrize("query", [OPEN_BY_START, NEWEST_FIRST])
def test_equal_keys_come_in_the_order_of_paths(documents: Documents, query: DeclaredQuery) -> None:
    names = ["b", "a-b", "a", "B", "a_b", "10", "9"]
    put_incidents(documents, **{name: {"status": "open", "started_at": NOON} for name in names})

    found = documents.query(query, parent=ACME, equal=dict.fromkeys(query.equal, "open"))

    assert ids(found) == ["10", "9", "B", "a", "a-b", "a_b", "b"]


def test_the_newest_come_first_and_no_more_than_asked_for(documents: Documents) -> None:
    put_incidents(documents, **{f"i{n}": {"started_at": NOON + n * HOUR} for n in range(6)})

    assert ids(documents.query(NEWEST_FIRST, parent=ACME, limit=2)) == ["i5", "i4"]
    assert len(documents.query(NEWEST_FIRST, parent=ACME)) == 6


@pytest.mark.parametrize("limit", range(1, 9))
def test_equal_keys_are_cut_in_the_order_of_paths(documents: Documents, limit: int) -> None:
    ranks = {"a": 2, "b": 1, "c": 2.0, "e": 1, "f": 2, "g": 3, "h": 1}
    put_incidents(documents, **{name: {"started_at": rank} for name, rank in ranks.items()})

    found = documents.query(NEWEST_FIRST, parent=ACME, limit=limit)

    assert ids(found) == ["g", "a", "c", "f", "b", "e", "h"][:limit]


def test_a_range_includes_its_bound(documents: Documents) -> None:
    each = {"status": "open", "service": "shop"}
    put_incidents(documents, **{f"i{n}": {**each, "started_at": NOON + n * HOUR} for n in range(5)})
    put_incidents(documents, other={**each, "service": "cart", "started_at": NOON + 3 * HOUR})

    since = documents.query(OF_SERVICE_SINCE, parent=ACME, equal=each, bound=NOON + 3 * HOUR)
    until = documents.query(NEWEST_UNTIL, parent=ACME, bound=NOON + HOUR)

    assert ids(since) == ["i3", "i4"]
    assert ids(until) == ["i1", "i0"]


def test_a_document_without_the_field_is_not_returned(documents: Documents) -> None:
    put_incidents(documents, a={"started_at": NOON}, b={"status": "open"}, c={"started_at": None})

    assert ids(documents.query(NEWEST_FIRST, parent=ACME)) == ["a", "c"]
    assert ids(documents.query(BY_PATH, parent=ACME)) == ["a", "b", "c"]


RANKS: dict[str, object] = {
    "one": 1,
    "one-float": 1.0,
    "true": True,
    "false": False,
    "null": None,
    "text": "1",
    "empty": "",
    "tenth": 0.1,
    "tiny": 5e-324,
    "third": 1 / 3,
    "minus": -5,
    "least": -(2**63),
    "large": 2**53 + 1,
    "larger": 2**53 + 2,
    "largest": 2**63 - 1,
    "date": NOON,
    "date-first": datetime(1, 1, 1, 0, 0, 9, tzinfo=UTC),
    "date-last": datetime(9999, 12, 31, tzinfo=UTC),
    "date-text": "2026-01-20T12:00:00Z",
    "accent": "é",
    "z": "z",
    "emoji": "😀",
}


@pytest.fixture
def ranked(documents: Documents) -> Documents:
    put_incidents(documents, none={}, **{name: {"rank": each} for name, each in RANKS.items()})
    return documents


@pytest.mark.parametrize("name", RANKS)
def test_equal_means_of_the_same_kind_and_value(ranked: Documents, name: str) -> None:
    expected = [other for other, value in RANKS.items() if same(RANKS[name], value)]

    found = ranked.query(OF_RANK, parent=ACME, equal={"rank": RANKS[name]})

    assert ids(found) == sorted(expected)


@pytest.mark.parametrize("name", [name for name, value in RANKS.items() if value is not None])
def test_a_range_finds_only_what_is_of_the_kind_of_its_bound(ranked: Documents, name: str) -> None:
    bound = RANKS[name]
    alike = {other: value for other, value in RANKS.items() if kind(value) == kind(bound)}

    up_to = ids(ranked.query(RANK_UP_TO, parent=ACME, bound=bound))
    beyond = ids(ranked.query(RANK_FROM, parent=ACME, bound=bound))

    in_order = sorted(alike, key=lambda other: (sort_key(alike[other]), other))
    first = next(index for index, other in enumerate(in_order) if same(alike[other], bound))
    last = first + sum(same(value, bound) for value in alike.values())
    assert up_to == in_order[:last]
    assert beyond == in_order[first:]


def kind(value: object) -> type:
    return float if type(value) is int else type(value)


def same(one: object, other: object) -> bool:
    return kind(one) is kind(other) and one == other


def sort_key(value: object) -> object:
    return value.encode() if isinstance(value, str) else value


def test_a_query_sees_one_tenant_and_one_collection(documents: Documents) -> None:
    documents.commit(
        [
            Put("tenants/acme/incidents/i1", {"started_at": NOON}),
            Put("tenants/acme/alerts/i2", {"started_at": NOON}),
            Put("tenants/acme/incidents/i1/incidents/i3", {"started_at": NOON}),
            Put("tenants/acme-2/incidents/i4", {"started_at": NOON}),
            Put("tenants/other/incidents/i5", {"started_at": NOON}),
        ]
    )

    assert ids(documents.query(NEWEST_FIRST, parent=ACME)) == ["i1"]
    assert ids(documents.query(NEWEST_FIRST, parent=f"{ACME}/incidents/i1")) == ["i3"]
    assert documents.query(NEWEST_FIRST, parent="tenants/nobody") == []


def test_a_query_at_the_top(documents: Documents) -> None:
    documents.commit([Put("tenants/b", {"name": "Acme"}), Put("tenants/a", {"name": "Zebra"})])

    assert ids(documents.query(TENANTS)) == ["b", "a"]


def test_one_query_asks_all_tenants(documents: Documents) -> None:
    due = {"status": "due", "due_at": NOON}
    documents.commit(
        [
            Put("tenants/a-b/outbox/n1", due),
            Put("tenants/a/outbox/n2", due),
            Put("tenants/a/outbox/n1", due),
            Put("tenants/b/outbox/n1", {**due, "due_at": NOON - HOUR}),
            Put("tenants/b/outbox/later", {**due, "due_at": NOON + HOUR}),
            Put("tenants/b/outbox/sent", {**due, "status": "sent"}),
        ]
    )

    found = documents.query(DUE, equal={"status": "due"}, bound=NOON)

    assert [document.path for document in found] == [
        "tenants/b/outbox/n1",
        "tenants/a/outbox/n1",
        "tenants/a/outbox/n2",
        "tenants/a-b/outbox/n1",
    ]
    assert documents.query(DUE, equal={"status": "due"}, bound=NOON, limit=1) == found[:1]
    assert len(documents.query(EVERYWHERE)) == 6


def test_a_query_follows_every_write(documents: Documents) -> None:
    put_incidents(documents, a={"status": "open", "started_at": NOON})
    put_incidents(documents, a={"status": "resolved", "started_at": NOON})
    assert documents.query(OPEN_BY_START, parent=ACME, equal={"status": "open"}) == []
    assert ids(documents.query(OPEN_BY_START, parent=ACME, equal={"status": "resolved"})) == ["a"]

    documents.commit([Delete(f"{ACME}/incidents/a")])
    assert documents.query(OPEN_BY_START, parent=ACME, equal={"status": "resolved"}) == []


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        pytest.param(
            DeclaredQuery("new", "incidents", equal=("x",)), {"equal": {"x": 1}}, id="new"
        ),
        pytest.param(OPEN_BY_START, {}, id="an equality left out"),
        pytest.param(OPEN_BY_START, {"equal": {"status": 1, "service": 1}}, id="one too many"),
        pytest.param(OPEN_BY_START, {"equal": {"service": "shop"}}, id="another field"),
        pytest.param(OPEN_BY_START, {"equal": {"status": ["a"]}}, id="equal to a list"),
        pytest.param(NEWEST_UNTIL, {}, id="a bound left out"),
        pytest.param(NEWEST_FIRST, {"bound": NOON}, id="a bound that is not declared"),
        pytest.param(NEWEST_FIRST, {"limit": 0}, id="a limit of nothing"),
    ],
)
def test_b06_a_query_that_is_not_declared_is_refused(
    documents: Documents, query: DeclaredQuery, asked: dict[str, object]
) -> None:
    with pytest.raises(UndeclaredQuery):
        documents.query(query, parent=ACME, **asked)  # type: ignore[arg-type]  # the case itself


@pytest.mark.parametrize("parent", ["tenants", "tenants/a/b", "tenants/../x/y", "tenants/a'b"])
def test_d04_a_parent_that_is_no_document_is_refused(documents: Documents, parent: str) -> None:
    with pytest.raises(PermanentError):
        documents.query(BY_PATH, parent=parent)


def test_b06_a_query_is_known_by_its_value(documents: Documents) -> None:
    same_again = DeclaredQuery(
        "newest incidents", "incidents", order_by="started_at", descending=True
    )
    assert documents.query(same_again, parent=ACME) == []
