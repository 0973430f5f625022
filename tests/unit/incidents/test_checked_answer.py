"""What is made of an answer: what holds, as sure as its evidence, or why nothing is told."""

from dataclasses import replace

import pytest

from tests.builders import NOON, incident
from tests.cascades import cascade
from vigil.incidents import analyst
from vigil.incidents.checked_answer import (
    StatedAnswer,
    confidence_ceiling,
    explain_by_answer,
    without_model,
)
from vigil.incidents.claim_check import StatedClaim
from vigil.incidents.evidence_pack import Item, pack_evidence
from vigil.logs.redaction import redact
from vigil.model.explanation import AI_LABEL, ClaimKind, Degraded, Explanation
from vigil.model.suspect import Suspect

STEPS = ("Read the log", "Roll back")
STRUCK = tuple(replace(anomaly, recommended_actions=STEPS) for anomaly in cascade())
INCIDENT = incident(
    root_cause=replace(incident().root_cause, anomaly_id="v1-a-pay"),
    affected=tuple(anomaly.series for anomaly in STRUCK),
    anomaly_ids=tuple(anomaly.anomaly_id for anomaly in STRUCK),
    suspects=(Suspect("shop", "POST /payment", 0.9),),
)
PACK = pack_evidence(INCIDENT, STRUCK, redact=redact)
USUAL = analyst.explain(INCIDENT, STRUCK, now=NOON)
ITEMS = {item.anomaly_id: item for item in PACK.items}
PAY, CHECKOUT, CART = (ITEMS[f"v1-a-{name}"] for name in ("pay", "checkout", "cart"))


def stated(*items: Item, kind: ClaimKind = ClaimKind.CAUSE, **changes: object) -> StatedClaim:
    usual = StatedClaim(
        kind=kind,
        statement=f"{items[0].endpoint} failed",
        service=items[0].service,
        evidence_ids=tuple(item.evidence_id for item in items),
        quotes=(items[0].seen,),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # each test names real fields


def explain(*claims: StatedClaim, **changes: object) -> Explanation | Degraded:
    answer = StatedAnswer(True, claims, ("S2",), 0.3)
    answer = replace(answer, **changes)  # type: ignore[arg-type]  # each test names real fields
    return explain_by_answer(answer, PACK, USUAL, author="gemini", redact=redact)


def test_what_holds_is_told_with_its_author_label_and_evidence() -> None:
    found = explain(stated(CART, kind=ClaimKind.EFFECT), stated(PAY))

    assert isinstance(found, Explanation)
    assert (found.author, found.label, found.degraded) == ("gemini", AI_LABEL, None)
    assert found.cause == "POST /payment failed"
    assert found.summary == "POST /payment failed. GET /cart failed."
    assert found.evidence_ids == ("v1-a-pay", "v1-a-cart")
    assert found.labelled_summary == f"{AI_LABEL}: {found.summary}"
    assert found.fingerprint != USUAL.fingerprint


def test_d23_of_several_causes_the_best_founded_is_told() -> None:
    planted, founded = stated(CART), stated(PAY)
    found = [explain(planted, founded), explain(founded, planted)]

    assert [each.cause for each in found if isinstance(each, Explanation)] == [
        "POST /payment failed",
        "POST /payment failed",
    ]


def test_steps_are_those_of_people_in_the_order_that_was_advised() -> None:
    found = explain(stated(PAY), step_ids=("S9", "S2", "rm -rf"))

    assert isinstance(found, Explanation)
    assert found.steps == ("Roll back", "Read the log")


@pytest.mark.parametrize(
    ("claims", "changes", "reason"),
    [
        pytest.param((), {}, Degraded.UNVERIFIED, id="no claim"),
        pytest.param(
            (stated(PAY, quotes=("invented",)),), {}, Degraded.UNVERIFIED, id="none that holds"
        ),
        pytest.param((stated(PAY, kind=ClaimKind.EFFECT),), {}, Degraded.UNVERIFIED, id="no cause"),
        pytest.param(
            (stated(PAY),), {"is_conclusive": False}, Degraded.INCONCLUSIVE, id="inconclusive"
        ),
    ],
)
def test_b13_of_what_does_not_hold_nothing_is_told(
    claims: tuple[StatedClaim, ...], changes: dict[str, object], reason: Degraded
) -> None:
    assert explain(*claims, **changes) is reason


@pytest.mark.parametrize(
    ("grounds", "ceiling"),
    [
        pytest.param((PAY,), 0.5, id="one series"),
        pytest.param((PAY, CHECKOUT), 0.65, id="two"),
        pytest.param((PAY, CHECKOUT, CART), 0.8, id="three"),
        pytest.param((CHECKOUT, CART), 0.5, id="not what the statistics blame"),
        pytest.param((replace(PAY, confidence=0.2),), 0.2, id="evidence that is unsure itself"),
    ],
)
def test_b13_d23_a_confidence_is_no_more_than_the_evidence_carries(
    grounds: tuple[Item, ...], ceiling: float
) -> None:
    assert confidence_ceiling(grounds, PACK) == pytest.approx(ceiling)


def test_b13_where_the_statistics_are_not_sure_agreeing_with_them_makes_nothing_surer() -> None:
    unsure = pack_evidence(replace(INCIDENT, suspects=()), STRUCK, redact=redact)

    assert confidence_ceiling((PAY, CHECKOUT, CART), unsure) == 0.5


@pytest.mark.parametrize(("said", "told"), [(1.0, 0.5), (0.3, 0.3), (0.0, 0.0)])
def test_b13_a_model_that_is_always_sure_is_not_believed(said: float, told: float) -> None:
    found = explain(stated(PAY), confidence=said)

    assert isinstance(found, Explanation)
    assert found.confidence == told


@pytest.mark.parametrize("reason", list(Degraded))
def test_without_a_model_the_statistics_speak_and_it_is_said_why(reason: Degraded) -> None:
    found = without_model(USUAL, reason)

    assert replace(found, label="", degraded=None) == USUAL
    assert found.degraded is reason
    assert found.label.startswith("From statistics alone, ")
