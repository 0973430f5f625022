"""Each rule of the reviewed file says what it means to say, and nothing of harmless lines."""

from typing import Any

import pytest

from vigil.detection.wording import Wording, wording_of
from vigil.detection.wording_rule import WORDING_RULES, RuleKind, read_tables, rule_of
from vigil.logs.masking import mask, redacted_line
from vigil.model.severity import Severity

TABLES = read_tables()
BY_ID = {table["id"]: table for table in TABLES}
MOST_ACTIONS, LINE_LENGTH = 4, 100

HARMLESS = [
    "",
    "GET /products 200",
    "GET /memory-cards 404",
    "POST /login 200",
    "order 1234 paid",
    "user 12 signed in",
    "cache miss for key cart:17",
    "deadline exceeded after 5 s",
    "upstream connect error or disconnect/reset before headers",
    "connection reset by peer",
    "context canceled",
    "retrying in 250 ms (attempt 2 of 5)",
    "could not find product 17",
    "division by zero",
    "NullPointerException: cart is null",
    "KeyError: 'price'",
    "payment declined by bank: insufficient funds",
    "the queue is empty",
    "circuit breaker opened for inventory",
    "health check failed",
    "slow query: 2.5 s",
    "deprecated field 'limit' in request",
    "TLS handshake timeout",
    "deadlock detected, transaction rolled back",
    "e-mail to [EMAIL] bounced",
    "invalid quantity: -1",
    "schedule full, next slot at 12:30",
    "full text search took 3 s",
    "token bucket refilled",
    "disk attached",
    "thread 17 interrupted",
    "the pool of workers has 4 members",
    "password reset mail sent",
    "quota 80 % used",
    "full disk encryption enabled",
    "permission granted",
    "forbidden city tour booked",
    "0 errors out of memory",
    "access log rotated",
    "selected 3 rows union 2 rows",
]


def rules_hit(line: str) -> list[str]:
    return [rule.rule_id for rule in wording_of(mask(line)).rules]


def lines_of(field: str) -> list[Any]:
    return [
        pytest.param(table["id"], line, id=f"{table['id']}: {line[:60]}")
        for table in TABLES
        for line in table.get(field, ())
    ]


@pytest.mark.parametrize(("rule_id", "line"), lines_of("matches"))
def test_an_example_hits_its_rule_and_no_other(rule_id: str, line: str) -> None:
    hit = rules_hit(line)
    assert rule_id in hit
    assert set(hit) <= {rule_id, *BY_ID[rule_id].get("also", ())}


@pytest.mark.parametrize(("rule_id", "line"), lines_of("matches"))
def test_an_example_hits_its_rule_when_it_is_redacted(rule_id: str, line: str) -> None:
    assert rule_id in rules_hit(redacted_line(line))


@pytest.mark.parametrize(("rule_id", "line"), lines_of("matches"))
def test_case_does_not_matter(rule_id: str, line: str) -> None:
    assert rule_id in [rule.rule_id for rule in wording_of(mask(line).upper()).rules]


@pytest.mark.parametrize(("rule_id", "line"), lines_of("spares"))
def test_a_counter_example_hits_nothing(rule_id: str, line: str) -> None:
    assert rules_hit(line) == []


@pytest.mark.parametrize("line", HARMLESS)
def test_harmless_lines_hit_nothing(line: str) -> None:
    assert rules_hit(line) == []
    assert wording_of(mask(line)) == Wording()


def test_each_pattern_is_needed() -> None:
    idle = []
    for table in TABLES:
        masked = [mask(line) for line in table["matches"]]
        masked += [mask(redacted_line(line)) for line in table["matches"]]
        for pattern in table["patterns"]:
            alone = rule_of(table | {"patterns": [pattern]})
            if not any([alone.matches(line.encode()) for line in masked]):
                idle.append((table["id"], pattern))
    assert idle == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["id"])
def test_a_rule_is_whole(table: dict[str, Any]) -> None:
    fields = {"id", "kind", "title", "severity", "refusal", "lines", "patterns", "unless"}
    assert set(table) <= fields | {"matches", "spares", "also", "actions"}
    assert rule_of(table).rule_id == table["id"]
    assert table["matches"]
    assert len(table["spares"]) >= 3
    assert 1 <= len(table["actions"]) <= MOST_ACTIONS
    assert all(action[0].isupper() and len(action) <= LINE_LENGTH for action in table["actions"])
    assert table["kind"] == RuleKind.SECURITY or not table.get("refusal")


def test_ids_are_told_apart_and_every_kind_has_rules() -> None:
    assert len(BY_ID) == len(TABLES) == len(WORDING_RULES)
    assert {rule.kind for rule in WORDING_RULES} == set(RuleKind)
    assert {rule.severity for rule in WORDING_RULES} <= set(Severity)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("disk is full", (True, False, False), id="resource"),
        pytest.param("reverse shell detected", (False, True, False), id="security"),
        pytest.param("login failed for <*>", (False, True, True), id="a refused attempt"),
        pytest.param(
            "login failed: Too many open files", (True, True, True), id="one line, two kinds"
        ),
    ],
)
def test_the_kinds_of_what_is_hit(line: str, expected: tuple[bool, bool, bool]) -> None:
    wording = wording_of(line)
    assert (wording.resource, wording.security, wording.refused) == expected


def test_a_line_with_a_lone_surrogate_is_read() -> None:
    assert rules_hit("disk is full \ud800") == ["disk"]
