"""What people say of an anomaly counts once, and detection goes by it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.opinions import NOISE, SERIES, STRAYED, USEFUL, Asked
from tests.vigil_in_memory import ACME, VigilInMemory, payments
from vigil.errors import InvalidRequest, TransientError
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.feedback import MOST_OPINIONS, Opinion
from vigil.ports import Put, Write
from vigil.stores import detector_states
from vigil.stores.detector_states import DetectorStates
from vigil.stores.queries import EXPIRED
from vigil.stores.usage import read_usage, sum_of
from vigil.workflows.anomaly_feedback import AnomalyFeedback


def test_an_opinion_is_kept_counted_and_learned_in_one_commit() -> None:
    with Asked() as vigil:
        before = vigil.service()
        vigil.say(NOISE, note="a load test of jo@example.com")

        stored = vigil.store.feedback.get("v1-anomaly")
        assert stored is not None
        assert stored.value.opinions == (
            Opinion("ann", NOISE, vigil.clock(), "a load test of [EMAIL]", counted=1),
        )
        assert vigil.counted() == (1, 0)
        assert vigil.doubted() == {SERIES: 1}
        assert len(vigil.documents.commits) == 1
        after = vigil.service().states[0]
        assert replace(after, feedback={}) == before.states[0]


def test_saying_the_same_again_changes_nothing() -> None:
    with Asked() as vigil:
        first = vigil.say(NOISE, note="a test")
        vigil.clock.advance(60)
        again = vigil.say(NOISE, note="a test")

        assert again == first
        assert len(vigil.documents.commits) == 1
        assert (vigil.counted(), vigil.doubted()) == ((1, 0), {SERIES: 1})


def test_another_note_is_kept_and_counts_for_nothing() -> None:
    with Asked() as vigil:
        first = vigil.say(NOISE)
        vigil.clock.advance(60)
        again = vigil.say(NOISE, note="on second thoughts")

        assert first is not None
        assert again == replace(first, note="on second thoughts")
        assert (vigil.counted(), vigil.doubted()) == ((1, 0), {SERIES: 1})


@pytest.mark.parametrize(
    ("said", "noise", "counted"),
    [
        pytest.param(["ann n"], 1, (1, 0), id="noise"),
        pytest.param(["ann u"], 0, (0, 1), id="useful, of what nobody doubts"),
        pytest.param(["ann n", "bob n"], 2, (2, 0), id="two people"),
        pytest.param(["ann n", "bob u"], 0, (1, 1), id="two who disagree"),
        pytest.param(["ann n", "bob n", "ann u"], 0, (1, 1), id="who changes their mind"),
        pytest.param(["ann n", "ann u", "ann n", "ann u", "ann n"], 1, (1, 0), id="back and forth"),
        pytest.param(["ann u", "ann n", "ann u"], 0, (0, 1), id="forth and back"),
        pytest.param([f"p{n} n" for n in range(9)], 6, (9, 0), id="no more than six"),
        pytest.param(
            [*(f"p{n} n" for n in range(9)), "p8 u"], 5, (8, 1), id="who came too late to count"
        ),
        pytest.param(
            [*(f"p{n} n" for n in range(9)), "p0 u"], 4, (8, 1), id="who was among the six"
        ),
    ],
)
def test_of_each_the_last_word_counts(
    said: list[str], noise: int, counted: tuple[int, int]
) -> None:
    with Asked() as vigil:
        for actor, verdict in (each.split() for each in said):
            vigil.clock.advance(1)
            vigil.say(NOISE if verdict == "n" else USEFUL, by=actor)

        assert vigil.doubted() == ({SERIES: noise} if noise else {})
        assert vigil.counted() == counted


def test_of_another_day_it_is_counted_on_that_day() -> None:
    with Asked() as vigil:
        vigil.say(NOISE)
        vigil.clock.advance(40 * 86_400)
        vigil.say(NOISE, by="bob")
        lately = vigil.clock() - timedelta(days=30)
        usage = read_usage(vigil.database, vigil.store.root)
        assert sum_of(usage, since=lately)["feedback_noise"] == 1

        vigil.say(USEFUL)
        counters = sum_of(read_usage(vigil.database, vigil.store.root), since=lately)
        assert (counters["feedback_noise"], counters["feedback_useful"]) == (1, 1)
        assert vigil.counted() == (1, 1)


def test_only_such_findings_are_doubted() -> None:
    slow = replace(STRAYED, anomaly_id="v1-slow", anomaly_type=AnomalyType.LATENCY_INCREASE)
    with Asked(STRAYED, slow, replace(STRAYED, anomaly_id="v1-b")) as vigil:
        vigil.say(NOISE)
        vigil.say(NOISE, about="v1-slow")
        vigil.say(NOISE, about="v1-b")

        assert vigil.doubted() == {SERIES: 2, "POST /pay\nlatency_increase": 1}


@pytest.mark.parametrize(
    "struck",
    [
        pytest.param(replace(STRAYED, service="gone"), id="a service that is forgotten"),
        pytest.param(
            replace(STRAYED, anomaly_type=AnomalyType.RECEIVED_ALERT), id="what others have found"
        ),
    ],
)
def test_what_detection_cannot_learn_from_is_kept_and_counted_all_the_same(struck: Anomaly) -> None:
    with Asked(struck) as vigil:
        opinion = vigil.say(NOISE)

        assert opinion is not None
        assert opinion.counted == 0
        assert vigil.counted() == (1, 0)
        assert vigil.doubted() == {}
        assert vigil.service("gone").committed_at is None


def test_of_what_there_is_not_nothing_is_kept() -> None:
    with Asked() as vigil:
        assert vigil.say(NOISE, about="v1-never-was") is None
        assert vigil.documents.commits == []


def test_d28_of_one_too_many_nothing_is_kept() -> None:
    with Asked() as vigil:
        for number in range(MOST_OPINIONS):
            vigil.say(USEFUL, by=f"ci:{number}")
        with pytest.raises(InvalidRequest):
            vigil.say(NOISE, by="one too many")

        assert (vigil.counted(), vigil.doubted()) == ((0, MOST_OPINIONS), {})


def test_a_service_that_is_written_meanwhile_loses_nothing() -> None:
    with Asked() as vigil:

        def let_a_batch_in(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.receive(payments(5, at=vigil.clock(), name="later"))
            vigil.deliver()

        vigil.documents.before = let_a_batch_in
        vigil.say(NOISE)

        assert (vigil.counted(), vigil.doubted()) == ((1, 0), {SERIES: 1})
        windows = vigil.service().states[0].windows.values()
        assert sum(window["POST /pay"].requests for window in windows) == 5
        assert vigil.outcomes().processed == 45


def test_two_who_speak_at_once_are_both_heard() -> None:
    with Asked() as vigil:

        def let_bob_speak(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.say(NOISE, by="bob")

        vigil.documents.before = let_bob_speak
        vigil.say(NOISE)

        assert (vigil.counted(), vigil.doubted()) == ((2, 0), {SERIES: 2})


def test_c05_whoever_asks_again_after_a_lost_answer_is_counted_once() -> None:
    with Asked() as vigil:

        def die(_writes: Sequence[Write]) -> None:
            raise TransientError("the answer was lost")

        vigil.documents.after = die
        with pytest.raises(TransientError):
            vigil.say(NOISE)
        vigil.documents.after = lambda writes: None
        vigil.say(NOISE)

        assert (vigil.counted(), vigil.doubted()) == ((1, 0), {SERIES: 1})


def test_a_service_that_is_written_each_time_is_given_up_and_nothing_is_kept() -> None:
    with Asked() as vigil:

        def be_quicker(_writes: Sequence[Write]) -> None:
            [kept] = vigil.database.get([vigil.service().path])
            assert kept is not None
            vigil.clock.advance(1)
            vigil.database.commit(
                [Put(kept.path, dict(kept.fields) | {"committed_at": vigil.clock()})]
            )

        vigil.documents.before = be_quicker
        with pytest.raises(TransientError, match="written by others"):
            vigil.say(NOISE)
        assert vigil.store.feedback.get("v1-anomaly") is None


def test_batches_and_ticks_leave_it_as_it_is() -> None:
    with Asked() as vigil:
        vigil.say(NOISE)
        vigil.receive(payments(40, at=vigil.clock(), name="later"))
        vigil.settle()

        assert vigil.doubted() == {SERIES: 1}


def test_a19_of_a_service_in_several_documents_the_right_one_learns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(detector_states, "STATE_LIMIT_BYTES", 600)
    endpoints = [f"GET /page{letter}" for letter in "abcdefghijklmnop"]
    with VigilInMemory() as plain:
        entries = payments(64)
        for number, entry in enumerate(entries):
            page = endpoints[number % len(endpoints)].removeprefix("GET ")
            entry["httpRequest"] = {"requestMethod": "GET", "requestUrl": page, "status": 200}
        plain.receive(entries)
        plain.settle()
        states = DetectorStates(plain.database)
        found = [replace(STRAYED, anomaly_id=f"v1-{e[-1]}", endpoint=e) for e in endpoints]
        plain.database.commit([plain.store.anomalies.put(a.anomaly_id, a) for a in found])
        feedback = AnomalyFeedback(
            documents=plain.database, registry=plain.registry, clock=plain.clock
        )
        for each in found:
            feedback.give(plain.store, each.anomaly_id, NOISE, by="ann", note=None)

        [service] = states.of_tenant(plain.store.root, None)
        assert service.shards >= 4
        for state in service.states.values():
            told = {key.partition("\n")[0] for key in state.feedback}
            assert told == set(state.baselines)
        assert sum(len(state.feedback) for state in service.states.values()) == len(endpoints)


def test_what_was_learned_is_not_forgotten_the_earlier_for_it() -> None:
    with Asked() as vigil:
        read = vigil.service()
        days = timedelta(days=29)
        [kept] = vigil.database.query(EXPIRED["baselines"], bound=vigil.clock() + 2 * days)
        assert kept.fields["expires_at"] == read.expires_at
        # As if another of its shards had been heard of since.
        later = Put(kept.path, dict(kept.fields) | {"expires_at": NOON + 3 * days})
        vigil.database.commit([later])
        vigil.say(NOISE)

        assert vigil.service().expires_at == NOON + 3 * days


def test_it_is_kept_for_the_tenants_retention() -> None:
    with Asked() as vigil:
        vigil.registry.change_tenant(replace(ACME, retention_days=3))
        vigil.say(NOISE)
        spoken_at = vigil.clock()

        [kept] = vigil.database.query(EXPIRED["feedback"], bound=NOON + timedelta(days=99))
        assert kept.fields["expires_at"] == spoken_at + timedelta(days=3)
