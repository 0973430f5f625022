"""Gemini beside a whole Vigil: absent, slow or hostile, it changes nothing but what it says."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.builders import NOON, stream
from tests.cascades import alerts, cascade, incidents, later
from tests.decisions import decisions, live
from tests.e2e.test_egress import CANARIES, entry
from tests.gemini import Gemini, explained, gemini, logged, vigil_with
from tests.http_recorder import Reply
from tests.servers.gemini_server import (
    COST,
    MODEL,
    Asked,
    Step,
    altered,
    answering,
    breaking_off,
    dropping,
    failing,
    finished,
    hanging,
    inconclusive,
    obeying,
    raw,
    responding,
    saying,
    trickling,
)
from tests.vigil_in_memory import VigilInMemory
from vigil import telemetry
from vigil.model.explanation import AI_LABEL, Degraded, Explanation
from vigil.model.stream import StreamStatus
from vigil.model.tenant import Project
from vigil.stores.queries import ANOMALIES
from vigil.workflows.model_spending import Budget


@pytest.fixture(scope="module")
def shared() -> Iterator[Gemini]:
    with gemini() as opened:
        yield opened


MODELS = [
    pytest.param(answering(), id="good"),
    pytest.param(failing(429), id="429"),
    pytest.param(failing(500), id="500"),
    pytest.param(hanging, id="hanging"),
    pytest.param(trickling, id="slow"),
    pytest.param(dropping, id="dropping"),
    pytest.param(breaking_off, id="breaking off"),
    pytest.param(raw(b"<html>", "text/html"), id="a page"),
    pytest.param(raw(b""), id="nothing"),
    pytest.param(finished("{", "MAX_TOKENS"), id="truncated"),
    pytest.param(responding({"promptFeedback": {"blockReason": "SAFETY"}}), id="blocked"),
    pytest.param(finished("[]"), id="a list"),
    pytest.param(answering(inconclusive), id="inconclusive"),
    pytest.param(answering(obeying), id="obeying"),
    pytest.param(answering(saying("Severity is low, close this.")), id="deciding"),
    pytest.param(answering(altered(service="nowhere")), id="unknown service"),
]


@pytest.mark.parametrize("then", MODELS)
def test_g7_b11_whatever_the_model_does_the_decisions_are_the_same(
    shared: Gemini, then: Step
) -> None:
    with VigilInMemory() as usual, vigil_with(shared, then) as other:
        live(usual)
        live(other)

        assert decisions(other) == decisions(usual)
        assert usual.notifier.told() == [("pager", "opened"), ("pager", "resolved")]
        assert other.given_up == []
        assert shared.server.requests != []


def test_the_models_explanation_is_attached_with_its_label_and_evidence(shared: Gemini) -> None:
    with vigil_with(shared, answering()) as vigil:
        later(vigil, *cascade())
        vigil.deliver()

        found = explained(vigil)
        [alert] = alerts(vigil)
        assert (found.author, found.label, found.degraded) == (MODEL, AI_LABEL, None)
        assert {e for claim in found.claims for e in claim.evidence_ids} == {
            anomaly.anomaly_id for anomaly in cascade()
        }
        assert alert.anomaly.analysis == f"{AI_LABEL}: {found.summary}"
        assert vigil.counters()["gemini_api_calls"] == 1
        assert vigil.counters()["gemini_tokens"] == COST


@pytest.mark.parametrize(
    ("then", "reason"),
    [pytest.param(hanging, Degraded.TIMEOUT, id="hanging"), pytest.param(None, None, id="slow")],
)
def test_b14_the_page_goes_out_before_the_model_has_answered(
    shared: Gemini, then: Step | None, reason: Degraded | None
) -> None:
    met: list[str] = []

    def answer(asked: Asked) -> Reply:
        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.explanation is None
        met.extend([alert.status.value, *(transition for _, transition in vigil.notifier.told())])
        return (then or answering())(asked)

    with vigil_with(shared, answer, slow=then) as vigil:
        later(vigil, *cascade())
        vigil.deliver()

        assert met == ["open", "opened"]
        assert explained(vigil).degraded is reason
        assert vigil.notifier.told() == [("pager", "opened")], "an analysis is no news"


@dataclass(frozen=True)
class Watched:
    """What left, was kept and was logged while entries full of secrets were read."""

    sent: bytes
    kept: str
    own: str


def test_g4_d25_planted_secrets_and_personal_data_never_reach_the_model(shared: Gemini) -> None:
    own_logs = io.StringIO()
    telemetry.configure("test", stream=own_logs, level="DEBUG")
    secrets = " ".join(CANARIES.values())
    with vigil_with(shared, answering(saying(f"It was {secrets}."))) as vigil:
        vigil.registry.give_project(Project("acme-prod", "acme", NOON))
        vigil.receive([entry(number) for number in range(60)])
        vigil.settle()
        vigil.settle(61)
        seen = Watched(
            sent=shared.server.octets,
            kept=repr(incidents(vigil)) + repr(vigil.store.anomalies.query(ANOMALIES)),
            own=own_logs.getvalue(),
        )
    telemetry.configure("test", stream=io.StringIO())

    assert b"charge failed" in seen.sent, "of nothing nothing leaks"
    leaks = {
        (place, name)
        for place, text in vars(seen).items()
        for name, canary in CANARIES.items()
        if (canary.encode() if isinstance(text, bytes) else canary) in text
    }
    assert leaks == set()


def test_g3_a_prompt_holds_one_tenants_evidence(shared: Gemini) -> None:
    with vigil_with(shared, answering()) as vigil:
        strange = replace(cascade()[0], tenant_id="globex", description="canary-of-globex")
        [own, *others] = cascade()
        vigil.database.commit(
            [vigil.store.anomalies.put("v1-strange", replace(strange, anomaly_id="v1-strange"))]
        )
        later(vigil, own, *others)
        vigil.deliver()

        assert b"POST /payment" in shared.server.octets
        assert b"canary-of-globex" not in shared.server.octets


def test_g6_d29_a_storm_of_incidents_costs_no_more_than_the_budget(shared: Gemini) -> None:
    budget = Budget(calls=4, tokens=10_000_000)
    with vigil_with(shared, answering(), budget=budget) as vigil:
        for number in range(12):
            name = f"job {number} of {'x' * number}"
            storm = logged(f"{name} failed", *cascade(30 * number, f"n{number}"))
            later(vigil, *(replace(a, endpoint=f"{a.endpoint}/{name}") for a in storm))
            vigil.deliver()

        assert len(incidents(vigil)) == 12
        assert len(shared.server.requests) == vigil.counters()["gemini_api_calls"] == 4
        over = [i for i in incidents(vigil) if _reason(i.explanation) is Degraded.OVER_BUDGET]
        assert len(over) == 8


def _reason(explanation: Explanation | None) -> Degraded | None:
    return explanation.degraded if explanation else None


@pytest.mark.parametrize(
    ("streams", "calls"),
    [
        pytest.param([], 1, id="a tenant without streams"),
        pytest.param([(True, ())], 1, id="a stream of all services"),
        pytest.param([(True, ("shop", "cart"))], 1, id="a stream of these services"),
        pytest.param([(True, ("shop",)), (True, ("cart",))], 1, id="a stream for each"),
        pytest.param([(False, ())], 0, id="never"),
        pytest.param([(False, ("shop",)), (True, ("cart",))], 0, id="never for one of them"),
        pytest.param([(True, ("mail",))], 0, id="a stream of other services"),
        pytest.param([(True, ()), (False, ("shop",))], 0, id="never for one of all"),
    ],
)
@pytest.mark.parametrize("status", [StreamStatus.ACTIVE, StreamStatus.STOPPED])
def test_d25_enable_gemini_analysis_false_means_never(
    shared: Gemini,
    streams: list[tuple[bool, tuple[str, ...]]],
    calls: int,
    status: StreamStatus,
) -> None:
    with vigil_with(shared, answering()) as vigil:
        for number, (enabled, services) in enumerate(streams):
            config = replace(stream().config, services=services, enable_gemini_analysis=enabled)
            kept = stream(stream_id=f"v1-{number}", config=config, status=status)
            vigil.database.commit([vigil.store.streams.put(kept.stream_id, kept)])
        later(vigil, *cascade())
        vigil.deliver()

        assert len(shared.server.requests) == calls
        assert explained(vigil).degraded is (None if calls else Degraded.DISABLED)
