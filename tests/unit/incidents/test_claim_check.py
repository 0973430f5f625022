"""A claim is told only if the evidence that it names bears it out (FAULTS B13, D21-D23)."""

from dataclasses import replace
from itertools import permutations

import pytest

from tests.builders import NOON, anomaly, incident
from tests.cascades import cascade
from vigil.incidents.claim_check import Fault, StatedClaim, fault_of, verified_claims
from vigil.incidents.evidence_pack import EvidencePack, pack_evidence
from vigil.logs.redaction import redact
from vigil.model.anomaly import Anomaly, Evidence
from vigil.model.explanation import ClaimKind

PAY, CHECKOUT, CART = (
    replace(
        struck,
        description=f"{seen} requests failed",
        evidence=(Evidence(text, text, 30, struck.started_at, struck.detected_at),),
    )
    for struck, seen, text in zip(
        cascade(),
        ("38 of 40", "37 of 40", "9 of 12"),
        ("pool exhausted after 1500 ms", "payment answered 503", "checkout answered 502"),
        strict=True,
    )
)
FIRST = replace(PAY, started_at=NOON)
STRUCK = (FIRST, CHECKOUT, CART)
PACK = pack_evidence(incident(), STRUCK, redact=redact)
ID_OF = {item.anomaly_id: item.evidence_id for item in PACK.items}
CLAIM = StatedClaim(
    kind=ClaimKind.CAUSE,
    statement="POST /payment ran out of connections: pool exhausted after 1500 ms",
    service="shop",
    evidence_ids=(ID_OF[FIRST.anomaly_id],),
    quotes=("pool exhausted after 1500 ms",),
    leads_to=(ID_OF[CHECKOUT.anomaly_id],),
)
LATE = replace(
    CLAIM,
    service="cart",
    evidence_ids=(ID_OF[CART.anomaly_id],),
    quotes=("checkout answered 502",),
    statement="GET /cart set it off",
    leads_to=(ID_OF[FIRST.anomaly_id],),
)


def claim(**changes: object) -> StatedClaim:
    return replace(CLAIM, **changes)  # type: ignore[arg-type]  # each test names real fields


def told(claims: list[StatedClaim], pack: EvidencePack = PACK) -> set[str]:
    return {claim.statement for claim, _ in verified_claims(claims, pack, redact=redact)}


def test_a_claim_that_its_evidence_bears_out_is_told_with_it() -> None:
    [(found, items)] = verified_claims([CLAIM], PACK, redact=redact)

    assert found.statement == CLAIM.statement
    assert found.evidence_ids == (FIRST.anomaly_id,)
    assert found.from_logs
    assert [item.evidence_id for item in items] == list(CLAIM.evidence_ids)


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        pytest.param(claim(statement=""), Fault.EMPTY, id="says nothing"),
        pytest.param(claim(evidence_ids=()), Fault.EVIDENCE, id="rests on nothing"),
        pytest.param(claim(evidence_ids=("E99",)), Fault.EVIDENCE, id="evidence of nobody"),
        pytest.param(
            claim(evidence_ids=(*CLAIM.evidence_ids, "E99")), Fault.EVIDENCE, id="one of two"
        ),
        pytest.param(claim(leads_to=("E0",)), Fault.EVIDENCE, id="leads to nothing"),
        pytest.param(claim(service="database"), Fault.SERVICE, id="an unknown service"),
        pytest.param(claim(service="cart"), Fault.SERVICE, id="the service of other evidence"),
        pytest.param(claim(quotes=()), Fault.QUOTE, id="quotes nothing"),
        pytest.param(claim(quotes=("",)), Fault.QUOTE, id="an empty quote"),
        pytest.param(claim(quotes=("disk full",)), Fault.QUOTE, id="an invented quote"),
        pytest.param(claim(quotes=("payment answered 503",)), Fault.QUOTE, id="of other evidence"),
        pytest.param(
            claim(statement='the log says "disk is full"'), Fault.QUOTE, id="in the sentence"
        ),
        pytest.param(claim(statement="77 requests failed"), Fault.NUMBER, id="a number"),
        pytest.param(LATE, Fault.ORDER, id="a cause after its effect"),
        pytest.param(replace(LATE, leads_to=()), Fault.ORDER, id="a cause after all the rest"),
        pytest.param(claim(statement="severity is low"), Fault.VERDICT, id="a severity"),
        pytest.param(claim(statement="this is a false alarm"), Fault.VERDICT, id="a verdict"),
        pytest.param(claim(statement="please close this incident"), Fault.VERDICT, id="a status"),
        pytest.param(claim(statement="Mark as benign"), Fault.VERDICT, id="benign"),
        pytest.param(claim(statement="do not page anybody"), Fault.VERDICT, id="a route"),
        pytest.param(claim(statement="run kubectl delete pod"), Fault.COMMAND, id="a command"),
        pytest.param(claim(statement="try x | sh to fix it"), Fault.COMMAND, id="a pipe"),
    ],
)
def test_b13_d21_a_claim_is_dropped_for_its_fault(stated: StatedClaim, fault: Fault) -> None:
    assert fault_of(stated, PACK) is fault
    assert told([stated]) == set()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("the host could not be resolved", id="a name that does not resolve"),
        pytest.param("connections were closed by the peer", id="closed connections"),
        pytest.param("the notification service failed", id="a service of that name"),
    ],
)
def test_what_only_sounds_like_a_verdict_is_told(statement: str) -> None:
    assert told([claim(statement=statement)]) == {statement}


def test_an_effect_may_come_after_everything_else() -> None:
    assert told([replace(LATE, kind=ClaimKind.EFFECT)]) == {LATE.statement}


def test_a_cause_may_name_the_numbers_of_what_it_led_to() -> None:
    statement = "3 seconds after it 37 of 40 requests of POST /checkout failed"

    assert told([claim(statement=statement)]) == {statement}


def test_d22_links_and_mark_up_are_not_told() -> None:
    stated = claim(statement="**See** [this](https://evil.example/?d=1) or https://evil.example/?d")

    assert told([stated]) == {"See this or [link]"}


def test_d25_what_is_told_is_redacted() -> None:
    stated = claim(statement="POST /payment failed for jo@example.com, password=hunter2")

    assert told([stated]) == {"POST /payment failed for [EMAIL], password=[SECRET]"}


def test_a_claim_that_is_made_twice_is_told_once_and_a_flood_is_cut() -> None:
    flood = [claim(statement=f"POST /payment failed {'x' * n}") for n in range(1, 40)]

    assert len(verified_claims([CLAIM, CLAIM], PACK, redact=redact)) == 1
    assert len(told(flood)) == 8


@pytest.mark.parametrize("order", list(permutations(STRUCK)))
def test_permuted_evidence_bears_out_the_same_claims(order: tuple[Anomaly, ...]) -> None:
    pack = pack_evidence(incident(), order, redact=redact)

    assert told([CLAIM, LATE], pack) == {CLAIM.statement}


def test_without_the_evidence_it_names_a_claim_is_gone() -> None:
    pack = pack_evidence(incident(), [CHECKOUT, CART], redact=redact)
    named = {item.evidence_id for item in pack.items}

    assert told([CLAIM], pack) == set()
    assert all(told([claim(evidence_ids=(other,))], pack) == set() for other in named)


def test_d23_what_rests_on_a_log_line_says_so() -> None:
    counted = claim(statement="38 of 40 requests failed", quotes=("38 of 40 requests failed",))
    [(from_counts, _)] = verified_claims([counted], PACK, redact=redact)
    [(from_logs, _)] = verified_claims([CLAIM], PACK, redact=redact)

    assert (from_counts.from_logs, from_logs.from_logs) == (False, True)


@pytest.mark.parametrize("name", ["service", "endpoint"])
def test_d23_what_rests_on_a_name_that_a_log_gave_says_so(name: str) -> None:
    planted = "broken by the last release of payments"
    struck = anomaly(**{name: f"GET {planted}"})
    pack = pack_evidence(incident(), [struck], redact=redact)
    [item] = pack.items
    stated = StatedClaim(
        ClaimKind.CAUSE, f"It was {planted}", item.service, (item.evidence_id,), (planted,)
    )

    [(found, _)] = verified_claims([stated], pack, redact=redact)

    assert found.from_logs
