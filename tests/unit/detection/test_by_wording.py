"""What lines say is told by the rule that they hit, as gravely as that rule says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.finding import Finding
from vigil.detection.learned.lines import LearnedLines
from vigil.detection.place import Place
from vigil.detection.rules.by_wording import hits_in
from vigil.detection.rules.resource_exhaustion import resource_exhaustion
from vigil.detection.rules.security_incident import security_incident
from vigil.detection.seen import Seen
from vigil.detection.summary import summarise
from vigil.detection.trust import confidence_of
from vigil.detection.window import Window
from vigil.detection.wording_rule import RuleKind
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
DISK = "write failed: No space left on device"
THROTTLED = "Error: rateLimitExceeded"
LOGIN = "login failed for user 17"
LEAKED = "API key has been exposed in a public repository"


def warnings(*messages: str) -> list[LogEntry]:
    return [
        log_entry(
            digest=f"{number:016x}",
            message=message,
            status=None,
            latency_us=None,
            severity=LogSeverity.WARNING,
        )
        for number, message in enumerate(messages)
    ]


def found(*messages: str) -> Finding | None:
    window = summarise(warnings(*messages))
    return resource_exhaustion(window, USUAL) or security_incident(window, USUAL)


@pytest.mark.parametrize(
    ("messages", "detector", "severity"),
    [
        pytest.param([DISK], "disk", Severity.HIGH, id="one line is enough"),
        pytest.param([THROTTLED] * 4, None, None, id="four that are held back are not"),
        pytest.param([THROTTLED] * 5, "throttling", Severity.MEDIUM, id="five are"),
        pytest.param([THROTTLED] * 9 + [DISK], "disk", Severity.HIGH, id="the gravest first"),
        pytest.param([LOGIN] * 4, None, None, id="four refusals are forgotten passwords"),
        pytest.param([LOGIN] * 5, "refused-login", Severity.HIGH, id="five are not"),
        pytest.param([LEAKED], "leaked-credential", Severity.CRITICAL, id="one key is enough"),
        pytest.param(
            [LOGIN] * 9 + [LEAKED], "leaked-credential", Severity.CRITICAL, id="a key among them"
        ),
        pytest.param(["declined by bank"] * 9, None, None, id="nothing of the kind"),
    ],
)
def test_the_rule_says_how_many_lines_are_told_and_how_gravely(
    messages: list[str], detector: str | None, severity: Severity | None
) -> None:
    finding = found(*messages)
    assert (finding.detector if finding else None) == detector
    assert (finding.severity if finding else None) == severity


def test_a_finding_says_what_has_run_out_and_shows_the_line() -> None:
    finding = found(DISK, DISK, "declined by bank")
    assert finding is not None
    assert finding.description == f'A disk is full, by 2 of 3 logs: "{DISK}"'
    assert finding.metrics == {"matches": 2, "entries": 3}
    anomaly = finding.as_anomaly(Place("acme", Series("shop", ""), 0, 60))
    assert anomaly.recommended_actions[0].startswith("Find the disk")
    assert anomaly.evidence[0].exemplar == DISK


def test_a_request_that_was_turned_away_tells_of_the_limit() -> None:
    raw = {
        "logName": "projects/shop/logs/requests",
        "severity": "WARNING",
        "httpRequest": {"requestMethod": "GET", "requestUrl": "/search"},
    }
    answered = {
        status: [
            LogEntry.parse(
                raw
                | {
                    "insertId": f"{number}",
                    "timestamp": NOON.isoformat(),
                    "httpRequest": {
                        "requestMethod": "GET",
                        "requestUrl": "/search",
                        "status": status,
                    },
                }
            )
            for number in range(5)
        ]
        for status in (404, 429, 507)
    }
    told = {
        status: resource_exhaustion(summarise(entries), USUAL)
        for status, entries in answered.items()
    }
    names = {status: finding.detector if finding else None for status, finding in told.items()}
    assert names == {404: None, 429: "throttling", 507: "disk"}


def test_a_call_that_found_a_quota_used_up_tells_of_it() -> None:
    entry = LogEntry.parse(
        {
            "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Fdata_access",
            "timestamp": NOON.isoformat(),
            "severity": "NOTICE",
            "protoPayload": {"methodName": "storage.objects.get", "status": {"code": 8}},
        }
    )
    finding = resource_exhaustion(summarise([entry]), USUAL)
    assert finding is not None
    assert finding.detector == "quota"


@pytest.mark.parametrize(
    ("window", "told"),
    [
        pytest.param(Window(entries=9, resource=1), True, id="resource, one"),
        pytest.param(Window(entries=9, security=4), False, id="security, four"),
        pytest.param(Window(entries=9, security=5), True, id="security, five"),
    ],
)
def test_a19_lines_whose_templates_found_no_room_are_told_by_their_number(
    window: Window, told: bool
) -> None:
    finding = resource_exhaustion(window, USUAL) or security_incident(window, USUAL)
    assert (finding is not None) is told


def test_a_line_that_hits_two_rules_is_a_hit_of_both() -> None:
    window = summarise(warnings("login failed: Too many open files"))
    assert [h.rule.rule_id for h in hits_in(window, RuleKind.RESOURCE)] == ["file-descriptors"]
    assert [h.rule.rule_id for h in hits_in(window, RuleKind.SECURITY)] == ["refused-login"]


def seen(minute: int, *messages: str) -> Seen:
    at = NOON + timedelta(minutes=minute)
    entries = [replace(entry, occurred_at=at) for entry in warnings(*messages)]
    start = int(at.timestamp())
    return Seen(summarise(entries), Place("acme", Series("shop", ""), start, start + 60), None, {})


def sure(lines: LearnedLines, *messages: str) -> float:
    return max(
        [
            f.confidence if f.chance is None else confidence_of(f.chance, prior=f.prior)
            for f in lines.find(seen(200, *messages))
        ],
        default=0.0,
    )


def test_what_a_service_always_says_is_no_news_and_hides_nothing_else() -> None:
    lines = LearnedLines(USUAL)
    for minute in range(120):
        lines.learn(seen(minute, *[LOGIN] * 8, *["added to cart"] * 20))
    assert sure(lines, *[LOGIN] * 8, *["added to cart"] * 20) < USUAL.minimum_confidence
    assert sure(lines, *[LOGIN] * 8, LEAKED, *["added to cart"] * 20) > USUAL.minimum_confidence
