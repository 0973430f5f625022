"""A hundred batches a second for one service, on Firestore, from several instances at once."""

from datetime import UTC, datetime, timedelta
from itertools import chain

from tests.hot_service import HotService, batch_of, payments
from vigil.model.outcome import Outcomes

BATCHES, FRESH, AGAIN = 200, 20, 3


def test_b02_no_document_is_written_more_than_once_a_second_and_nothing_is_lost(
    firestore_address: str, fresh_project: str
) -> None:
    at = datetime.now(UTC) - timedelta(seconds=10)
    # Each batch also brings some entries of the one before it, and every tenth comes twice.
    numbers = range(0, BATCHES * FRESH, FRESH)
    batches = [
        batch_of(f"b{n}", payments(max(0, n - AGAIN), FRESH + min(n, AGAIN), at), at)
        for n in numbers
    ]
    deliveries = list(
        chain.from_iterable([b] * (2 if n % 10 == 0 else 1) for n, b in enumerate(batches))
    )

    with HotService(firestore_address, fresh_project, instances=5, threads=24) as hot:
        hot.deliver(deliveries, a_second=100)()

        received = sum(FRESH + min(n, AGAIN) for n in numbers)
        fresh = BATCHES * FRESH
        assert hot.outcomes() == Outcomes(
            received=received, processed=fresh, duplicate=received - fresh
        )
        assert hot.recorder.too_often() == {}
        [states] = [at for path, at in hot.recorder.written.items() if "/baselines/" in path]
        # Fewer commits than deliveries by far, and yet enough of them to see their pace.
        assert 3 <= len(states) <= len(deliveries) / 4
