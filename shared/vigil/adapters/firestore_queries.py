"""Declared queries as Firestore's messages carry them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from vigil.adapters.firestore_messages import Database, Message, RunQueryRequest, StructuredQuery
from vigil.adapters.firestore_values import decode_value, encode_value
from vigil.adapters.query_arguments import check_arguments, check_declaration
from vigil.ports import DeclaredQuery, Operator

_PATH = "__name__"
_FILTER = StructuredQuery.FieldFilter
_OPERATORS = {
    Operator.AT_MOST: _FILTER.LESS_THAN_OR_EQUAL,
    Operator.AT_LEAST: _FILTER.GREATER_THAN_OR_EQUAL,
}
_ORDERS = {False: StructuredQuery.ASCENDING, True: StructuredQuery.DESCENDING}
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
            # One more shows where equal keys end.
            query.limit.value = limit + self._is_turned
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

    def are_enough(self, found: Sequence[Message], limit: int | None) -> bool:
        """Say whether the first `limit` documents are surely among those found so far."""
        if limit is None or len(found) < limit:
            return False
        # Of those with equal keys the last come first, so all of them have to be there.
        return not self._is_turned or self._key(found[limit - 1]) != self._key(found[-1])

    def in_order(self, found: Sequence[Message]) -> list[Message]:
        """Return what was found in the order that was declared."""
        if not self._is_turned:
            return list(found)
        return [each for _, tied in groupby(found, self._key) for each in reversed(list(tied))]

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
        direction = _ORDERS[self._is_turned]
        if self.declared.order_by:
            query.order_by.add(direction=direction).field.field_path = self.declared.order_by
        query.order_by.add(direction=direction).field.field_path = _PATH

    @property
    def _is_turned(self) -> bool:
        """Whether Firestore gives equal keys in the wrong order.

        No index of one field has the field in one direction and the path in the other, and none
        can be made.
        """
        return self.declared.descending and self.declared.order_by is not None

    def _key(self, document: Message) -> tuple[bool, object]:
        value = decode_value(document.fields[self.declared.order_by])
        # To Python True is 1, to Firestore only 1.0 is.
        return isinstance(value, bool), value


def _encode_equality(name: str, value: object, into: Message) -> None:
    if value is None:
        into.unary_filter.field.field_path = name
        into.unary_filter.op = StructuredQuery.UnaryFilter.IS_NULL
        return
    into.field_filter.field.field_path = name
    into.field_filter.op = _FILTER.EQUAL
    encode_value(value, into.field_filter.value)
