"""Who sent what was refused is known by a pseudonym, and by nothing else."""

from datetime import timedelta

import pytest

from tests.builders import NOON, raw_entry
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.logs.source import pseudonym_of, sender_of
from vigil.model.outcome import Outcomes

REFUSED = "Failed password for root from 203.0.113.7 port 4711 ssh2"


def request(**fields: object) -> dict[str, object]:
    return {"requestMethod": "POST", "requestUrl": "/login", "status": 401, **fields}


@pytest.mark.parametrize(
    ("fields", "payload", "message", "sender"),
    [
        pytest.param(
            {"httpRequest": {"remoteIp": "203.0.113.7"}}, {}, "", "203.0.113.7", id="the request's"
        ),
        pytest.param({}, {"remote_addr": "203.0.113.7"}, "", "203.0.113.7", id="the payload's"),
        pytest.param({}, {}, REFUSED, "203.0.113.7", id="in the line"),
        pytest.param({}, {}, "refused 203.0.113.7.", "203.0.113.7", id="at the end of a sentence"),
        pytest.param({}, {}, "refused [203.0.113.7]:80", "203.0.113.7", id="in brackets"),
        pytest.param({}, {}, "rhost=203.0.113.7", "203.0.113.7", id="after a sign"),
        pytest.param(
            {}, {}, "from 2001:db8:1:2:3:4:5:6 port 22", "2001:db8:1:2::/64", id="IPv6, the network"
        ),
        pytest.param({}, {}, "from 2001:db8:1:2::9", "2001:db8:1:2::/64", id="IPv6, short"),
        pytest.param({}, {"ip": "::ffff:203.0.113.7"}, "", "203.0.113.7", id="IPv4 within IPv6"),
        pytest.param(
            {
                "protoPayload": {
                    "requestMetadata": {"callerIp": "203.0.113.7"},
                    "authenticationInfo": {"principalEmail": "ops@example.com"},
                }
            },
            {},
            "",
            "203.0.113.7",
            id="the caller's address",
        ),
        pytest.param(
            {
                "protoPayload": {
                    "requestMetadata": {"callerIp": "private"},
                    "authenticationInfo": {"principalEmail": "ops@example.com"},
                }
            },
            {},
            "",
            "ops@example.com",
            id="the caller",
        ),
        pytest.param({}, {"user_id": 17}, "login failed", "17", id="a user's number"),
        pytest.param({}, {"user": "jo"}, "login failed", "jo", id="a user's name"),
        pytest.param(
            {"httpRequest": {"remoteIp": "203.0.113.7"}},
            {"user": "jo"},
            "from 198.51.100.1",
            "203.0.113.7",
            id="the request's before all others",
        ),
        pytest.param({}, {}, "version 1.2.3.4.5 refused", "", id="a version"),
        pytest.param({}, {}, "at 12:30:45 std::bad refused", "", id="a time and a scope"),
        pytest.param({}, {"user": {"id": 1}, "user_id": True}, "", "", id="no text or number"),
        pytest.param({}, {}, "", "", id="nothing"),
    ],
)
def test_the_sender(
    fields: dict[str, object], payload: dict[str, object], message: str, sender: str
) -> None:
    assert sender_of(fields, payload, message) == sender


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        pytest.param(
            raw_entry(httpRequest=request(remoteIp="203.0.113.7")), True, id="denied with 401"
        ),
        pytest.param(
            raw_entry(httpRequest=request(remoteIp="203.0.113.7", status=403)), True, id="with 403"
        ),
        pytest.param(
            raw_entry(httpRequest=request(remoteIp="203.0.113.7", status=200)), False, id="let in"
        ),
        pytest.param(
            raw_entry(severity="WARNING", httpRequest=request(remoteIp="203.0.113.7", status=404)),
            False,
            id="not found",
        ),
        pytest.param(
            raw_entry(severity="ERROR", httpRequest=request(remoteIp="203.0.113.7", status=500)),
            False,
            id="the server failed",
        ),
        pytest.param(raw_entry(severity="WARNING", textPayload=REFUSED), True, id="a warning"),
        pytest.param(
            raw_entry(
                severity="NOTICE",
                protoPayload={
                    "status": {"code": 7},
                    "requestMetadata": {"callerIp": "203.0.113.7"},
                },
            ),
            True,
            id="a call that was denied",
        ),
        pytest.param(raw_entry(severity="INFO", textPayload=REFUSED), False, id="a note"),
        pytest.param(raw_entry(severity="ERROR", textPayload="lost"), False, id="nobody named"),
    ],
)
def test_g4_a_source_is_kept_only_of_what_may_have_been_refused(
    raw: dict[str, object], kept: bool
) -> None:
    entry = LogEntry.parse(raw, received_at=NOON)
    assert (entry.source is not None) is kept


def test_g4_a_pseudonym_is_short_and_says_nothing() -> None:
    entry = LogEntry.parse(raw_entry(severity="WARNING", textPayload=REFUSED), received_at=NOON)
    assert entry.source is not None
    assert len(entry.source) == 6
    assert "203" not in entry.source
    assert int(entry.source, 16) >= 0


def test_g4_one_sender_has_one_pseudonym_for_a_day_and_a_project() -> None:
    def pseudonym(sender: str = "203.0.113.7", project: str = "shop", hours: int = 0) -> str | None:
        return pseudonym_of(sender, project, NOON + timedelta(hours=hours))

    assert pseudonym() == pseudonym(hours=11)
    others = {pseudonym("203.0.113.8"), pseudonym(project="bank"), pseudonym(hours=12)}
    assert len({pseudonym(), *others}) == 4


def test_parts_of_what_is_hashed_do_not_run_together() -> None:
    assert pseudonym_of("1", "shop1", NOON) != pseudonym_of("11", "shop", NOON)


def test_nobody_has_no_pseudonym() -> None:
    assert pseudonym_of("", "shop", NOON) is None


def test_a22_a_source_goes_with_its_entry() -> None:
    entry = LogEntry.parse(raw_entry(severity="WARNING", textPayload=REFUSED), received_at=NOON)
    batch = LogBatch("v1-batch", "acme", NOON, (entry,), Outcomes(received=1))
    assert LogBatch.parse(batch.to_bytes()).entries[0].source == entry.source


def test_d26_only_the_beginning_of_a_line_is_read() -> None:
    address = " 203.0.113.7"
    assert sender_of({}, {}, "x" * 250 + address) == address.strip()
    assert sender_of({}, {}, "1.1.1." * 50_000 + address) == ""
