"""What models cost stays within the budgets, whoever else spends (FAULTS G6, D29, C13)."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from tests.builders import NOON
from tests.emulators import fresh_project_id
from tests.vigil_in_memory import WatchedDocuments
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import TransientError
from vigil.ports import Documents, Existence, Put
from vigil.stores.queries import DECLARED
from vigil.stores.usage import CALLS, PLATFORM, TOKENS, totals
from vigil.workflows.model_spending import Budget, Budgets, ModelSpending

ACME, GLOBEX = "tenants/acme", "tenants/globex"
PLENTY = Budget(1_000, 1_000_000)


@pytest.fixture
def documents() -> Iterator[WatchedDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        yield WatchedDocuments(database)


def spent(documents: Documents, root: str = ACME) -> tuple[int, int]:
    counters = totals(documents, root)
    return counters.get(CALLS, 0), counters.get(TOKENS, 0)


@pytest.mark.parametrize(
    ("tenant", "platform", "calls"),
    [
        pytest.param(Budget(2, 1000), PLENTY, 2, id="the tenant's calls"),
        pytest.param(Budget(9, 250), PLENTY, 2, id="the tenant's tokens"),
        pytest.param(PLENTY, Budget(3, 1000), 3, id="the platform's calls"),
        pytest.param(PLENTY, Budget(9, 350), 3, id="the platform's tokens"),
        pytest.param(Budget(0, 1000), PLENTY, 0, id="nothing at all"),
    ],
)
def test_g6_a_call_that_does_not_fit_is_not_reserved(
    documents: WatchedDocuments, tenant: Budget, platform: Budget, calls: int
) -> None:
    spending = ModelSpending(documents, Budgets(tenant, platform))
    granted = [spending.reserve(ACME, 100, NOON) for _ in range(5)]

    assert granted == [True] * calls + [False] * (5 - calls)
    assert spent(documents) == spent(documents, PLATFORM) == (calls, 100 * calls)


def test_one_tenants_spending_is_not_anothers_but_the_platforms(
    documents: WatchedDocuments,
) -> None:
    spending = ModelSpending(documents, Budgets(Budget(1, 1000), Budget(2, 1000)))

    assert [spending.reserve(root, 1, NOON) for root in (ACME, ACME, GLOBEX, GLOBEX)] == [
        True,
        False,
        True,
        False,
    ]
    assert spent(documents, PLATFORM) == (2, 2)


def test_a_new_day_is_a_new_budget(documents: WatchedDocuments) -> None:
    spending = ModelSpending(documents, Budgets(Budget(1, 1000), PLENTY))

    assert spending.reserve(ACME, 1, NOON)
    assert not spending.reserve(ACME, 1, NOON + timedelta(hours=11))
    assert spending.reserve(ACME, 1, NOON + timedelta(hours=12))
    assert spent(documents) == (2, 2), "the days are counted together"


@pytest.mark.parametrize(
    ("reported", "tokens"),
    [
        pytest.param(40, 40, id="less than was reserved"),
        pytest.param(0, 0, id="nothing"),
        pytest.param(100, 100, id="all of it"),
        pytest.param(120, 120, id="more"),
        pytest.param(None, 100, id="nobody knows"),
    ],
)
def test_what_was_reserved_is_put_right(
    documents: WatchedDocuments, reported: int | None, tokens: int
) -> None:
    spending = ModelSpending(documents, Budgets(PLENTY, PLENTY))
    spending.reserve(ACME, 100, NOON)
    spending.put_right(ACME, 100, reported, NOON)

    assert spent(documents) == spent(documents, PLATFORM) == (1, tokens)


def test_a_reservation_that_lost_a_race_is_made_on_what_the_winner_left(
    documents: WatchedDocuments,
) -> None:
    one, other = (ModelSpending(documents.inner, Budgets(Budget(2, 150), PLENTY)) for _ in "ab")
    slow = ModelSpending(documents, Budgets(Budget(2, 150), PLENTY))
    rivals = iter([(one, 100), (other, 1)])

    def outrun(writes: object) -> None:
        for rival, tokens in itertools.islice(rivals, 1):
            rival.reserve(ACME, tokens, NOON)

    documents.before = outrun

    assert not slow.reserve(ACME, 100, NOON)
    assert spent(documents) == (1, 100)


def test_what_belongs_to_a_reservation_is_written_with_it_or_not_at_all(
    documents: WatchedDocuments,
) -> None:
    spending = ModelSpending(documents, Budgets(PLENTY, PLENTY))
    mine = Put("tenants/acme/inquiries/k", {}, when=Existence.ABSENT)

    assert spending.reserve(ACME, 1, NOON, with_it=[mine])
    with pytest.raises(TransientError):
        spending.reserve(ACME, 1, NOON, with_it=[mine])
    assert spent(documents) == (1, 1)


def test_g6_on_firestore_a_budget_is_kept_and_put_right(firestore_channel: grpc.Channel) -> None:
    project = fresh_project_id()
    documents = FirestoreDocuments(project, DECLARED, channel=firestore_channel)
    spending = ModelSpending(documents, Budgets(Budget(9, 250), PLENTY))

    assert [spending.reserve(ACME, 100, NOON) for _ in range(3)] == [True, True, False]
    spending.put_right(ACME, 100, 30, NOON)
    assert spending.reserve(ACME, 100, NOON)
    assert spent(documents) == spent(documents, PLATFORM) == (3, 230)


def test_g6_d29_many_who_spend_at_once_spend_no_more_than_there_is(tmp_path: Path) -> None:
    granted: list[bool] = []

    def spend(name: str) -> None:
        with closing(SqliteDocuments(tmp_path / "vigil.db", DECLARED)) as documents:
            spending = ModelSpending(documents, Budgets(Budget(12, 10_000), PLENTY))
            for _ in range(6):
                granted.append(_reserved(spending))

    threads = [threading.Thread(target=spend, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with closing(SqliteDocuments(tmp_path / "vigil.db", DECLARED)) as documents:
        assert sum(granted) == 12
        assert spent(documents) == spent(documents, PLATFORM) == (12, 12)


def _reserved(spending: ModelSpending) -> bool:
    """Reserve as a redelivered message does: again, until nobody was in the way."""
    while True:
        try:
            return spending.reserve(ACME, 1, NOON)
        except TransientError:
            continue
