"""Every query has its index, and the file that Terraform reads says so (FAULTS B06)."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.outages import live_through_an_outage
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.firestore_messages import Database
from vigil.adapters.firestore_queries import FirestoreQuery
from vigil.ports import DeclaredQuery, Delete, Operator
from vigil.stores.firestore_indexes import (
    UNASKED,
    FirestoreIndexes,
    firestore_indexes,
    generated_file,
)
from vigil.stores.queries import DECLARED

FILE = Path(__file__).parents[3] / "infra/terraform/firestore_indexes.json"
SCOPES = {False: "COLLECTION", True: "COLLECTION_GROUP"}
ORDERS = {1: "ASCENDING", 2: "DESCENDING"}


def request_of(declared: DeclaredQuery) -> Any:
    """Return what the adapter sends for a declared query."""
    asked = FirestoreQuery.of(declared, Database("p"))
    bound = 1 if declared.operator else None
    equal = dict.fromkeys(declared.equal, "a")
    return asked.request("" if declared.across_tenants else "tenants/a", equal, bound, 1)


def is_served(request: Any, indexes: FirestoreIndexes) -> bool:
    """Say whether an index serves a request as it is sent, by Firestore's rules and no table."""
    query = request.structured_query
    collection = query.from_[0].collection_id
    scope = SCOPES[query.from_[0].all_descendants]
    compared = [each.field_filter for each in query.where.composite_filter.filters]
    equal = {each.field.field_path for each in compared if each.op == each.EQUAL}
    *ordered, by_name = [(o.field.field_path, ORDERS[o.direction]) for o in query.order_by]
    assert by_name == ("__name__", ordered[-1][1] if ordered else "ASCENDING")
    if equal and ordered:
        wanted = sorted(equal), ordered
        return any(
            (index["collection"], index["query_scope"]) == (collection, scope)
            and parts(index["fields"], len(equal)) == wanted
            for index in indexes["composite_indexes"].values()
        )
    alone = ordered or [(name, "ASCENDING") for name in equal]
    return all(is_served_alone(collection, *each, scope, indexes) for each in alone)


def parts(fields: Any, count: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the names of the first `count` fields of an index, and the others in their order."""
    names = [field["field_path"] for field in fields]
    orders = [field["order"] for field in fields]
    return sorted(names[:count]), list(zip(names, orders, strict=True))[count:]


def is_served_alone(
    collection: str, name: str, order: str, scope: str, indexes: FirestoreIndexes
) -> bool:
    rule = indexes["fields"].get(f"{collection}.{name}")
    if rule is None:
        return scope == "COLLECTION"
    return {"query_scope": scope, "order": order} in [dict(each) for each in rule["indexes"]]


def test_b06_the_file_is_what_the_table_of_queries_needs() -> None:
    assert FILE.read_bytes() == generated_file(), "run `make generated`"


@pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.name)
def test_b06_what_the_adapter_sends_is_served(declared: DeclaredQuery) -> None:
    assert is_served(request_of(declared), orjson.loads(FILE.read_bytes()))


def test_b06_an_index_that_is_missing_is_missed() -> None:
    assert not all(is_served(request_of(each), firestore_indexes([], [], {})) for each in DECLARED)
    assert not all(
        is_served(request_of(each), firestore_indexes(DECLARED[1:], [], {})) for each in DECLARED
    )


@pytest.mark.parametrize(
    ("declared", "composites", "fields"),
    [
        pytest.param(DeclaredQuery("q", "c", order_by="at"), set(), {}, id="an order alone"),
        pytest.param(
            DeclaredQuery("q", "c", order_by="at", descending=True), set(), {}, id="turned round"
        ),
        pytest.param(DeclaredQuery("q", "c", equal=("a", "b")), set(), {}, id="equalities alone"),
        pytest.param(
            DeclaredQuery("q", "c", equal=("b", "a"), order_by="at", descending=True),
            {"c-b-a-at-descending"},
            {},
            id="equalities and an order",
        ),
        pytest.param(
            DeclaredQuery("q", "c", order_by="at", operator=Operator.AT_MOST, across_tenants=True),
            set(),
            {"c.at": ["COLLECTION_GROUP ASCENDING"]},
            id="an order over all tenants",
        ),
        pytest.param(
            DeclaredQuery("q", "c", equal=("a",), order_by="at", across_tenants=True),
            {"c-group-a-at"},
            {},
            id="equalities and an order over all tenants",
        ),
    ],
)
def test_an_index_is_made_only_where_firestore_makes_none(
    declared: DeclaredQuery, composites: set[str], fields: dict[str, list[str]]
) -> None:
    made = firestore_indexes([declared], [], {})

    assert set(made["composite_indexes"]) == composites
    assert {
        name: [f"{each['query_scope']} {each['order']}" for each in rule["indexes"]]
        for name, rule in made["fields"].items()
    } == fields
    assert is_served(request_of(declared), made)


def test_what_a_field_is_told_replaces_what_it_had_so_all_that_is_asked_is_listed() -> None:
    asked = [
        DeclaredQuery("everywhere", "c", order_by="at", across_tenants=True),
        DeclaredQuery("newest", "c", order_by="at", descending=True),
    ]

    made = firestore_indexes(asked, [], {})

    assert all(is_served(request_of(each), made) for each in asked)
    assert len(made["fields"]["c.at"]["indexes"]) == 2


def test_a_collection_expires_with_or_without_a_query_for_it() -> None:
    rules = firestore_indexes([], ["history"], {})["fields"]

    assert rules["history.expires_at"]["expires"]
    assert rules["history.expires_at"]["indexes"] == []


def test_no_query_asks_for_a_field_without_an_index() -> None:
    asked = {(each.collection, name) for each in DECLARED for name in (*each.equal, each.order_by)}

    assert not asked & {(name, field) for name, fields in UNASKED.items() for field in fields}


def test_all_bytes_are_kept_out_of_the_indexes() -> None:
    with VigilInMemory() as vigil:
        live_through_an_outage(vigil)
        puts = [write for writes in vigil.documents.commits for write in writes]

    blobs = {
        (put.path.split("/")[-2], name)
        for put in puts
        if not isinstance(put, Delete)
        for name, value in put.fields.items()
        if isinstance(value, bytes)
    }

    assert ("baselines", "state") in blobs
    assert blobs <= {(name, field) for name, fields in UNASKED.items() for field in fields}
