"""What may be asked of a declared query, wherever the documents are kept."""

import re
from collections.abc import Mapping
from datetime import datetime

from vigil.adapters.document_limits import checked_size, split_path
from vigil.errors import PermanentError, UndeclaredQuery
from vigil.model.identity import checked_id
from vigil.ports import DeclaredQuery

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMPARABLE = (type(None), bool, int, float, str, datetime)


def check_declaration(declared: DeclaredQuery) -> None:
    """Raise PermanentError for a query that makes no sense."""
    checked_id(declared.collection)
    for name in (*declared.equal, declared.order_by or "path"):
        if not _FIELD_NAME.fullmatch(name):
            raise PermanentError(f"{declared.name} must name plain fields of the document")
    if declared.operator and not declared.order_by:
        raise PermanentError(f"{declared.name} must be ordered by the field of its range")


def check_arguments(
    declared: DeclaredQuery,
    parent: str,
    equal: Mapping[str, object],
    bound: object,
    limit: int | None,
) -> None:
    """Raise UndeclaredQuery for what does not fit the query that was declared.

    Raises PermanentError for a `parent` that is no document's path.
    """
    if set(equal) != set(declared.equal):
        raise UndeclaredQuery(
            f"{declared.name} compares {sorted(declared.equal)}, not {sorted(equal)}"
        )
    if (bound is None) != (declared.operator is None):
        raise UndeclaredQuery(f"{declared.name} takes a bound if it declares an operator")
    if limit is not None and limit < 1:
        raise UndeclaredQuery(f"{declared.name} returns at least one document, or all")
    if parent and not declared.across_tenants:
        split_path(parent)
    for value in (*equal.values(), bound):
        _check_comparable(value)


def _check_comparable(value: object) -> None:
    if not isinstance(value, _COMPARABLE):
        raise UndeclaredQuery(f"a {type(value).__name__} cannot be compared in a query")
    checked_size("query/argument", {"value": value})
