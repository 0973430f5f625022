"""The analyst that needs no model."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, anomaly
from vigil.incidents import analyst
from vigil.incidents.incident_from_anomalies import incident_from_anomalies
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series
from vigil.model.suspect import Suspect
from vigil.ports import Analyst

CHECKOUT = anomaly(
    anomaly_id="v1-checkout",
    endpoint="POST /checkout",
    started_at=NOON + timedelta(seconds=5),
    description="40 of 40 requests failed, usually 0 of 42.",
    recommended_actions=("Look at the callees", "Roll back"),
)
PAYMENT = anomaly(
    anomaly_type=AnomalyType.LATENCY_INCREASE,
    callers=(Series("shop", "POST /checkout"),),
    recommended_actions=("Look at the slow queries", "Roll back"),
)
AGAIN = replace(PAYMENT, anomaly_id="v1-again", started_at=NOON + timedelta(seconds=65))
CASCADE = [AGAIN, CHECKOUT, PAYMENT]
FOUND = incident_from_anomalies("INC-1-abcdef", CASCADE)
INCIDENT = replace(FOUND, suspects=(Suspect("shop", "POST /payment", 0.875),))


def test_the_module_is_an_analyst_as_the_port_wants_one() -> None:
    port: Analyst = analyst

    assert port.explain(INCIDENT, CASCADE, now=NOON).author == "heuristic"


def test_it_says_what_since_when_and_what_follows_from_what() -> None:
    explained = analyst.explain(INCIDENT, CASCADE, now=NOON)

    assert explained.summary == (
        "Latency spike in POST /payment, 2 endpoints affected since 2026-01-20 12:00:03 UTC. "
        "POST /payment is blamed for POST /checkout (2 endpoints in 3 anomalies)."
    )
    assert explained.cause == (
        "38 of 40 requests failed, usually 0 of 42. POST /payment failed first (12:00:03) and is "
        "called by POST /checkout, which failed after it."
    )
    assert explained.confidence == 0.88
    assert explained.created_at == NOON


def test_without_enough_evidence_nobody_is_blamed() -> None:
    explained = analyst.explain(FOUND, CASCADE, now=NOON)

    assert explained.summary.endswith(
        " POST /payment and POST /checkout strayed (2 endpoints in 3 anomalies)."
    )
    assert " Not enough evidence to name one; POST /payment failed first" in explained.cause
    assert explained.confidence == 0.0


def test_the_steps_and_the_evidence_start_with_the_root_cause_and_repeat_nothing() -> None:
    explained = analyst.explain(INCIDENT, CASCADE, now=NOON)

    assert explained.steps == ("Look at the slow queries", "Roll back", "Look at the callees")
    assert explained.evidence_ids == ("v1-anomaly", "v1-checkout")


def test_at_most_six_steps_are_recommended() -> None:
    busy = replace(PAYMENT, recommended_actions=tuple(f"Step {n}" for n in range(9)))

    assert len(analyst.explain(INCIDENT, [busy], now=NOON).steps) == 6


def test_an_incident_of_one_series_says_that_nothing_else_is_affected() -> None:
    alone = incident_from_anomalies("INC-1-abcdef", [PAYMENT])

    assert analyst.explain(alone, [PAYMENT], now=NOON).summary.endswith(
        " Nothing else is affected."
    )


@given(st.sets(st.sampled_from(range(3))))
def test_the_evidence_exists_even_where_anomalies_are_no_longer_kept(kept: set[int]) -> None:
    anomalies = [CASCADE[index] for index in kept]

    explained = analyst.explain(INCIDENT, anomalies, now=NOON)

    assert set(explained.evidence_ids) <= {each.anomaly_id for each in anomalies}
    assert explained.cause


@given(st.permutations(CASCADE))
def test_a02_any_order_of_the_anomalies_gives_the_same_explanation(
    shuffled: list[Anomaly],
) -> None:
    assert analyst.explain(INCIDENT, shuffled, now=NOON) == analyst.explain(
        INCIDENT, CASCADE, now=NOON
    )


def test_the_fingerprint_changes_with_the_anomalies_and_not_with_the_time() -> None:
    now = analyst.explain(INCIDENT, CASCADE, now=NOON)
    later = analyst.explain(INCIDENT, CASCADE, now=NOON + timedelta(hours=1))
    before = analyst.explain(
        incident_from_anomalies("INC-1-abcdef", [PAYMENT]), [PAYMENT], now=NOON
    )

    assert now.fingerprint == later.fingerprint != before.fingerprint
