"""Declared queries as Firestore's messages carry them."""

from collections.abc import Mapping
from dataclasses import dataclass

from vigil.adapters.firestore_messages import Database, Message, RunQueryRequest, StructuredQuery
from vigil.adapters.firestore_values import encode_value
from vigil.adapters.query_arguments import check_arguments, check_declaration
from vigil.ports import DeclaredQuery, Operator

_PATH = "__name__"
_FILTER = StructuredQuery.FieldFilter
_OPERATORS = {
    Operator.AT_MOST: _FILTER.LESS_THAN_OR_EQUAL,
    Operator.AT_LEAST: _FILTER.GREATER_THAN_OR_EQUAL,
}
_ROOT_DEPTH = 2


@dataclass(frozen=True, slots=True)
class FirestoreQuery:
    """A declared query on one database, and the requests that ask it."""

    declared: DeclaredQuery
    database: Database

    @classmethod
    def of(cls, declared: DeclaredQuery, database: Database) -> "FirestoreQuery":
        """Return the query; raises PermanentError for one that makes no sense."""
        check_declaration(declared)
        return cls(declared, database)

    def request(
        self, parent: str, equal: Mapping[str, object], bound: object, limit: int | None
    ) -> Message:
        """Return the request that asks for the first documents.

        Raises UndeclaredQuery for what does not fit the declaration, PermanentError for a `parent`
        that is no document's path.
        """
        check_arguments(self.declared, parent, equal, bound, limit)
        above = "" if self.declared.across_tenants else parent
        request = RunQueryRequest(parent=self.database.parent(above))
        query = request.structured_query
        query.from_.add(
            collection_id=self.declared.collection, all_descendants=self.declared.across_tenants
        )
        if self.declared.equal or self.declared.operator:
            self._encode_filters(equal, bound, query.where.composite_filter)
        self._encode_order(query)
        if limit is not None:
            query.limit.value = limit
        return request

    def request_after(self, request: Message, last: Message) -> Message:
        """Return the request that asks for what follows the document `last`."""
        following = RunQueryRequest()
        following.CopyFrom(request)
        cursor = following.structured_query.start_at
        cursor.Clear()
        if self.declared.order_by:
            cursor.values.add().CopyFrom(last.fields[self.declared.order_by])
        cursor.values.add(reference_value=last.name)
        cursor.before = False
        return following

    def covers(self, document: Message) -> bool:
        """Say whether a document that was found is asked for.

        Firestore's collection groups reach into every depth; ours end below the tenants.
        """
        if not self.declared.across_tenants:
            return True
        collection, *rest = self.database.path(document.name).split("/")
        return collection == "tenants" and len(rest) == _ROOT_DEPTH + 1

    def _encode_filters(self, equal: Mapping[str, object], bound: object, into: Message) -> None:
        into.op = StructuredQuery.CompositeFilter.AND
        for name in self.declared.equal:
            _encode_equality(name, equal[name], into.filters.add())
        if self.declared.operator and self.declared.order_by:
            ranged = into.filters.add().field_filter
            ranged.field.field_path = self.declared.order_by
            ranged.op = _OPERATORS[self.declared.operator]
            encode_value(bound, ranged.value)

    def _encode_order(self, query: Message) -> None:
        if self.declared.order_by:
            direction = (
                StructuredQuery.DESCENDING
                if self.declared.descending
                else StructuredQuery.ASCENDING
            )
            query.order_by.add(direction=direction).field.field_path = self.declared.order_by
        # Left to itself, Firestore turns the order of paths round with the order of the field.
        query.order_by.add(direction=StructuredQuery.ASCENDING).field.field_path = _PATH


def _encode_equality(name: str, value: object, into: Message) -> None:
    if value is None:
        into.unary_filter.field.field_path = name
        into.unary_filter.op = StructuredQuery.UnaryFilter.IS_NULL
        return
    into.field_filter.field.field_path = name
    into.field_filter.op = _FILTER.EQUAL
    encode_value(value, into.field_filter.value)
