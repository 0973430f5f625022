"""Alertmanager's body, as it is and as it should not be."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from tests.received_payloads import GROUP_KEY, NEVER, alertmanager, cloud_monitoring, over, raised
from vigil.errors import InvalidRequest
from vigil.model.received_alert import ReceivedAlert, ReceivedStatus
from vigil.model.severity import Severity
from vigil.receiving.alertmanager import MOST_ALERTS, parse_alertmanager
from vigil.receiving.cloud_monitoring import parse_cloud_monitoring
from vigil.receiving.grouping import groups_of
from vigil.receiving.received import Received, without_repeats
from vigil.receiving.severity_words import severity_of

HOUR = timedelta(hours=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def parsed(body: Mapping[str, object]) -> Received:
    return parse_alertmanager(body, tenant_id="acme", now=NOON + HOUR)


def one(**changes: object) -> ReceivedAlert:
    [alert] = parsed(alertmanager([raised(**changes)])).alerts
    return alert


def test_a_firing_alert_is_read_whole() -> None:
    received = parsed(alertmanager([raised()]))
    assert (received.group_key, received.status) == (GROUP_KEY, ReceivedStatus.FIRING)
    assert (received.problems, received.warnings, received.truncated) == ((), (), 0)
    assert received.alerts == (
        ReceivedAlert(
            fingerprint=received.alerts[0].fingerprint,
            status=ReceivedStatus.FIRING,
            severity=Severity.CRITICAL,
            name="HighErrorRate",
            service="checkout",
            starts_at=NOON,
            ends_at=None,
            summary="HighErrorRate: 38 % of the requests fail",
            description="More than 5 % for ten minutes.",
            generator_url="http://prometheus.example:9090/graph?g0.expr=rate",
            labels={"alertname": "HighErrorRate", "severity": "critical", "service": "checkout"},
            annotations={
                "summary": "HighErrorRate: 38 % of the requests fail",
                "description": "More than 5 % for ten minutes.",
                "runbook_url": "https://runbooks.example/high-error-rate",
            },
        ),
    )


def test_a_group_that_fires_can_hold_alerts_that_are_over() -> None:
    received = parsed(alertmanager([raised(), over(raised(instance="b"))]))
    assert [alert.status.value for alert in received.alerts] == ["firing", "resolved"]
    assert received.alerts[1].ends_at == NOON + HOUR


def test_the_fingerprint_is_of_the_tenant_and_of_all_labels_and_not_of_their_order() -> None:
    labels = {"alertname": "A", "service": "s"}
    there = one(labels=labels).fingerprint
    assert there.startswith("v1:")
    assert one(labels=dict(reversed(labels.items()))).fingerprint == there
    others = {
        one(labels={**labels, "pod": "1"}).fingerprint,
        one(labels={**labels, "pod": "2"}).fingerprint,
        parse_alertmanager(alertmanager([raised(labels=labels)]), tenant_id="globex", now=NOON)
        .alerts[0]
        .fingerprint,
    }
    assert len(others | {there}) == 4


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"labels": {}}, "no labels", id="no labels"),
        pytest.param({"labels": [1]}, "no labels", id="labels are a list"),
        pytest.param({"startsAt": None}, "startsAt", id="no start"),
        pytest.param({"startsAt": NEVER}, "startsAt", id="the zero time"),
        pytest.param({"startsAt": "9000-01-01T00:00:00Z"}, "startsAt", id="far ahead"),
        pytest.param({"status": "suppressed"}, "status", id="an unknown status"),
    ],
)
def test_a21_an_unusable_alert_is_left_out_with_its_reason_and_no_other_is(
    fields: Mapping[str, object], problem: str
) -> None:
    received = parsed(alertmanager([raised(), raised(**fields), raised(instance="b")]))
    assert len(received.alerts) == 2
    [told] = received.problems
    assert told.startswith("alerts[1]: ")
    assert problem in told
    assert received.received == 3


@pytest.mark.parametrize("entry", [None, 7, "text", [], [[]]], ids=repr)
def test_a21_what_is_no_alert_is_left_out(entry: object) -> None:
    received = parsed(alertmanager([entry, raised()]))
    assert len(received.alerts) == 1
    assert received.problems == ("alerts[0]: not an object",)


@pytest.mark.parametrize("alerts", [None, {}, "firing", 3], ids=repr)
def test_a_body_without_a_list_of_alerts_is_refused(alerts: object) -> None:
    with pytest.raises(InvalidRequest, match="no list of alerts"):
        parsed(alertmanager([]) | {"alerts": alerts})


@pytest.mark.parametrize("version", ["5", 5, None, "", {"x": 1}], ids=repr)
def test_a21_an_unknown_version_is_read_with_a_warning(version: object) -> None:
    received = parsed(alertmanager([raised()], version=version, new_field={"a": [1]}))
    assert len(received.alerts) == 1
    assert "only version 4" in received.warnings[0]


@pytest.mark.parametrize(
    ("told", "expected"),
    [(12, 12), ("12", 12), (0, 0), (-3, 0), (None, 0), ("many", 0), ({}, 0)],
    ids=repr,
)
def test_a21_what_was_left_out_by_the_sender_is_known(told: object, expected: int) -> None:
    assert parsed(alertmanager([raised()], truncatedAlerts=told)).truncated == expected


def test_a21_ten_thousand_alerts_are_taken_and_no_more() -> None:
    many = [raised(instance=str(number)) for number in range(MOST_ALERTS + 2)]
    received = parsed(alertmanager(many))
    assert len(received.alerts) == MOST_ALERTS
    assert received.received == MOST_ALERTS + 2
    assert set(received.problems) == {"alerts[10000] and after: too many for one body"}


def test_a21_a_label_of_64_kilobytes_is_cut_for_people_and_whole_for_identity() -> None:
    ending = {name: one(instance="x" * 65_536 + name) for name in ("a", "b")}
    assert ending["a"].fingerprint != ending["b"].fingerprint
    assert len(ending["a"].labels["instance"]) <= 200


def test_texts_are_bounded_in_number_and_length() -> None:
    many = {f"l{number:03}": "y" * 5000 for number in range(300)}
    alert = one(labels={"alertname": "A"} | many, annotations=many)
    assert len(alert.labels) == 30
    assert len(alert.annotations) == 10
    assert max(map(len, (*alert.labels.values(), *alert.annotations.values()))) <= 1000


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        pytest.param("password", "short", "[SECRET]", id="a secret"),
        pytest.param("session", "a1b2c3d4", "[SECRET]", id="perhaps, and it looks like one"),
        pytest.param("auth", "ldap", "ldap", id="perhaps, and it does not"),
    ],
)
def test_g4_what_a_name_says_is_a_secret_is_not_shown(name: str, text: str, shown: str) -> None:
    sent = raised(labels={"alertname": "A", name: text}, annotations={name: text})

    [alert] = parsed(alertmanager([sent])).alerts

    assert (alert.labels[name], alert.annotations[name]) == (shown, shown)


def test_g4_what_is_secret_or_personal_is_not_shown() -> None:
    alert = one(
        labels={"alertname": "A", "user": "jo@example.com", "db_password": "hunter2"},
        annotations={
            "summary": "login of jo@example.com from 203.0.113.9 failed",
            "description": "token=abcdef0123456789",
        },
        generatorURL="http://user:hunter2@prometheus.example/graph",
    )
    shown = repr(alert)
    assert not any(s in shown for s in ("jo@", "203.0", "hunter2", "abcdef0123456789"))
    assert alert.summary == "login of [EMAIL] from [IP] failed"
    assert alert.generator_url is None


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x.example", "", 7, None, "https://x.example/ a", "http://\n"],
    ids=repr,
)
def test_only_a_web_address_is_kept_as_a_link(url: object) -> None:
    assert one(generatorURL=url).generator_url is None


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        pytest.param({"service": "a", "job": "b", "app": "c"}, "a", id="service first"),
        pytest.param({"job": "b", "app": "c"}, "c", id="an app rather than a job"),
        pytest.param({"job": "b", "namespace": "n"}, "b", id="a job"),
        pytest.param({"namespace": "n"}, "n", id="a namespace at last"),
        pytest.param({"service": "  ", "job": "b"}, "b", id="blank is nothing"),
        pytest.param({"host": "h"}, "unknown", id="nothing that is known"),
    ],
)
def test_the_service_follows_from_the_labels(labels: dict[str, str], service: str) -> None:
    assert one(labels={"alertname": "A", **labels}).service == service


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "critical"}, Severity.CRITICAL),
        ({"severity": "PAGE"}, Severity.CRITICAL),
        ({"priority": "P1"}, Severity.CRITICAL),
        ({"severity": "error"}, Severity.HIGH),
        ({"severity": "warning"}, Severity.MEDIUM),
        ({"severity": "odd", "priority": "p3"}, Severity.MEDIUM),
        ({"severity": "info"}, Severity.LOW),
        ({"severity": "none"}, Severity.LOW),
        ({}, Severity.HIGH),
        ({"severity": "whatever"}, Severity.HIGH),
    ],
    ids=repr,
)
def test_the_severity_is_the_senders(labels: dict[str, str], severity: Severity) -> None:
    assert one(labels={"alertname": "A", **labels}).severity is severity


def test_every_severity_is_understood_by_its_own_name() -> None:
    assert all(severity_of([severity.value.upper()]) is severity for severity in Severity)


@pytest.mark.parametrize(
    "missing", [{"groupKey": None}, {"groupKey": ""}, {"groupKey": {"a": 1}}], ids=repr
)
def test_a_templated_body_without_a_key_is_grouped_by_its_labels(missing: dict[str, Any]) -> None:
    first = parsed(alertmanager([raised()], **missing)).group_key
    other = parsed(alertmanager([raised()], **missing, groupLabels={"alertname": "B"})).group_key
    assert first != other
    assert "HighErrorRate" in first


def test_a_templated_alert_without_a_status_has_that_of_its_group() -> None:
    alert = raised()
    del alert["status"]
    received = parsed(alertmanager([alert], status="resolved"))
    assert received.alerts[0].status is ReceivedStatus.RESOLVED


def test_an_identity_that_comes_twice_in_one_body_is_one_and_over_if_it_is_that_anywhere() -> None:
    received = parsed(alertmanager([over(raised()), raised(), raised(instance="b")]))
    assert [a.status.value for a in without_repeats(received).alerts] == ["resolved", "firing"]


@given(body=st.dictionaries(st.text(max_size=8), JSON), alerts=st.lists(JSON, max_size=5))
def test_whatever_comes_is_read_or_refused(body: dict[str, Any], alerts: list[Any]) -> None:
    for candidate in (body, {**body, "alerts": alerts}, {**body, "incident": {"state": body}}):
        for parse in (parse_alertmanager, parse_cloud_monitoring):
            try:
                received = parse(candidate, tenant_id="acme", now=NOON)
            except InvalidRequest:
                continue
            assert len(received.alerts) + len(received.problems) == received.received


FIELDS = ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
CLOUD_INCIDENT: Any = cloud_monitoring()["incident"]
INCIDENT_FIELDS: tuple[str, ...] = tuple(CLOUD_INCIDENT)


@given(field=st.sampled_from(FIELDS), value=JSON)
def test_whatever_stands_in_a_field_the_other_alerts_are_taken(field: str, value: object) -> None:
    received = parsed(alertmanager([raised(**{field: value}), raised(instance="b")]))
    assert received.received == 2
    assert received.alerts[-1].labels["instance"] == "b"
    assert groups_of(received, tenant_id="acme", now=NOON)


@given(field=st.sampled_from(INCIDENT_FIELDS), value=JSON)
def test_whatever_stands_in_a_field_an_incident_is_taken_or_told_why_not(
    field: str, value: object
) -> None:
    received = parse_cloud_monitoring(
        cloud_monitoring(**{field: value}), tenant_id="acme", now=NOON
    )
    assert received.is_test or received.received == 1


@pytest.mark.parametrize(
    "written",
    ["2026-01-20T12:00:00Z", "2026-01-20T13:00:00+01:00", "2026-01-20T12:00:00.000000000Z"],
)
def test_one_instant_is_one_identity_however_it_is_written(written: str) -> None:
    assert one(startsAt=written).starts_at == NOON
