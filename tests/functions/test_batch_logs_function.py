"""batch_logs under functions-framework: pushes share batches, and what was acknowledged is safe."""

import json
import threading
from collections import Counter

import pytest

from tests.google_functions import Bundles
from tests.google_project import GoogleProject
from tests.push_subscription import PushSubscription
from tests.pushes import pushed
from tests.vigil_in_memory import payments
from vigil.logs.log_batch import LogBatch

pytestmark = pytest.mark.slow
MANY = 400


def messages(count: int) -> dict[str, bytes]:
    """Return pushes of so many entries, by what each of them says."""
    said = {f"line {number}": entry for number, entry in enumerate(payments(count))}
    return {
        text: pushed(json.dumps({**entry, "textPayload": text}).encode())
        for text, entry in said.items()
    }


def times_published(batches: list[LogBatch]) -> Counter[str]:
    """Return how often each entry is in a batch."""
    return Counter(entry.message for batch in batches for entry in batch.entries)


def test_hundreds_of_concurrent_pushes_share_few_batches(
    bundles: Bundles, google: GoogleProject
) -> None:
    with bundles.running("batch_logs", google.settings) as function:
        subscription = PushSubscription(function.address)
        subscription.deliver(messages(MANY))
        batches = google.batches()

    assert {tuple(answers) for answers in subscription.answers.values()} == {(204,)}
    assert times_published(batches) == Counter(messages(MANY).keys())
    assert len(batches) <= MANY // 20


def test_c02_what_was_only_in_memory_when_the_process_died_was_not_acknowledged(
    bundles: Bundles, google: GoogleProject
) -> None:
    died = threading.Event()
    # The last five wait for a batch that will not be full.
    full_at_ten = {"VIGIL_BATCH_MAX_ENTRIES": "10", "VIGIL_BATCH_LINGER_MS": "10000"}
    with bundles.running("batch_logs", {**google.settings, **full_at_ten}) as function:

        def kill_at_fifty(acknowledged: int) -> None:
            if acknowledged == 50 and not died.is_set():
                function.kill()
                died.set()

        subscription = PushSubscription(function.address, on_answer=kill_at_fifty)
        delivering = threading.Thread(target=subscription.deliver, args=[messages(55)])
        delivering.start()
        assert died.wait(10)
        first = times_published(google.batches())
        assert subscription.acknowledged == first.keys()
        assert len(first) == 50

        with bundles.running("batch_logs", google.settings, port=function.port):
            delivering.join()
    assert first + times_published(google.batches()) == Counter(messages(55).keys())


def test_b07_a_process_that_is_asked_to_stop_under_load_loses_nothing_that_it_acknowledged(
    bundles: Bundles, google: GoogleProject
) -> None:
    stopping = threading.Event()
    small = {**google.settings, "VIGIL_BATCH_MAX_ENTRIES": "20"}
    with bundles.running("batch_logs", small) as function:

        def stop_at_a_third(acknowledged: int) -> None:
            if acknowledged >= MANY // 3 and not stopping.is_set():
                function.process.terminate()
                stopping.set()

        subscription = PushSubscription(function.address, 40, stop_at_a_third)
        delivering = threading.Thread(target=subscription.deliver, args=[messages(MANY)])
        delivering.start()
        assert stopping.wait(10)
        assert function.process.wait(10) == 0
        acknowledged = set(subscription.acknowledged)
        published = times_published(google.batches())
        assert acknowledged <= published.keys()

        with bundles.running("batch_logs", small, port=function.port):
            delivering.join()
    published += times_published(google.batches())
    assert published.keys() == messages(MANY).keys()
