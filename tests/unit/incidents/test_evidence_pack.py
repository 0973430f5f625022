"""What a model is shown: bounded, redacted, of one tenant, in an order of its own."""

import json
import random
from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, anomaly, incident
from tests.cascades import cascade, strayed
from vigil.incidents.evidence_pack import (
    MAX_ITEMS,
    MAX_LINES,
    MAX_TEXT,
    evidence_as_lines,
    pack_evidence,
)
from vigil.logs.redaction import redact
from vigil.model.anomaly import Evidence
from vigil.model.incident import RootCause


def lines(count: int, text: str = "charge failed") -> tuple[Evidence, ...]:
    return tuple(Evidence(f"{text} <*>", f"{text} {n}", n + 1, NOON, NOON) for n in range(count))


def test_evidence_is_numbered_in_an_order_that_does_not_depend_on_how_it_came() -> None:
    anomalies = list(cascade())
    packs = set()
    for seed in range(6):
        random.Random(seed).shuffle(anomalies)
        packs.add(evidence_as_lines(pack_evidence(incident(), anomalies, redact=redact)))

    [pack] = packs
    assert [json.loads(line)["id"] for line in pack.splitlines()] == ["E1", "E2", "E3"]


def test_what_is_blamed_is_named_by_its_number() -> None:
    blamed = incident(root_cause=_blaming("v1-a-pay"))

    pack = pack_evidence(blamed, cascade(), redact=redact)

    [item] = [item for item in pack.items if item.evidence_id == pack.blamed]
    assert item.anomaly_id == "v1-a-pay"


def test_a_pack_is_bounded_and_keeps_what_is_blamed_and_each_series() -> None:
    flood = [strayed(f"again-{n}", n % 5, evidence=lines(9, "x" * 900)) for n in range(60)]
    late = strayed("root", 9, endpoint="GET /late")
    pack = pack_evidence(incident(root_cause=_blaming("v1-root")), [*flood, late], redact=redact)

    assert len(pack.items) == MAX_ITEMS
    assert "v1-root" in {item.anomaly_id for item in pack.items}
    assert {item.endpoint for item in pack.items} == {"GET /late", "POST /payment"}
    assert max(len(item.lines) for item in pack.items) == MAX_LINES
    assert max(len(line.text) for item in pack.items for line in item.lines) == MAX_TEXT
    assert len(evidence_as_lines(pack)) < 20_000


def test_g4_each_text_is_redacted_before_it_is_cut() -> None:
    secret = "ghp_" + "CaNaRy0123456789" * 2 + "abcd"
    told = f"{'x' * (MAX_TEXT - 10)} {secret}"
    struck = anomaly(
        description=told,
        service="mail jo@example.com",
        endpoint="GET /a?token=hunter2hunter2",
        evidence=(Evidence(told, told, 1, NOON, NOON),),
        metrics={"jo@example.com": 1.0},
    )

    shown = evidence_as_lines(pack_evidence(incident(), [struck], redact=redact))

    assert all(part not in shown for part in ("ghp_", "jo@example.com", "hunter2"))


def test_g3_what_is_somebody_elses_is_left_out() -> None:
    mixed = [anomaly(), anomaly(anomaly_id="v1-other", tenant_id="globex", description="canary")]

    pack = pack_evidence(incident(), mixed, redact=redact)

    assert [item.anomaly_id for item in pack.items] == ["v1-anomaly"]


def test_packs_are_alike_if_they_differ_in_numbers_and_times_alone() -> None:
    def likeness(**changes: object) -> str:
        struck = anomaly(evidence=lines(2), **changes)
        return pack_evidence(incident(), [struck], redact=redact).likeness()

    again = {
        "anomaly_id": "v1-later",
        "description": "9 of 10 requests failed",
        "metrics": {"error_rate": 0.9},
        "started_at": NOON + timedelta(days=1),
    }
    assert likeness(**again) == likeness()
    assert likeness(endpoint="GET /cart") != likeness()


def test_packs_of_other_lines_are_not_alike() -> None:
    one, other = (
        pack_evidence(incident(), [anomaly(evidence=lines(2, text))], redact=redact)
        for text in ("refused", "timed out")
    )

    assert one.likeness() != other.likeness()


def _blaming(anomaly_id: str) -> RootCause:
    return replace(incident().root_cause, anomaly_id=anomaly_id)
