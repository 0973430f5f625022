"""Declared queries in SQL, each served by an index of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from vigil.adapters.query_arguments import check_arguments, check_declaration
from vigil.adapters.sqlite_format import bounds, packed_scalar
from vigil.model.identity import content_id
from vigil.ports import DeclaredQuery, Operator

_EVERYTHING = -1


@dataclass(frozen=True, slots=True)
class SqliteQuery:
    """A declared query, the statement that makes its index, and the one that asks it."""

    declared: DeclaredQuery
    create_index: str
    select: str

    @classmethod
    def of(cls, declared: DeclaredQuery) -> "SqliteQuery":
        """Return the statements of a query; raises PermanentError for one that makes no sense."""
        check_declaration(declared)
        columns, condition = ", ".join(_indexed(declared)), _collection(declared)
        index = f'"documents-{content_id(columns, condition)}"'
        return cls(
            declared,
            f"CREATE INDEX IF NOT EXISTS {index} ON documents ({columns}) WHERE {condition}",
            # Naming the index makes SQLite refuse to answer in any other way.
            f"SELECT parent, collection, id, version, body, blob FROM documents INDEXED BY {index}"
            f" WHERE {' AND '.join([condition, *_conditions(declared)])}"
            f" ORDER BY {', '.join(_order(declared))} LIMIT ?",
        )

    def arguments(
        self, parent: str, equal: Mapping[str, object], bound: object, limit: int | None
    ) -> list[object]:
        """Return what `select` is asked with.

        Raises UndeclaredQuery for what does not fit it, PermanentError for a `parent` that is no
        document's path.
        """
        check_arguments(self.declared, parent, equal, bound, limit)
        scope = [] if self.declared.across_tenants else [parent]
        equals = [packed_scalar(equal[name]) for name in self.declared.equal]
        return [*scope, *equals, *self._range(bound), _EVERYTHING if limit is None else limit]

    def _range(self, bound: object) -> list[object]:
        if self.declared.operator is None:
            return []
        scalar = packed_scalar(bound)
        lowest, highest = bounds(scalar)
        if self.declared.operator is Operator.AT_MOST:
            return [lowest, scalar]
        return [scalar, highest]


def _value_of(field: str) -> str:
    return f"json_extract(body, '$.\"{field}\"')"


def _collection(declared: DeclaredQuery) -> str:
    condition = f"collection = '{declared.collection}'"
    return f"{condition} AND of_tenant = 1" if declared.across_tenants else condition


def _indexed(declared: DeclaredQuery) -> list[str]:
    scope = [] if declared.across_tenants else ["parent"]
    order = [column for column in _order(declared) if column not in scope]
    return [*scope, *map(_value_of, declared.equal), *order]


def _order(declared: DeclaredQuery) -> list[str]:
    direction = " DESC" if declared.descending else ""
    fields = [_value_of(declared.order_by) + direction] if declared.order_by else []
    # Firestore compares paths name by name; as one text, "tenants/a-b" would precede "tenants/a/".
    return [*fields, "parent", "id"]


def _conditions(declared: DeclaredQuery) -> list[str]:
    scope = [] if declared.across_tenants else ["parent = ?"]
    # A number must be read as the index reads it, or the last digit of a float might differ.
    equals = [f"{_value_of(name)} = json_extract(?, '$')" for name in declared.equal]
    return [*scope, *equals, *_range_condition(declared)]


def _range_condition(declared: DeclaredQuery) -> list[str]:
    if not declared.order_by:
        return []
    between = {
        # All but a missing value; unlike IS NOT NULL it lets the index skip those that miss it.
        None: ">= -9e999",
        Operator.AT_MOST: "BETWEEN ? AND json_extract(?, '$')",
        Operator.AT_LEAST: "BETWEEN json_extract(?, '$') AND ?",
    }
    return [f"{_value_of(declared.order_by)} {between[declared.operator]}"]
