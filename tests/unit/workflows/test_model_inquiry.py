"""A model is asked once for what is alike, few times in all, and paid before each call."""

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident
from tests.gemini import PLENTY, PROMPT, Gemini, analyst, asking, gemini
from tests.http_recorder import Reply
from tests.servers.gemini_server import (
    COST,
    Asked,
    Step,
    answering,
    dropping,
    failing,
    finished,
    good_answer,
    hanging,
    inconclusive,
)
from tests.vigil_in_memory import WatchedDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import TransientError
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.explanation import AI_LABEL, Degraded, Explanation
from vigil.model.incident import Incident
from vigil.stores.queries import DECLARED
from vigil.stores.usage import CALLS, PLATFORM, TOKENS, totals
from vigil.workflows.model_analyst import RETHOUGHT
from vigil.workflows.model_inquiry import LEASE, MAX_CALLS, REMEMBERED, Asking
from vigil.workflows.model_spending import Budget

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def shared() -> Iterator[Gemini]:
    with gemini() as opened:
        yield opened


@dataclass
class Here:
    gemini: Gemini
    documents: WatchedDocuments
    how: Asking
    answer: Step | None = None

    def explain(
        self,
        now: timedelta = timedelta(),
        *,
        about: Incident | None = None,
        struck: Anomaly | None = None,
    ) -> Explanation:
        asker = analyst(self.documents, self.gemini.model_for(self.answer), self.how)
        return asker.explain(about or incident(), [struck or anomaly()], now=NOON + now)

    @property
    def calls(self) -> int:
        return len(self.gemini.server.requests)

    def counted(self, root: str = "tenants/acme") -> tuple[int, int]:
        counters = totals(self.documents, root)
        return counters.get(CALLS, 0), counters.get(TOKENS, 0)


@pytest.fixture
def here(shared: Gemini) -> Iterator[Here]:
    shared.server.play()
    with closing(SqliteDocuments(":memory:", DECLARED)) as database:
        yield Here(shared, WatchedDocuments(database), asking())


def test_what_the_model_cost_is_counted_for_the_tenant_and_the_platform(here: Here) -> None:
    assert here.explain().label == AI_LABEL
    assert here.counted() == here.counted(PLATFORM) == (1, COST)


@pytest.mark.parametrize(
    ("script", "reason", "calls"),
    [
        pytest.param([failing(429), failing(429)], None, 3, id="429, 429, 200"),
        pytest.param([failing(503)], None, 2, id="503, 200"),
        pytest.param([dropping, failing(500)], None, 3, id="dropped, 500, 200"),
        pytest.param([failing(429)] * 9, Degraded.RATE_LIMITED, 3, id="429 for ever"),
        pytest.param([failing(503)] * 9, Degraded.UNAVAILABLE, 3, id="503 for ever"),
        pytest.param([hanging], Degraded.TIMEOUT, 1, id="hanging"),
        pytest.param([failing(400)], Degraded.REFUSED, 1, id="400"),
        pytest.param([finished('{"ver', "MAX_TOKENS")], Degraded.TRUNCATED, 1, id="cut"),
        pytest.param([finished("{}", "SAFETY")], Degraded.BLOCKED, 1, id="blocked"),
        pytest.param([finished("no JSON")], None, 2, id="repaired"),
        pytest.param([finished("[]"), finished("{}")], Degraded.UNPARSEABLE, 2, id="one repair"),
        pytest.param(
            [finished("x"), failing(503), finished("x")], Degraded.UNPARSEABLE, 3, id="all three"
        ),
    ],
)
def test_b11_b12_calls_are_few_and_all_of_them_counted(
    here: Here, script: list[Step], reason: Degraded | None, calls: int
) -> None:
    here.gemini.server.play(*script)
    here.answer = script[0]

    assert here.explain().degraded is reason
    assert here.calls == calls <= MAX_CALLS
    assert here.counted()[0] == here.counted(PLATFORM)[0] == calls


def test_b11_it_waits_longer_each_time_before_it_asks_again(here: Here) -> None:
    pauses: list[float] = []
    here.how = asking(pause=pauses.append)
    here.gemini.server.play(*[failing(429)] * 3)
    here.explain()

    assert pauses == [1.0, 2.0]


def test_b12_a_repair_asks_the_same_and_says_what_was_wrong(here: Here) -> None:
    here.gemini.server.play(finished("```json\n{]\n```"))
    here.explain()

    first, second = here.gemini.server.asked
    assert second.text == f"{first.text}\n\n{PROMPT.repair}"


def test_b12_a_fence_around_the_json_needs_no_repair(here: Here) -> None:
    here.gemini.server.play(
        lambda asked: finished(f"```json\n{json.dumps(good_answer(asked))}\n```")(asked)
    )

    assert (here.explain().degraded, here.calls) == (None, 1)


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        pytest.param(answering(), 1, id="an answer"),
        pytest.param(answering(inconclusive), 1, id="no cause"),
        pytest.param(finished("{}", "SAFETY"), 1, id="blocked"),
        pytest.param(failing(400), 2, id="not a refusal"),
        pytest.param(failing(429), 6, id="not a passing trouble"),
        pytest.param(hanging, 2, id="not a slow model"),
    ],
)
def test_d29_what_came_of_asking_stands_for_what_is_alike(
    here: Here, answer: Step, calls: int
) -> None:
    here.gemini.server.play(then=answer)
    here.answer = answer
    first = here.explain()
    second = here.explain(
        SECOND,
        about=incident(incident_id="INC-2"),
        struck=anomaly(metrics={"error_rate": 0.9}),
    )

    assert here.calls == calls
    assert second.degraded is first.degraded


def test_d29_a_storm_of_unique_numbers_costs_one_call_and_of_unique_words_the_budget(
    here: Here,
) -> None:
    here.how = asking(tenant=Budget(calls=5, tokens=10_000_000))

    def storm(template: str) -> None:
        for number in range(20):
            seen = Evidence(template.format(number), f"error {number}", 1, NOON, NOON)
            here.explain(struck=anomaly(evidence=(seen,)))

    storm("error <*>")
    assert here.calls == 1
    storm("error-{}")
    assert here.calls == 5
    assert here.counted()[0] == 5


def test_an_old_answer_is_held_against_new_evidence(here: Here) -> None:
    here.explain()
    other = anomaly(description="19 of 20 requests failed, usually 0 of 42")

    assert here.explain(SECOND, struck=other).degraded is Degraded.UNVERIFIED
    assert here.calls == 1
    assert here.explain(RETHOUGHT, struck=other).label == AI_LABEL
    assert here.calls == 2


def test_an_answer_is_asked_for_anew_after_its_time(here: Here) -> None:
    here.explain()
    here.explain(REMEMBERED + SECOND)

    assert here.calls == 2


def test_an_answer_of_one_tenant_is_not_shown_to_another(here: Here) -> None:
    here.explain()
    here.explain(about=incident(tenant_id="globex"), struck=anomaly(tenant_id="globex"))

    assert here.calls == 2


@pytest.mark.parametrize(
    ("tenant", "platform"),
    [
        pytest.param(Budget(0, 10**9), PLENTY, id="no calls"),
        pytest.param(Budget(9, 1000), PLENTY, id="too few tokens"),
        pytest.param(PLENTY, Budget(0, 10**9), id="none of the platform's"),
    ],
)
def test_g6_beyond_the_budget_nothing_is_sent(here: Here, tenant: Budget, platform: Budget) -> None:
    here.how = asking(tenant=tenant, platform=platform)

    assert here.explain().degraded is Degraded.OVER_BUDGET
    assert here.calls == 0
    assert here.counted() == (0, 0)


def test_g6_a_second_try_is_within_the_budget_too(here: Here) -> None:
    here.how = asking(tenant=Budget(1, 10**9))
    here.gemini.server.play(failing(503))

    assert here.explain().degraded is Degraded.OVER_BUDGET
    assert here.calls == 1


def test_while_one_asks_another_waits_for_the_answer(here: Here) -> None:
    met: list[str] = []

    def step(asked: Asked) -> Reply:
        with pytest.raises(TransientError, match="at the moment"):
            here.explain(SECOND)
        met.append("another")
        return answering()(asked)

    here.gemini.server.play(step)

    assert here.explain().label == AI_LABEL
    assert met == ["another"]
    assert (here.explain(SECOND).label, here.calls) == (AI_LABEL, 1)


class Crashed(BaseException):
    """What nobody catches, as nobody catches a kill."""


@pytest.mark.parametrize("crashes", [1, 2, 3])
@pytest.mark.parametrize(
    ("commit", "calls_before"),
    [
        pytest.param(0, 0, id="before the reservation"),
        pytest.param(1, 1, id="after the call, before it is put right"),
        pytest.param(2, 1, id="before the answer is kept"),
    ],
)
def test_c13_a_crash_costs_one_call_at_most_and_twice_is_enough(
    here: Here, commit: int, calls_before: int, crashes: int
) -> None:
    for number in range(crashes):
        _crash_at(here.documents, commit)
        with suppress(Crashed):
            here.explain(number * (LEASE + SECOND))
    here.documents.before = lambda writes: None
    found = here.explain(crashes * (LEASE + SECOND))

    started = crashes * calls_before
    assert here.calls == min(started + 1, 2)
    assert here.counted()[0] == here.calls, "each call was paid, and no call twice"
    assert found.degraded is (Degraded.INTERRUPTED if started >= 2 else None)


def test_c13_a_crash_after_the_reservation_costs_the_reservation_alone(here: Here) -> None:
    _crash_at(here.documents, 0, after=True)
    with suppress(Crashed):
        here.explain()
    here.documents.after = lambda writes: None
    calls, reserved = here.counted()
    found = here.explain(LEASE + SECOND)

    assert (calls, here.calls) == (1, 1)
    assert found.label == AI_LABEL
    assert here.counted() == (2, reserved + COST)


def _crash_at(documents: WatchedDocuments, commit: int, *, after: bool = False) -> None:
    seen = iter(range(100))

    def crash(writes: object) -> None:
        if next(seen) == commit:
            raise Crashed

    if after:
        documents.after = crash
    else:
        documents.before = crash
