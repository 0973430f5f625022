"""What goes out in a batch, and what becomes of that which cannot."""

import gzip
from collections import Counter
from datetime import timedelta

import orjson
import pytest

from tests.builders import raw_entry
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.logs.log_batch import LogBatch
from vigil.model.outcome import Outcomes
from vigil.stores.queries import PLATFORM_EXPIRED
from vigil.workflows.batch_logs import Buffer, Limits


@pytest.mark.parametrize(
    ("limits", "is_full"),
    [
        pytest.param(Limits(max_entries=4), False, id="one entry short"),
        pytest.param(Limits(max_entries=3), True, id="as many entries as allowed"),
        pytest.param(Limits(max_bytes=1501), False, id="one byte short"),
        pytest.param(Limits(max_bytes=1500), True, id="as many bytes as allowed"),
    ],
)
def test_a_buffer_is_full_at_its_limits(limits: Limits, is_full: bool) -> None:
    with VigilInMemory() as vigil:
        taken = {
            id(vigil.workflows.batch_logs.take(entry, size_bytes=500)) for entry in payments(3)
        }
        [buffer] = vigil.workflows.batch_logs.open_buffers()

        assert len(taken) == 1
        assert buffer.is_full(limits) is is_full


def test_rejected_entries_fill_a_buffer_too() -> None:
    with VigilInMemory() as vigil:
        buffers = [vigil.workflows.batch_logs.reject("not JSON", size_bytes=1) for _ in range(3)]

        assert [buffer.is_full(Limits(max_entries=3)) for buffer in buffers] == [True] * 3
        assert buffers[0].outcomes == Outcomes(received=3, invalid=3)


def test_a06_why_an_entry_was_set_aside_is_kept_without_what_it_said() -> None:
    with VigilInMemory() as vigil:
        vigil.workflows.batch_logs.take(b"{canary", size_bytes=7, message_id="m-1")
        vigil.receive([])
        expired = vigil.database.query(
            PLATFORM_EXPIRED, bound=vigil.clock.now + timedelta(days=8), limit=10
        )

        assert [(d.fields["message_id"], d.fields["reason"]) for d in expired] == [
            ("m-1", "not JSON")
        ]
        assert "canary" not in repr(vigil.documents.commits)
        assert vigil.outcomes_of_nobody() == Outcomes(received=1, invalid=1)


@pytest.mark.parametrize("number", [1e300, "1e300", 2**64])
def test_a06_a_number_that_no_message_can_carry_holds_no_neighbours_up(number: object) -> None:
    pieces = {"uid": "u", "index": 0, "totalSplits": number}
    with VigilInMemory() as vigil:
        vigil.receive([raw_entry(insertId="a"), raw_entry(insertId="b", split=pieces)])

        [(_, message)] = vigil.bus.published
    first, second = LogBatch.parse(message.data).entries
    assert (first.split, second.split) == (None, ("u", 0, 2**63 - 1))


def test_what_could_not_be_published_is_not_acknowledged_and_counted_once_in_the_end() -> None:
    with VigilInMemory() as vigil:
        vigil.bus.is_down = True
        with pytest.raises(TransientError):
            vigil.receive(payments(3))
        assert vigil.bus.published == []

        vigil.bus.is_down = False
        vigil.receive(payments(3))
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=3, processed=3)


def test_a01_batches_without_entries_at_one_instant_are_counted_each() -> None:
    own = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
    with VigilInMemory() as vigil:
        for _ in range(2):
            vigil.receive([raw_entry(resource=own)])
        vigil.deliver()

        assert vigil.outcomes() == Outcomes(received=2, filtered=2)


def test_the_same_entries_at_the_same_time_in_another_buffer_are_another_batch() -> None:
    first, second = Buffer("acme", 1), Buffer("acme", 2)
    with VigilInMemory() as vigil:
        now = vigil.clock()
    assert first.to_batch(now).batch_id != second.to_batch(now).batch_id
    assert first.to_batch(now) == first.to_batch(now)


def test_a09_compressed_entries_that_are_too_much_for_one_message_go_out_in_several() -> None:
    with VigilInMemory() as vigil:
        batch_logs = vigil.workflows.batch_logs
        for number in range(400):
            noise = "".join(chr(0x1F600 + (number + place) % 60) for place in range(60))
            entry = raw_entry(insertId=f"e{number}", textPayload=noise * 150)
            raw = gzip.compress(orjson.dumps(entry), 1)
            batch_logs.take(raw, size_bytes=len(raw))
        vigil.receive([])
        sizes = [len(message.data) for _, message in vigil.bus.published]
        batches = [LogBatch.parse(message.data) for _, message in vigil.bus.published]
        vigil.deliver()

        assert len(sizes) == 2
        assert max(sizes) < 10_000_000
        assert len({batch.batch_id for batch in batches}) == 2
        assert vigil.outcomes() == Outcomes(received=400, processed=400)


def test_a09_parts_of_a_batch_carry_its_rejections_once() -> None:
    own = {"type": "cloud_run_revision", "labels": {"service_name": "vigil-api"}}
    with VigilInMemory() as vigil:
        batch_logs = vigil.workflows.batch_logs
        batch_logs.take(raw_entry(resource=own), size_bytes=500)
        for number in range(400):
            text = "\N{GRINNING FACE}" * 8192
            batch_logs.take(raw_entry(insertId=f"e{number}", textPayload=text), size_bytes=500)
        vigil.receive([])
        vigil.deliver()

        assert len(vigil.bus.published) == 2
        assert vigil.outcomes() == Outcomes(received=401, processed=400, filtered=1)


def test_b03_entries_of_nobody_whose_commit_is_tried_again_are_counted_once() -> None:
    with VigilInMemory() as vigil:
        # As after a lost reply: what is committed has been committed.
        vigil.documents.before = vigil.database.commit
        vigil.receive([raw_entry(logName="projects/nobodys/logs/app") for _ in range(3)])

        assert vigil.outcomes_of_nobody() == Outcomes(received=3, invalid=3)


def test_b02_a_flood_of_what_is_nobodys_is_counted_in_many_documents() -> None:
    with VigilInMemory() as vigil:
        for _ in range(200):
            vigil.receive([raw_entry(logName="projects/nobodys/logs/app")])
            vigil.clock.advance(0.01)

        counters = [path for commit in vigil.documents.paths("usage") for path in commit]
        assert max(Counter(counters).values()) <= 12
        assert vigil.outcomes_of_nobody() == Outcomes(received=200, invalid=200)
