"""What every store promises of a query over all tenants: theirs, and nothing that lies deeper."""

from datetime import UTC, datetime

import pytest

from tests.contract.declared_queries import DUE, EVERYWHERE
from vigil.ports import Documents, Put

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
OF_TENANTS = [f"tenants/t{n}/outbox/n{n}" for n in range(4)]
# In the order of paths these come before, between and after those of the tenants.
ELSEWHERE = [
    "outbox/n1",
    "platform/intake/outbox/n1",
    "tenants/t0/alerts/a1/outbox/n1",
    "tenants/t1/alerts/a1/outbox/n1",
    "tenants/t1/alerts/a1/outbox/n2",
    "tenants/t1/alerts/a1/outbox/n3",
    "tenants/t2/outbox/n1/outbox/n1",
    "users/t1/outbox/n1",
]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, None])
def test_a_query_over_all_tenants_finds_what_lies_right_below_them(
    documents: Documents, limit: int | None
) -> None:
    due = {"status": "due", "due_at": NOON}
    documents.commit([Put(path, due) for path in OF_TENANTS + ELSEWHERE])

    everywhere = documents.query(EVERYWHERE, limit=limit)
    due_now = documents.query(DUE, equal={"status": "due"}, bound=NOON, limit=limit)

    assert [document.path for document in everywhere] == OF_TENANTS[:limit]
    assert [document.path for document in due_now] == OF_TENANTS[:limit]
