"""A database that was restored is taken over by Terraform with the indexes that it came with."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.restore.adopted_database import DECLARED, imports
from tests.terraform.terraform_runs import Copy, Terraform

INDEXES: dict[str, Any] = json.loads(DECLARED.read_text())["composite_indexes"]
RESTORED = "vigil-restored"


def _found(number: int, index: dict[str, Any]) -> dict[str, Any]:
    """Return an index as Firestore lists it."""
    group = f"projects/acme-vigil/databases/{RESTORED}/collectionGroups/{index['collection']}"
    fields = [
        {"fieldPath": field["field_path"], "order": field["order"]} for field in index["fields"]
    ]
    return {
        "name": f"{group}/indexes/CIC{number}",
        "queryScope": index["query_scope"],
        "fields": [*fields, {"fieldPath": "__name__", "order": "ASCENDING"}],
        "state": "READY",
    }


def _adopted(*found: dict[str, Any]) -> str:
    return "\n".join(imports("acme-vigil", RESTORED, found))


def test_every_index_that_is_there_is_adopted() -> None:
    adopted = _adopted(*(_found(*each) for each in enumerate(INDEXES.values())))

    assert adopted.count("import {") == len(INDEXES) + 1
    assert f'id = "projects/acme-vigil/databases/{RESTORED}"' in adopted
    for number, (key, index) in enumerate(INDEXES.items()):
        assert (
            f'to = google_firestore_index.composite["{key}"]\n'
            f'  id = "projects/acme-vigil/databases/{RESTORED}'
            f'/collectionGroups/{index["collection"]}/indexes/CIC{number}"'
        ) in adopted


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"query_scope": "COLLECTION_GROUP_OF_OTHERS"}, id="of another scope"),
        pytest.param({"collection": "strangers"}, id="of another collection"),
        pytest.param({"fields": [{"field_path": "x", "order": "ASCENDING"}]}, id="of other fields"),
    ],
)
def test_an_index_that_nobody_declares_is_not_adopted(changed: dict[str, Any]) -> None:
    foreign = {**next(iter(INDEXES.values())), **changed}

    assert _adopted(_found(1, foreign)).count("import {") == 1


@pytest.mark.slow
def test_terraform_takes_it_over_and_makes_no_index_anew(
    planning: Terraform, tmp_path: Path
) -> None:
    copy = Copy(tmp_path)
    (copy.module / "adopted.tf").write_text(
        _adopted(*(_found(*each) for each in enumerate(INDEXES.values())))
    )
    planning.init(copy.module)

    plan = planning.plan(copy.module, {"project_id": "acme-vigil", "database": {"name": RESTORED}})

    made = {
        each["address"]
        for each in plan["resource_changes"]
        if "importing" not in each["change"] and each["change"]["actions"] == ["create"]
    }
    assert not {address for address in made if "google_firestore_index" in address}
    assert "google_firestore_database.documents" not in made
    assert "google_firestore_backup_schedule.daily" in made
