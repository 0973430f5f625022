r"""Let Terraform adopt a database that was restored: print what it has to import.

    gcloud firestore indexes composite list --database=vigil-restored --format=json |
      python3 infra/restore/adopted_database.py acme-vigil vigil-restored \
      >infra/terraform/adopted.tf

A restored database comes with its indexes, and making them once more would be refused. It needs
Python only, and no library.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

DECLARED = Path(__file__).parents[1] / "terraform/firestore_indexes.json"
_IMPORT = 'import {{\n  to = {to}\n  id = "{name}"\n}}\n'
Index = Mapping[str, Any]
# Collection, scope, fields with their orders: two indexes of which these are equal are one.
Shape = tuple[str, str, tuple[tuple[str, str], ...]]


def imports(project: str, database: str, found: Iterable[Index]) -> Iterator[str]:
    """Yield an import block for the database, and for each index in it that is declared."""
    yield _IMPORT.format(
        to="google_firestore_database.documents", name=f"projects/{project}/databases/{database}"
    )
    names = {_found_shape(each): each["name"] for each in found}
    for key, index in json.loads(DECLARED.read_text())["composite_indexes"].items():
        if name := names.get(_declared_shape(index)):
            yield _IMPORT.format(to=f'google_firestore_index.composite["{key}"]', name=name)


def _declared_shape(index: Index) -> Shape:
    fields = tuple((field["field_path"], field["order"]) for field in index["fields"])
    return index["collection"], index["query_scope"], fields


def _found_shape(index: Index) -> Shape:
    fields = tuple(
        (field["fieldPath"], field.get("order", ""))
        for field in index["fields"]
        # Firestore adds it to every index by itself.
        if field["fieldPath"] != "__name__"
    )
    return index["name"].split("/")[5], index["queryScope"], fields


if __name__ == "__main__":
    _, project_id, database_name = sys.argv
    print("\n".join(imports(project_id, database_name, json.load(sys.stdin))), end="")
