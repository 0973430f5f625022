"""Which indexes Firestore needs for the declared queries, and what it is told of single fields.

The emulator answers every query; production only those that an index serves. Terraform makes what
stands in `infra/terraform/firestore_indexes.json`, which
`python -m vigil.stores.firestore_indexes FILE` writes.

- Equalities and an order by another field need a composite index.
- One field alone is served by the indexes that Firestore makes of every field in both directions,
  within a collection. Over all collections of a name it has to be told to, and what a field is told
  replaces what it had: so all that is asked of it is listed.
- Every index ends with the document's name, in the direction of the last field, and the adapter
  asks for no other order.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

import orjson

from vigil.ports import DeclaredQuery
from vigil.stores.queries import DECLARED, EXPIRING, PLATFORM_EXPIRED

_EXPIRES_AT = "expires_at"
_GROUP = "COLLECTION_GROUP"
# Nobody asks for these; bytes, and maps with a name a customer chose, would each fill an index.
UNASKED: Mapping[str, tuple[str, ...]] = {
    "alerts": ("annotations", "anomaly", "labels", "notification_channels"),
    "analyses": ("claims", "evidence_ids", "steps"),
    "anomalies": ("callers", "evidence", "metrics", "recommended_actions", "trace_ids"),
    "baselines": ("state",),
    "deltas": ("digests", "heard", "outcomes", "windows"),
    "events": ("subject",),
    "feedback": ("opinions",),
    "incidents": (
        "affected",
        "anomaly_ids",
        "changes",
        "correlated_failures",
        "differences",
        "explanation",
        "impact",
        "reasons",
        "root_cause",
        "steps",
        "suspects",
    ),
    "graphs": ("graph", "profile", "revisions", "traffic"),
    "groups": ("members",),
    "seen": ("digests",),
    "traffic": ("profile", "traffic"),
}


class FieldOrder(TypedDict):
    """A field of a composite index."""

    field_path: str
    order: str


class CompositeIndex(TypedDict):
    """An index over several fields."""

    collection: str
    query_scope: str
    fields: list[FieldOrder]


class SingleIndex(TypedDict):
    """An index of one field."""

    query_scope: str
    order: str


class FieldRule(TypedDict):
    """What one field is indexed by, in place of the usual, and if documents expire by it."""

    collection: str
    field: str
    expires: bool
    indexes: list[SingleIndex]


class FirestoreIndexes(TypedDict):
    """What Terraform makes, by names that stay the same when others are added."""

    composite_indexes: dict[str, CompositeIndex]
    fields: dict[str, FieldRule]


def firestore_indexes(
    queries: Iterable[DeclaredQuery],
    expiring: Iterable[str],
    unasked: Mapping[str, Iterable[str]],
) -> FirestoreIndexes:
    """Return what is needed for `queries`, without more.

    `expiring` are the collections whose documents are deleted once `expires_at` has passed,
    `unasked` the fields of each collection that get no index.
    """
    asked = list(queries)
    composites = [_composite(query) for query in asked if query.equal and query.order_by]
    return {
        "composite_indexes": {_name(index): index for index in sorted(composites, key=_name)},
        "fields": _field_rules(_single_indexes(asked), set(expiring), unasked),
    }


def generated_file() -> bytes:
    """Return what the file has to hold."""
    indexes = firestore_indexes(DECLARED, (*EXPIRING, PLATFORM_EXPIRED.collection), UNASKED)
    return orjson.dumps(indexes, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _composite(query: DeclaredQuery) -> CompositeIndex:
    equal = [FieldOrder(field_path=name, order="ASCENDING") for name in query.equal]
    ordered = FieldOrder(field_path=str(query.order_by), order=_order(query))
    return {
        "collection": query.collection,
        "query_scope": _scope(query),
        "fields": [*equal, ordered],
    }


def _name(index: CompositeIndex) -> str:
    """Return a name for an index, by what it is.

    >>> _name(_composite(DeclaredQuery("q", "alerts", ("status",), "at", descending=True)))
    'alerts-status-at-descending'
    """
    group = ["group"] if index["query_scope"] == _GROUP else []
    paths = [field["field_path"] for field in index["fields"]]
    turned = ["descending"] if index["fields"][-1]["order"] == "DESCENDING" else []
    return "-".join([index["collection"], *group, *paths, *turned])


def _single_indexes(
    queries: Iterable[DeclaredQuery],
) -> Mapping[tuple[str, str], set[tuple[str, str]]]:
    """Return for each collection and field the scope and order of all that is asked of it alone."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for query in queries:
        if query.equal and query.order_by:
            continue
        for name in query.equal or filter(None, [query.order_by]):
            found[query.collection, name].add((_scope(query), _order(query)))
    return found


def _field_rules(
    single: Mapping[tuple[str, str], set[tuple[str, str]]],
    expiring: set[str],
    unasked: Mapping[str, Iterable[str]],
) -> dict[str, FieldRule]:
    groups = {
        place for place, asked in single.items() if any(scope == _GROUP for scope, _ in asked)
    }
    times = {(collection, _EXPIRES_AT) for collection in expiring}
    exempt = {(collection, name) for collection, names in unasked.items() for name in names}
    return {
        f"{collection}.{name}": {
            "collection": collection,
            "field": name,
            "expires": (collection, name) in times,
            "indexes": _indexes(single.get((collection, name), ())),
        }
        for collection, name in sorted(groups | times | exempt)
    }


def _indexes(asked: Iterable[tuple[str, str]]) -> list[SingleIndex]:
    return [SingleIndex(query_scope=scope, order=order) for scope, order in sorted(asked)]


def _scope(query: DeclaredQuery) -> str:
    return _GROUP if query.across_tenants else "COLLECTION"


def _order(query: DeclaredQuery) -> str:
    return "DESCENDING" if query.descending else "ASCENDING"


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(generated_file())
