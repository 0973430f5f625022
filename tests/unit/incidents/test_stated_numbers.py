"""A number in a claim stands in its evidence, or follows from it (FAULTS B13)."""

from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident
from vigil.incidents.evidence_pack import pack_evidence
from vigil.incidents.stated_numbers import Known, unknown_numbers
from vigil.model.anomaly import Evidence

SEEN = Evidence(
    template="pool orders-db-7 timed out after <*> ms",
    exemplar="pool orders-db-7 timed out after 1500 ms, v2.3.1",
    count=30,
    first_seen_at=NOON + timedelta(seconds=5),
    last_seen_at=NOON + timedelta(seconds=50),
)
STRUCK = anomaly(
    evidence=(SEEN,),
    metrics={"error_rate": 0.95, "failed": 38.0, "requests": 40.0, "p95_ms": 1500.0},
    started_at=NOON + timedelta(seconds=3),
)
PACK = pack_evidence(incident(), [STRUCK], redact=str)
KNOWN = Known.of(PACK.items)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("38 of 40 requests failed", id="counts of the description"),
        pytest.param("it was logged 30 times", id="a count of lines"),
        pytest.param("95 % failed", id="a rate as a percentage"),
        pytest.param("95% failed", id="without a space"),
        pytest.param("79 percent of 38", id="a ratio of two counts: 30 of 38"),
        pytest.param("78.9 % of 38", id="the same, less rounded"),
        pytest.param("it timed out after 1,500 ms", id="with a comma"),
        pytest.param("it timed out after 1.5 seconds", id="milliseconds as seconds"),
        pytest.param("2 seconds later", id="between two instants"),
        pytest.param("at 12:00:03 it began", id="an instant"),
        pytest.param("at 12:00 it began", id="its minute"),
        pytest.param("on 2026-01-20 it began", id="its day"),
        pytest.param("since 2026-01-20T12:00:03Z", id="both"),
        pytest.param("the p95 of POST /payment and its 5xx", id="usual names"),
        pytest.param("pool orders-db-7 in v2.3.1", id="names that it holds"),
        pytest.param("no number at all", id="none"),
    ],
)
def test_what_follows_is_known(statement: str) -> None:
    assert unknown_numbers(statement, KNOWN) == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("39 of 40 requests failed", id="one more"),
        pytest.param("96 % failed", id="another percentage"),
        pytest.param("79 requests failed", id="a ratio is no count"),
        pytest.param("it timed out after 1501 ms", id="another time"),
        pytest.param("4 seconds later", id="between no two instants"),
        pytest.param("at 12:00:04 it began", id="another instant"),
        pytest.param("at 11:59 it began", id="another minute"),
        pytest.param("on 2026-01-21 it began", id="another day"),
        pytest.param("release v2.3.2 did it", id="another release"),
        pytest.param("node gke7a did it", id="a name that it does not hold"),
        pytest.param("it grew 17x", id="another factor"),
        pytest.param("99999999999999999999999999 failed", id="a huge one"),
    ],
)
def test_b13_what_does_not_follow_is_not_known(statement: str) -> None:
    assert unknown_numbers(statement, KNOWN) != []
